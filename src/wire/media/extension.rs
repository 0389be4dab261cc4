//! Header extension values. What an id means is said in signaling (`a=extmap:3 URI`).

use std::fmt;

use bytes::Bytes;
use rtp::extension::abs_send_time_extension::AbsSendTimeExtension;
use rtp::extension::audio_level_extension::AudioLevelExtension;
use rtp::extension::playout_delay_extension::PlayoutDelayExtension;
use rtp::extension::transport_cc_extension::TransportCcExtension;
use rtp::extension::video_orientation_extension::CameraDirection;
use rtp::extension::video_orientation_extension::VideoOrientationExtension;
use webrtc_util::marshal::Unmarshal;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::printable::printable;
use crate::wire::media::fence::fenced;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u64_at;

/// A header extension that WebRTC endpoints agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtensionKind {
    /// Loudness of this packet's audio (RFC 6464).
    AudioLevel,
    /// Loudness of each contributing source (RFC 6465).
    MixerLevels,
    /// When the packet left, in units of 2⁻¹⁸ s, modulo 64 s.
    AbsoluteSendTime,
    /// When the frame was captured, NTP time.
    AbsoluteCaptureTime,
    /// Sequence number over all streams of the transport.
    TransportSequence,
    /// Bounds of the receiver's playout delay.
    PlayoutDelay,
    /// Which way up the camera was held (3GPP TS 26.114).
    VideoOrientation,
    /// Time between sampling and sending (RFC 5450).
    TransmissionOffset,
    /// Media section (RFC 9143).
    Mid,
    /// Simulcast layer (RFC 8852).
    RtpStreamId,
    /// Simulcast layer that this RTX stream repairs (RFC 8852).
    RepairedRtpStreamId,
    /// Camera or screen.
    VideoContentType,
    /// Frame dependencies of AV1 and others.
    DependencyDescriptor,
}

impl ExtensionKind {
    /// By the URI of an `a=extmap` line.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Some(match uri {
            "urn:ietf:params:rtp-hdrext:ssrc-audio-level" => Self::AudioLevel,
            "urn:ietf:params:rtp-hdrext:csrc-audio-level" => Self::MixerLevels,
            "urn:ietf:params:rtp-hdrext:toffset" => Self::TransmissionOffset,
            "urn:ietf:params:rtp-hdrext:sdes:mid" => Self::Mid,
            "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" => Self::RtpStreamId,
            "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id" => Self::RepairedRtpStreamId,
            "urn:3gpp:video-orientation" => Self::VideoOrientation,
            "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time" => Self::AbsoluteSendTime,
            "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time" => {
                Self::AbsoluteCaptureTime
            }
            "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay" => Self::PlayoutDelay,
            "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type" => {
                Self::VideoContentType
            }
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
            | "http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02" => {
                Self::TransportSequence
            }
            "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension" => {
                Self::DependencyDescriptor
            }
            _ => return None,
        })
    }

    /// What it is, in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AudioLevel => "audio level",
            Self::MixerLevels => "audio levels of the mixed sources",
            Self::AbsoluteSendTime => "absolute send time",
            Self::AbsoluteCaptureTime => "absolute capture time",
            Self::TransportSequence => "transport-wide sequence number",
            Self::PlayoutDelay => "playout delay",
            Self::VideoOrientation => "video orientation",
            Self::TransmissionOffset => "transmission time offset",
            Self::Mid => "MID",
            Self::RtpStreamId => "RID",
            Self::RepairedRtpStreamId => "repaired RID",
            Self::VideoContentType => "video content type",
            Self::DependencyDescriptor => "dependency descriptor",
        }
    }
}

