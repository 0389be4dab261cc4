//! The rows of one m-section.

use crate::sdp::attribute::MediaDirection;
use crate::sdp::codec::Codec;
use crate::sdp::codec::CodecRole;
use crate::sdp::field::MediaKind;
use crate::sdp::media::MediaSection;
use crate::sdp::negotiation::DroppedCodec;
use crate::sdp::negotiation::NegotiatedSection;
use crate::sdp::negotiation::Party;
use crate::sdp::negotiation::Rejection;
use crate::sdp::rtp_attribute::RidDirection;
use crate::timeline::layer::Tone;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::sheet::Row;
use crate::tui::sheet::agreed::Looked;
use crate::tui::sheet::name;
use crate::tui::text::counted;

/// Both sides of a section, and what was agreed of it.
#[derive(Clone, Copy)]
struct Section<'a> {
    looked: Looked<'a>,
    offer: Option<&'a MediaSection>,
    answer: Option<&'a MediaSection>,
    agreed: Option<&'a NegotiatedSection>,
}

/// The rows of the section at `index` of both descriptions.
pub(super) fn rows(looked: Looked<'_>, index: usize) -> Vec<Row> {
    let [offer, answer] = looked
        .both()
        .map(|it| it.and_then(|it| it.media.get(index)));
    let agreed = looked.sections.iter().find(|it| it.index == index);
    let section = Section {
        looked,
        offer,
        answer,
        agreed,
    };
    let mut rows = vec![section.head()];
    if agreed.is_none_or(|agreed| agreed.rejection.is_none()) {
        rows.extend(section.direction());
        rows.extend(section.codecs());
    }
    rows.extend(section.dropped());
    if agreed.is_none_or(|agreed| agreed.rejection.is_none()) {
        rows.extend(section.unoffered());
        rows.extend(section.extensions());
        rows.extend(section.simulcast());
        rows.extend(section.streams());
        rows.extend(section.rtcp());
        rows.extend(section.data());
        rows.extend(section.transport());
    }
    rows
}

impl<'a> Section<'a> {
    /// `mid 0 video`, the `m=` lines, and whether it runs.
    fn head(self) -> Row {
        let either = self.offer.or(self.answer);
        let mid = either.and_then(|it| it.mid.as_deref()).unwrap_or("?");
        let kind = either.map_or("?", |it| it.kind.word());
        let line = |section: Option<&MediaSection>| {
            section.map_or_else(String::new, |it| {
                let port = it
                    .port
                    .map_or_else(|| "?".to_owned(), |port| port.to_string());
                format!("{} {port} {}", it.kind.word(), it.protocol)
            })
        };
        let verdict = match self.agreed.map(|agreed| agreed.rejection) {
            None => Cell::new("open", Ink::Dim),
            Some(None) => Cell::new("● agreed", Ink::Good),
            Some(Some(Rejection::ByOfferer)) => {
                Cell::new("stopped by the offerer (port 0)", Ink::Dim)
            }
            Some(Some(Rejection::ByAnswerer)) => {
                Cell::new("✖ rejected by the answerer (port 0)", Ink::Bad)
            }
            Some(Some(Rejection::NotInAnswer)) => Cell::new("✖ missing in the answer", Ink::Bad),
            Some(Some(Rejection::NotInOffer)) => Cell::new("✖ was not offered", Ink::Bad),
        };
        let what = format!("mid {mid} {kind}");
        let mut row = self
            .looked
            .row(&what, &line(self.offer), &line(self.answer), verdict);
        row.heading = true;
        if let Some(first) = row.cells.first_mut() {
            *first = Cell::new(&what, Ink::Bold);
        }
        row
    }