/// A header extension's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtensionValue {
    /// Level below full scale, dB, 0 to 127 (127 is silence), and whether it is thought to be voice.
    AudioLevel {
        /// −dBov.
        level: u8,
        /// Voice activity.
        voice: bool,
    },
    /// Levels of the contributing sources, −dBov.
    MixerLevels(Vec<u8>),
    /// Send time, units of 2⁻¹⁸ s.
    AbsoluteSendTime(u32),
    /// Capture time, NTP format.
    AbsoluteCaptureTime(u64),
    /// Transport-wide sequence number.
    TransportSequence(u16),
    /// Bounds, milliseconds.
    PlayoutDelay {
        /// Least delay.
        min_ms: u32,
        /// Most delay.
        max_ms: u32,
    },
    /// How the picture has to be turned.
    VideoOrientation {
        /// Clockwise degrees that the receiver has to rotate by.
        degrees: u16,
        /// Mirrored?
        flipped: bool,
        /// The camera on the back of the device?
        back_camera: bool,
    },
    /// Offset, ticks of the stream's clock.
    TransmissionOffset(i32),
    /// MID or RID.
    Text(String),
    /// 0 camera, 1 screen.
    VideoContentType(u8),
    /// Opening fields of a dependency descriptor.
    DependencyDescriptor {
        /// First packet of its frame.
        starts_frame: bool,
        /// Last packet of its frame.
        ends_frame: bool,
        /// Which template of dependencies it uses.
        template: u8,
        /// Frame number, modulo 2¹⁶.
        frame: u16,
    },
}

impl ExtensionValue {
    /// Reads a value; `offset` is where it lies in the packet. Too short a value is a fault.
    pub fn read(kind: ExtensionKind, value: &[u8], offset: usize) -> Result<Self, Fault> {
        let fault = || Fault::new(Layer::Rtp, UNREADABLE, offset);
        Ok(match kind {
            ExtensionKind::AudioLevel => {
                let level: AudioLevelExtension = through_crate(value, offset)?;
                Self::AudioLevel {
                    level: level.level,
                    voice: level.voice,
                }
            }
            ExtensionKind::AbsoluteSendTime => {
                let time: AbsSendTimeExtension = through_crate(value, offset)?;
                Self::AbsoluteSendTime(time.timestamp as u32)
            }
            ExtensionKind::TransportSequence => {
                let sequence: TransportCcExtension = through_crate(value, offset)?;
                Self::TransportSequence(sequence.transport_sequence)
            }
            ExtensionKind::PlayoutDelay => {
                let delay: PlayoutDelayExtension = through_crate(value, offset)?;
                Self::PlayoutDelay {
                    min_ms: u32::from(delay.min_delay) * 10,
                    max_ms: u32::from(delay.max_delay) * 10,
                }
            }
            ExtensionKind::VideoOrientation => {
                let orientation: VideoOrientationExtension = through_crate(value, offset)?;
                Self::VideoOrientation {
                    degrees: orientation.rotation as u16 * 90,
                    flipped: orientation.flip,
                    back_camera: orientation.direction == CameraDirection::Back,
                }
            }
            ExtensionKind::MixerLevels => {
                Self::MixerLevels(value.iter().map(|level| level & 0x7f).collect())
            }
            ExtensionKind::AbsoluteCaptureTime => {
                Self::AbsoluteCaptureTime(u64_at(value, 0).ok_or_else(fault)?)
            }
            ExtensionKind::TransmissionOffset => {
                let &[a, b, c] = value.first_chunk().ok_or_else(fault)?;
                Self::TransmissionOffset(i32::from_be_bytes([a, b, c, 0]) >> 8)
            }
            ExtensionKind::Mid
            | ExtensionKind::RtpStreamId
            | ExtensionKind::RepairedRtpStreamId => {
                Self::Text(String::from_utf8(value.to_vec()).map_err(|_not_text| fault())?)
            }
            ExtensionKind::VideoContentType => {
                Self::VideoContentType(u8_at(value, 0).ok_or_else(fault)?)
            }
            ExtensionKind::DependencyDescriptor => {
                let (flags, frame) = u8_at(value, 0).zip(u16_at(value, 1)).ok_or_else(fault)?;
                Self::DependencyDescriptor {
                    starts_frame: flags & 0x80 != 0,
                    ends_frame: flags & 0x40 != 0,
                    template: flags & 0x3f,
                    frame,
                }
            }
        })
    }
}

impl fmt::Display for ExtensionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AudioLevel { level, voice } => {
                write!(f, "−{level} dBov{}", if *voice { ", voice" } else { "" })
            }
            Self::MixerLevels(levels) => write!(f, "{levels:?} −dBov"),
            Self::AbsoluteSendTime(time) => {
                write!(f, "{:.6} s of 64", f64::from(*time) / f64::from(1 << 18))
            }
            Self::AbsoluteCaptureTime(time) => {
                write!(
                    f,
                    "NTP {}.{:06}",
                    time >> 32,
                    ((time & 0xffff_ffff) * 1_000_000) >> 32
                )
            }
            Self::TransportSequence(sequence) => write!(f, "{sequence}"),
            Self::PlayoutDelay { min_ms, max_ms } => write!(f, "{min_ms} to {max_ms} ms"),
            Self::VideoOrientation {
                degrees,
                flipped,
                back_camera,
            } => write!(
                f,
                "rotate {degrees}°{}{}",
                if *flipped { ", mirrored" } else { "" },
                if *back_camera { ", back camera" } else { "" }
            ),
            Self::TransmissionOffset(ticks) => write!(f, "{ticks} ticks"),
            Self::Text(text) => write!(f, "\"{}\"", printable(text)),
            Self::VideoContentType(0) => f.write_str("camera"),
            Self::VideoContentType(1) => f.write_str("screen"),
            Self::VideoContentType(other) => write!(f, "{other:#04x}"),
            Self::DependencyDescriptor {
                starts_frame,
                ends_frame,
                template,
                frame,
            } => write!(
                f,
                "frame {frame}, template {template}{}{}",
                if *starts_frame { ", starts" } else { "" },
                if *ends_frame { ", ends" } else { "" }
            ),
        }
    }
}

/// Reads a value through the `rtp` crate, which checks the lengths of these five.
fn through_crate<T: Unmarshal>(value: &[u8], offset: usize) -> Result<T, Fault> {
    let mut bytes = Bytes::copy_from_slice(value);
    fenced(Layer::Rtp, UNREADABLE, offset, || T::unmarshal(&mut bytes))
}

/// Fault name for a value that is too short, or no text where text is due.
const UNREADABLE: &str = "rtp-extension-value-unreadable";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: ExtensionKind, value: &[u8], expected: &str) {
        let got = ExtensionValue::read(kind, value, 0).map(|v| v.to_string());
        assert_eq!(got.as_deref(), Ok(expected));
        // Every shorter value is a fault or a value, never a panic.
        for end in 0..value.len() {
            let _ = ExtensionValue::read(kind, &value[..end], 0);
        }
    }

    #[test]
    fn values_are_read_in_their_units() {
        check(ExtensionKind::AudioLevel, &[0x9e], "−30 dBov, voice");
        check(
            ExtensionKind::AbsoluteSendTime,
            &[0x04, 0, 0],
            "1.000000 s of 64",
        );
        check(ExtensionKind::TransportSequence, &[1, 2], "258");
        check(
            ExtensionKind::PlayoutDelay,
            &[0, 0x10, 0x0a],
            "10 to 100 ms",
        );
        check(
            ExtensionKind::VideoOrientation,
            &[0x0d],
            "rotate 90°, mirrored, back camera",
        );
        check(
            ExtensionKind::TransmissionOffset,
            &[0xff, 0xff, 0xfe],
            "-2 ticks",
        );
        check(ExtensionKind::Mid, b"audio", "\"audio\"");
        check(ExtensionKind::VideoContentType, &[1], "screen");
        check(
            ExtensionKind::DependencyDescriptor,
            &[0xc3, 0, 7],
            "frame 7, template 3, starts, ends",
        );
        check(
            ExtensionKind::AbsoluteCaptureTime,
            &[0, 0, 0, 1, 0x80, 0, 0, 0],
            "NTP 1.500000",
        );
        check(ExtensionKind::MixerLevels, &[0x85, 7], "[5, 7] −dBov");
    }

    #[test]
    fn a_short_value_is_a_fault() {
        let got = ExtensionValue::read(ExtensionKind::PlayoutDelay, &[1], 9).unwrap_err();
        assert_eq!((got.name, got.offset), (UNREADABLE, 9));
        assert!(ExtensionValue::read(ExtensionKind::Mid, &[0xff], 0).is_err());
    }

    #[test]
    fn uris_name_their_kind() {
        let kind = ExtensionKind::from_uri("urn:ietf:params:rtp-hdrext:sdes:mid");
        assert_eq!(kind.map(ExtensionKind::name), Some("MID"));
        assert_eq!(ExtensionKind::from_uri("urn:x"), None);
    }
}