    /// One row of the section: nothing when neither side says anything.
    fn row(
        self,
        what: &str,
        of: impl Fn(&'a MediaSection) -> String,
        agreed: impl FnOnce(&'a NegotiatedSection) -> Cell,
    ) -> Option<Row> {
        let (offer, answer) = (
            self.offer.map(&of).unwrap_or_default(),
            self.answer.map(&of).unwrap_or_default(),
        );
        if offer.is_empty() && answer.is_empty() {
            return None;
        }
        let agreed = self.agreed.map_or_else(|| Cell::plain(""), agreed);
        let what = format!(" {what}");
        Some(self.looked.row(&what, &offer, &answer, agreed))
    }

    fn direction(self) -> Option<Row> {
        if self.offer.or(self.answer)?.kind == MediaKind::Application {
            return None;
        }
        let who = |side| name(self.looked.call, side);
        let offerer = self.looked.offerer;
        self.row(
            "direction",
            |it| it.direction.word().to_owned(),
            |agreed| match agreed.offerer_direction {
                MediaDirection::SendOnly => Cell::plain(&format!("{} sends", who(offerer))),
                MediaDirection::RecvOnly => {
                    Cell::plain(&format!("{} sends", who(offerer.opposite())))
                }
                MediaDirection::SendRecv => Cell::plain("both send"),
                MediaDirection::Inactive => Cell::new("nobody sends", Ink::Poor),
            },
        )
    }

    fn codecs(self) -> Option<Row> {
        let mut row = self.row("codecs", listed, |agreed| {
            let each = agreed.codecs.iter().map(|codec| {
                let types = codec.payload_types;
                let number = if types.to_offerer == types.to_answerer {
                    types.to_answerer.to_string()
                } else {
                    format!("{}/{}", types.to_answerer, types.to_offerer)
                };
                let rtx = codec.rtx.map(|rtx| format!(" + {} rtx", rtx.to_answerer));
                let label = short(&codec.label);
                format!("{number} {label}{}", rtx.unwrap_or_default())
            });
            let each: Vec<String> = each.collect();
            if each.is_empty() && agreed.kind != MediaKind::Application {
                Cell::new("✖ no codec in both", Ink::Bad)
            } else {
                Cell::plain(&each.join(" · "))
            }
        })?;
        for codec in self.agreed.iter().flat_map(|agreed| &agreed.codecs) {
            let feedback = if codec.feedback.is_empty() {
                String::new()
            } else {
                format!(", feedback {}", codec.feedback.join(", "))
            };
            let text = format!("{}{feedback}", codec.label);
            row.detail.push(DetailLine::new(2, &text, Look::Dim));
        }
        Some(row)
    }

    /// Offered codecs that were not agreed, a row for each reason.
    fn dropped(self) -> Vec<Row> {
        let dropped = self.agreed.map_or(&[][..], |agreed| &agreed.dropped);
        let mut reasons: Vec<(String, Vec<&DroppedCodec>)> = Vec::new();
        for codec in dropped {
            let why = codec.why.to_string();
            match reasons.iter_mut().find(|(known, _)| *known == why) {
                Some((_, codecs)) => codecs.push(codec),
                None => reasons.push((why, vec![codec])),
            }
        }
        let rows = reasons.iter().map(|(why, codecs)| {
            let each = codecs
                .iter()
                .map(|it| format!("{} {}", it.payload_type, short(&it.label)));
            let each: Vec<String> = each.collect();
            self.looked
                .row(" dropped", &each.join(" · "), "", Cell::new(why, Ink::Poor))
        });
        rows.collect()
    }

    fn unoffered(self) -> Option<Row> {
        let unoffered = &self.agreed?.unoffered;
        if unoffered.is_empty() {
            return None;
        }
        let each: Vec<&str> = unoffered.iter().map(|label| short(label)).collect();
        let agreed = Cell::new("✖ in the answer, but not offered", Ink::Bad);
        Some(self.looked.row(" unoffered", "", &each.join(" · "), agreed))
    }

    fn extensions(self) -> Option<Row> {
        let of = |it: &MediaSection| {
            let each = it.extmaps.iter().map(|it| extension(it.id, &it.uri));
            each.collect::<Vec<_>>().join(" · ")
        };
        let mut row = self.row("extensions", of, |agreed| {
            let each = agreed.header_extensions.iter();
            let each = each.map(|it| extension(it.id, &it.uri));
            Cell::plain(&each.collect::<Vec<_>>().join(" · "))
        })?;
        for it in self
            .agreed
            .iter()
            .flat_map(|agreed| &agreed.header_extensions)
        {
            let text = format!("{} {}", it.id, it.uri);
            row.detail.push(DetailLine::new(2, &text, Look::Dim));
        }
        Some(row)
    }

    fn simulcast(self) -> Option<Row> {
        let of = |it: &MediaSection| {
            let each = it.rids.iter().map(|rid| {
                let way = match rid.direction {
                    RidDirection::Send => "send",
                    RidDirection::Recv => "recv",
                };
                format!("{way} {}", rid.id)
            });
            each.collect::<Vec<_>>().join(" · ")
        };
        self.row("layers", of, |agreed| {
            let both = agreed.rids_from_offerer.iter();
            let both = both.chain(&agreed.rids_from_answerer);
            Cell::plain(&both.cloned().collect::<Vec<_>>().join(" · "))
        })
    }

    fn streams(self) -> Option<Row> {
        let of = |it: &MediaSection| {
            let each = it.ssrcs.iter().map(|stream| {
                let repairs = it.ssrcs.iter();
                let mut repairs =
                    repairs.filter(|other| it.retransmission_of(other.ssrc) == Some(stream.ssrc));
                let rtx = if repairs.next().is_some() { " rtx" } else { "" };
                format!("{}{rtx}", stream.ssrc)
            });
            each.collect::<Vec<_>>().join(" · ")
        };
        self.row("SSRCs", of, |_| Cell::plain(""))
    }

    fn rtcp(self) -> Option<Row> {
        let words = |mux: bool, rsize: bool| {
            let words = [(mux, "mux"), (rsize, "reduced size")];
            let said = words
                .into_iter()
                .filter(|(is, _)| *is)
                .map(|(_, word)| word);
            said.collect::<Vec<_>>().join(", ")
        };
        self.row(
            "RTCP",
            |it| words(it.rtcp_mux, it.rtcp_rsize),
            |agreed| {
                if agreed.rtcp_mux {
                    Cell::plain(&words(true, agreed.rtcp_rsize))
                } else {
                    Cell::new("on a port of its own", Ink::Poor)
                }
            },
        )
    }

    fn data(self) -> Option<Row> {
        let of = |it: &MediaSection| {
            let port = it.sctp_port.map(|port| format!("SCTP port {port}"));
            let most = it.max_message_size_bytes;
            let most = most.map(|bytes| format!("messages to {}", counted(bytes, "byte")));
            [port, most]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", ")
        };
        self.row("data", of, |_| Cell::plain(""))
    }

    /// ICE and DTLS parameters, where the section has a transport of its own.
    fn transport(self) -> Vec<Row> {
        let shared = self.agreed.and_then(|agreed| {
            let tag = agreed.bundled_with.as_deref()?;
            (agreed.mid.as_deref() != Some(tag)).then_some(tag)
        });
        if let Some(tag) = shared {
            let agreed = Cell::new(&format!("shares that of mid {tag}"), Ink::Dim);
            return vec![self.looked.row(" transport", "", "", agreed)];
        }
        self.ice().into_iter().chain(self.dtls()).collect()
    }

    fn ice(self) -> Option<Row> {
        let of = |it: &MediaSection| {
            let mut words: Vec<String> = Vec::new();
            words.extend(it.ufrag().map(|ufrag| format!("ufrag {ufrag}")));
            words.extend(it.transport.ice_options.iter().cloned());
            if !it.candidates.is_empty() {
                words.push(counted(it.candidates.len() as u64, "candidate"));
            }
            words.join(" · ")
        };
        self.row("ICE", of, |_| Cell::new("checks: tab ICE", Ink::Dim))
    }

    fn dtls(self) -> Option<Row> {
        let of = |it: &MediaSection| {
            let setup = it.setup().map(|setup| setup.word().to_owned());
            let prints = it.fingerprints().iter().map(ToString::to_string);
            setup
                .into_iter()
                .chain(prints)
                .collect::<Vec<_>>()
                .join(" · ")
        };
        let call = self.looked.call;
        let transports = call.dtls.iter();
        let transports = transports.filter_map(|id| self.looked.scene.dtls.get(id.index()));
        let mut matches = Vec::new();
        let mut frames = Vec::new();
        for transport in transports {
            matches.extend(transport.matches_sdp.iter().copied().flatten());
            frames.extend_from_slice(&transport.match_frames);
        }
        let offerer = self.looked.offerer;
        let mut row = self.row("DTLS", of, |agreed| {
            let client = agreed.dtls_client.map(|party| match party {
                Party::Offerer => name(call, offerer),
                Party::Answerer => name(call, offerer.opposite()),
            });
            let client = client.map(|client| format!("{client} is the client"));
            let client = client.unwrap_or_else(|| "who is the client is open".to_owned());
            if matches.contains(&false) {
                Cell::new(&format!("✖ fingerprint does not match; {client}"), Ink::Bad)
            } else if matches.is_empty() {
                Cell::plain(&client)
            } else {
                let count = counted(matches.len() as u64, "certificate");
                Cell::new(&format!("● {count} checked; {client}"), Ink::Good)
            }
        })?;
        if matches.contains(&false) {
            let text = "A certificate seen in the handshake has another hash than the description announced: tab DTLS.";
            row.detail
                .push(DetailLine::new(0, text, Look::Tone(Tone::Bad)));
        }
        frames.sort_unstable();
        frames.dedup();
        if !frames.is_empty() {
            row.frames = frames;
        }
        Some(row)
    }
}

/// The codecs that a section lists, in order of preference: `96 VP8 · 97 rtx`.
fn listed(section: &MediaSection) -> String {
    let listed = section.codecs.iter().filter(|codec| codec.listed);
    let each = listed.map(|codec: &Codec| match (codec.role(), codec.apt()) {
        (CodecRole::Retransmission, Some(apt)) => format!("{} rtx of {apt}", codec.payload_type),
        _ => format!("{} {}", codec.payload_type, codec.name),
    });
    each.collect::<Vec<_>>().join(" · ")
}

/// `VP8` of `VP8/90000`.
fn short(label: &str) -> &str {
    label.split('/').next().unwrap_or(label)
}

/// `4 mid` of `urn:ietf:params:rtp-hdrext:sdes:mid`.
fn extension(id: u16, uri: &str) -> String {
    let last = uri.rsplit([':', '/']).find(|part| !part.is_empty());
    let last = last.unwrap_or(uri);
    // The best known of those that have only a draft for a name.
    let last = if last.contains("transport-wide-cc") {
        "transport-wide-cc"
    } else {
        last
    };
    format!("{id} {last}")
}
