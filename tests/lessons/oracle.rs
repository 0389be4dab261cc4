//! Every answer a second time, and equal: from the bytes of the frames or the text of the descriptions with a few lines of its own, or from the JSON report.

use std::net::IpAddr;

use rtcscope::ingest::frame_reader::FrameReader;
use rtcscope::lessons::figure::Figure;
use rtcscope::lessons::figure::Value;
use rtcscope::lessons::find::Found;
use rtcscope::lessons::library;
use rtcscope::report::json;
use rtcscope::vocab::ids::FrameNumber;
use serde_json::Value as Json;

use crate::bench::Bench;
use crate::bench::every_capture;

#[test]
fn every_answer_agrees_with_a_second_way_to_it() {
    let lessons = library::lessons().unwrap();
    let mut checked = std::collections::BTreeMap::<String, usize>::new();
    every_capture(|bench| {
        let mut text = Vec::new();
        json::write(&bench.analysis, &mut text).unwrap();
        let report: Json = serde_json::from_slice(&text).unwrap();
        for lesson in &lessons {
            for step in &lesson.steps {
                let shown = bench.show(step, 40);
                let (Some(found), Some(question)) = (&shown.found, &step.question) else {
                    continue;
                };
                let name = question.answer.figure.as_str();
                let Some(figure) = found.figures.get(name) else {
                    continue;
                };
                let judge = Judge {
                    bench,
                    report: &report,
                    found,
                };
                let agrees = judge.agrees(name, figure);
                let at = format!("{}:{} on {}", lesson.file, step.line, bench.name);
                assert_ne!(agrees, Some(false), "{at}: {name} = {}", figure.text);
                *checked.entry(name.to_owned()).or_default() += usize::from(agrees.is_some());
            }
        }
    });
    for lesson in &lessons {
        for question in lesson
            .steps
            .iter()
            .filter_map(|step| step.question.as_ref())
        {
            let name = &question.answer.figure;
            let count = checked.get(name).copied().unwrap_or(0);
            assert!(count > 0, "{name} was never computed a second time");
        }
    }
}

struct Judge<'a> {
    bench: &'a Bench,
    report: &'a Json,
    found: &'a Found,
}

impl Judge<'_> {
    /// `None` where the second way does not lead there: inside TLS, say.
    fn agrees(&self, name: &str, figure: &Figure) -> Option<bool> {
        let text = figure.text.as_str();
        let number = match figure.value {
            Value::Number(number, _) => number,
            _ => f64::NAN,
        };
        let is = |other: f64| Some((number - other).abs() <= 1e-3);
        match name {
            "dns.address" => {
                let octets = match text.parse().unwrap() {
                    IpAddr::V4(ip) => ip.octets().to_vec(),
                    IpAddr::V6(ip) => ip.octets().to_vec(),
                };
                let (data, _) = self.frame("dns.answer")?;
                Some(data.windows(octets.len()).any(|it| it == octets))
            }
            "url.port" => {
                let url = self.exchange("url.frame")?["url"].as_str()?;
                let authority = url.split("://").nth(1)?.split('/').next()?;
                let port = authority
                    .rsplit_once(':')
                    .and_then(|(_, it)| it.parse().ok());
                is(port.unwrap_or_else(|| {
                    if url.starts_with("https") {
                        443.0
                    } else {
                        80.0
                    }
                }))
            }
            "http.ms" => is(self.waited("http.request")? * 1e3),
            "longpoll.seconds" => is(self.waited("longpoll.request")?),
            "tcp.ms" => is((self.frame("tcp.synack")?.1 - self.frame("tcp.syn")?.1) * 1e3),
            "tls.opened" => {
                let random = self.client_random()?;
                let keys = &self.bench.secrets;
                let logged = keys.windows(random.len()).any(|it| it == random.as_bytes());
                Some((text == "opened") == logged)
            }
            "janus.handle" => Some(
                self.rows("/sessions")
                    .any(|it| it["handles"][0]["id"] == text),
            ),
            "offer.sections" => is(self.sdp("offer")?.matches("\nm=").count() as f64),
            "offer.ufrag" => Some(self.sdp("offer")?.contains(&format!("a=ice-ufrag:{text}"))),
            "answer.client" => {
                let active = self.sdp("answer")?.contains("a=setup:active");
                Some((text == "answerer") == active)
            }
            "agreed.dropped" => {
                let (offer, answer) = self.agreed_sections()?;
                let kept = codecs(&answer);
                let gone = codecs(&offer).into_iter().filter(|it| !kept.contains(it));
                is(gone.count() as f64)
            }
            "agreed.answerer" => {
                let (_, answer) = self.agreed_sections()?;
                let said = answer.lines().find_map(|line| {
                    let word = line.trim_end().strip_prefix("a=")?;
                    let directions = ["sendrecv", "sendonly", "recvonly", "inactive"];
                    directions.into_iter().find(|it| *it == word)
                });
                Some(said.unwrap_or("sendrecv") == text)
            }
            "trickle.count" => {
                let call = self.call()?;
                let mut sessions = self.rows("/sessions");
                let session = sessions.find(|it| it["id"] == call["session"])?;
                let messages = session["messages"].as_array()?.iter();
                let own = messages.filter(|it| {
                    let handle = &call["handle"];
                    handle.is_null() || it["handle"] == *handle
                });
                let counts = own.filter_map(|it| it["candidates"].as_array());
                is(counts.map(Vec::len).sum::<usize>() as f64)
            }
            "candidates.host" => {
                let all = self.candidates()?;
                is(all.iter().filter(|it| it["type"] == "host").count() as f64)
            }
            "srflx.related.ip" => self.any_candidate("srflx", |it| it["relatedAddress"] == text),
            "prflx.port" => self.any_candidate("prflx", |it| it["port"].as_f64() == Some(number)),
            "mdns.port" => self.any_candidate("host", |it| {
                it["port"].as_f64() == Some(number) && !it["mdns"].is_null()
            }),
            "stun.length" => {
                let (data, at) = self.stun("stun.frame", true)?;
                is(f64::from(u16::from_be_bytes([data[at + 2], data[at + 3]])))
            }
            "xor.port" => {
                let value = self.attribute("xor.answer", 0x0020, true)?;
                is(f64::from(u16::from_be_bytes([value[2], value[3]]) ^ 0x2112))
            }
            "xor.changed" => {
                let same = self.text("xor.mapped") == self.text("xor.to");
                Some((text == "no") == same)
            }
            "nat.same" => {
                let base = self.text("nat.base");
                let row = self.rows("/natMappings").find(|it| it["base"] == base)?;
                let seen = row["seen"].as_array()?;
                let same = seen
                    .iter()
                    .all(|it| it["mappedAddress"] == seen[0]["mappedAddress"]);
                Some((text == "yes") == same)
            }
            "pairs.tried" => {
                let pairs = self.call()?["ice"]["pairs"].as_array()?;
                let tried = pairs.iter().filter(|it| {
                    !it["flow"].is_null()
                        && it["frames"].as_array().is_some_and(|it| !it.is_empty())
                });
                is(tried.count() as f64)
            }
            "priority.type" => is((self.figure("priority.value") / 16_777_216.0).floor()),
            "pair.priority" => {
                let (pair, all) = (self.selected()?, self.candidates()?);
                let priority = |id: &Json| {
                    let found = all.iter().find(|it| it["id"] == *id)?;
                    found["priority"].as_u64().map(u128::from)
                };
                let (a, b) = (priority(&pair["a"])?, priority(&pair["b"])?);
                let (g, d) = match self.call()?["ice"]["roleA"].as_str()? {
                    "controlling" => (a, b),
                    _ => (b, a),
                };
                let value = (g.min(d) << 32) + 2 * g.max(d) + u128::from(g > d);
                Some(value.to_string() == text)
            }
            "check.role" => {
                let controlling = self.attribute("check.frame", 0x802a, true).is_some();
                Some((text == "controlling") == controlling)
            }
            "nomination.ms" => {
                let pair = self.pair_of("nomination.frame")?;
                let first = FrameNumber::new(0, pair["frames"][0].as_u64()?);
                let (_, answer) = self.frame("nomination.answer")?;
                is((answer - self.read(first).1) * 1e3)
            }
            "consent.seconds" => {
                let mut gaps = self.check_gaps("consent.first", "consent.last")?;
                gaps.sort_by(f64::total_cmp);
                is(*gaps.get(gaps.len() / 2)?)
            }
            "restart.generations" => is(self.call()?["ice"]["generations"].as_f64()?),
            "challenge.realm" => {
                let value = self.attribute("challenge.frame", 0x0014, false)?;
                Some(String::from_utf8_lossy(&value) == text)
            }
            "allocation.relayed.port" => {
                let value = self.attribute("allocation.frame", 0x0016, false)?;
                is(f64::from(u16::from_be_bytes([value[2], value[3]]) ^ 0x2112))
            }
            "permission.peer" => {
                let value = self.attribute("permission.frame", 0x0012, false)?;
                let [a, b, c, d] = *value.get(4..8)?.first_chunk::<4>()?;
                let ip = u32::from_be_bytes([a, b, c, d]) ^ 0x2112_a442;
                // IPv6 is undone with the transaction id as well.
                (value[1] == 1).then(|| IpAddr::from(ip.to_be_bytes()).to_string() == text)
            }
            "channel.number" => {
                let value = self.attribute("channel.bind", 0x000c, false)?;
                is(f64::from(u16::from_be_bytes([value[0], value[1]])))
            }
            "data.length" => {
                let (data, _) = self.frame("data.frame")?;
                // The datagram ends the frame; its second word is the length.
                let at = data.len() - self.figure("data.datagram") as usize + 2;
                is(f64::from(u16::from_be_bytes([data[at], data[at + 1]])))
            }
            "sight.media" => {
                let stream = self.stream()?;
                Some((text == "ciphertext") == stream["encrypted"].as_bool()?)
            }
            "hello.client" => {
                let (data, _) = self.frame("hello.frame")?;
                // A handshake record of DTLS with a ClientHello, directly in a datagram of IPv4.
                let at = data
                    .windows(14)
                    .position(|it| it[0] == 22 && it[1] == 254 && it[13] == 1)?;
                let ip = data.get(at.checked_sub(28)?..).filter(|it| it[0] == 0x45)?;
                let source = *ip[12..].first_chunk::<4>()?;
                Some(IpAddr::from(source).to_string() == text)
            }
            "flights.ms" => Some(self.rows("/dtls").any(|it| {
                let ms = it["handshakeMs"].as_f64().unwrap_or(-1.0);
                (ms - number).abs() < 1e-3
            })),
            "certificate.matches" => {
                let all = self.call()?["descriptions"].as_array()?;
                let hash = self.text("certificate.hash");
                let announced = all.iter().any(|it| {
                    let sdp = it["sdp"].as_str().unwrap_or_default().to_uppercase();
                    sdp.contains(&hash)
                });
                Some((text == "yes") == announced)
            }
            "dtls.srtpCipher" => Some(self.rows("/dtls").any(|it| it["srtpCipher"] == text)),
            "srtp.header" => {
                let (data, at) = self.rtp("srtp.frame")?;
                let sources = 4 * usize::from(data[at] & 0x0f);
                let extension = if data[at] & 0x10 == 0 {
                    0
                } else {
                    let words = at + 12 + sources + 2;
                    4 + 4 * usize::from(u16::from_be_bytes([data[words], data[words + 1]]))
                };
                is((12 + sources + extension) as f64)
            }
            "rtp.sequence" => {
                let (data, at) = self.rtp("rtp.frame")?;
                is(f64::from(u16::from_be_bytes([data[at + 2], data[at + 3]])))
            }
            "sequence.lost" => is(self.stream()?["packetsLost"].as_f64()?),
            "loss.percent" => {
                let stream = self.stream()?;
                let lost = stream["packetsLost"].as_f64()?;
                is(100.0 * lost / (lost + stream["packets"].as_f64()?))
            }
            "frames.ms" => {
                let stamp = |name| {
                    let (data, at) = self.rtp(name)?;
                    Some(u32::from_be_bytes(*data[at + 4..].first_chunk::<4>()?))
                };
                let ticks = stamp("frames.after")?.wrapping_sub(stamp("frames.frame")?);
                is(f64::from(ticks) / self.stream()?["clockRate"].as_f64()? * 1e3)
            }
            "jitter.ticks" => self.jitter().map(|it| (it - number).abs() < 0.01),
            "rate.kilobits" => is(self.stream()?["bitrateBps"].as_f64()? / 1e3),
            "failure.answered" => {
                let pairs = self.call()?["ice"]["pairs"].as_array()?;
                let sum = |it: &Json| {
                    it["responsesReceived"].as_f64().unwrap()
                        + it["responsesSent"].as_f64().unwrap()
                };
                is(pairs.iter().map(sum).sum())
            }
            "failure.granted" => {
                let id = &self.call()?["id"];
                let own = self.rows("/turn").filter(|it| it["peerConnection"] == *id);
                is(own.filter(|it| !it["relayedAddress"].is_null()).count() as f64)
            }
            "failure.ports" => {
                let id = &self.call()?["id"];
                let row = self
                    .rows("/natMappings")
                    .find(|it| it["peerConnection"] == *id)?;
                let seen = row["seen"].as_array()?.iter();
                let ports: std::collections::BTreeSet<&str> = seen
                    .filter_map(|it| it["mappedAddress"].as_str()?.rsplit(':').next())
                    .collect();
                is(ports.len() as f64)
            }
            "failure.mismatches" => {
                let id = &self.call()?["id"];
                let own = self.rows("/dtls").filter(|it| it["peerConnection"] == *id);
                let all = own.filter_map(|it| it["certificates"].as_array()).flatten();
                is(all.filter(|it| it["matchesSdp"] == false).count() as f64)
            }
            "failure.percent" => {
                let id = &self.call()?["id"];
                let own = self.rows("/streams").filter(|it| {
                    it["peerConnection"] == *id && it["from"] == "b" && it["repairs"].is_null()
                });
                let (mut lost, mut seen) = (0.0, 0.0);
                for stream in own {
                    lost += stream["packetsLost"].as_f64()?;
                    seen += stream["packets"].as_f64()?;
                }
                is(100.0 * lost / (lost + seen))
            }
            "failure.cause" => {
                let id = &self.call()?["id"];
                let verdict = self
                    .rows("/verdicts")
                    .find(|it| it["peerConnection"] == *id)?;
                let mut findings = self.rows("/findings");
                let cause = findings.find(|it| it["id"] == verdict["cause"])?;
                Some(cause["rule"] == text)
            }
            _ => None,
        }
    }

    fn figure(&self, name: &str) -> f64 {
        match self.found.figures.get(name).unwrap().value {
            Value::Number(number, _) => number,
            _ => f64::NAN,
        }
    }

    fn text(&self, name: &str) -> String {
        self.found.figures.get(name).unwrap().text.clone()
    }

    fn rows(&self, list: &str) -> impl Iterator<Item = &Json> {
        self.report
            .pointer(list)
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
    }

    fn call(&self) -> Option<&Json> {
        self.rows("/peerConnections").nth(self.found.call?.index())
    }

    fn stream(&self) -> Option<&Json> {
        self.rows("/streams").nth(self.found.stream?.index())
    }

    fn candidates(&self) -> Option<&Vec<Json>> {
        self.call()?["ice"]["candidates"].as_array()
    }

    fn any_candidate(&self, kind: &str, test: impl Fn(&Json) -> bool) -> Option<bool> {
        let all = self.candidates()?;
        Some(all.iter().any(|it| it["type"] == kind && test(it)))
    }

    fn selected(&self) -> Option<&Json> {
        let pairs = self.call()?["ice"]["pairs"].as_array()?;
        pairs.iter().find(|it| it["selected"] == true)
    }

    /// The first description of a kind, as text.
    fn sdp(&self, kind: &str) -> Option<String> {
        let all = self.call()?["descriptions"].as_array()?;
        let found = all.iter().find(|it| it["type"] == kind)?;
        found["sdp"].as_str().map(str::to_owned)
    }

    /// The exchange whose request begins in a figure's frame.
    fn exchange(&self, name: &str) -> Option<&Json> {
        let wanted = self.figure(name);
        let mut rows = self.rows("/http");
        rows.find(|it| it["requestFrames"][0].as_f64() == Some(wanted))
    }

    /// From the last frame of a request to the first of its response, seconds.
    fn waited(&self, name: &str) -> Option<f64> {
        let row = self.exchange(name)?;
        let time = |frame: &Json| Some(self.read(FrameNumber::new(0, frame.as_u64()?)).1);
        let asked = time(row["requestFrames"].as_array()?.last()?)?;
        Some(time(&row["responseFrames"][0])? - asked)
    }

    /// The random of a ClientHello in the frame of the hello, hexadecimal as in a key log.
    fn client_random(&self) -> Option<String> {
        let (data, _) = self.frame("tls.hello")?;
        // A handshake record, then a ClientHello of version 3.x.
        let at = data
            .windows(11)
            .position(|it| it[0] == 22 && it[1] == 3 && it[5] == 1 && it[9] == 3)?;
        let random = data.get(at + 11..at + 43)?;
        let digits = random.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.map(|it| char::from_digit(it.into(), 16)).collect()
    }

    /// The pair with this frame among its own.
    fn pair_of(&self, name: &str) -> Option<&Json> {
        let frame = self.figure(name);
        let pairs = self.call()?["ice"]["pairs"].as_array()?;
        pairs.iter().find(|it| {
            let frames = it["nominatedFrames"].as_array();
            frames.is_some_and(|it| it.iter().any(|it| it.as_f64() == Some(frame)))
        })
    }

    /// Times between the checks from one frame to another, all between the addresses of the first; a retransmission is none.
    fn check_gaps(&self, first: &str, last: &str) -> Option<Vec<f64>> {
        let (data, at) = self.stun(first, true)?;
        let ends =
            |data: &[u8], at: usize| data.get(at.checked_sub(16)?..at - 4).map(<[u8]>::to_vec);
        let length = usize::from(u16::from_be_bytes([data[at - 4], data[at - 3]]));
        // Directly in a datagram of IPv4: inside a relay's message, addresses do not stand before it.
        if length != data.len() - at + 8 || data[at - 28] != 0x45 {
            return None;
        }
        let wanted = ends(&data, at)?;
        let (mut gaps, mut before) = (Vec::new(), None);
        let mut seen = std::collections::BTreeSet::new();
        for number in self.figure(first) as u64..=self.figure(last) as u64 {
            let (data, time) = self.read(FrameNumber::new(0, number));
            let request = data
                .get(at..at + 20)
                .filter(|it| it[..2] == [0, 1] && it[4..8] == [0x21, 0x12, 0xa4, 0x42]);
            let Some(request) = request.filter(|_| ends(&data, at).as_ref() == Some(&wanted))
            else {
                continue;
            };
            if seen.insert(request[8..].to_vec()) {
                gaps.extend(before.map(|before| time - before));
                before = Some(time);
            }
        }
        Some(gaps)
    }

    /// The section that the lesson speaks of: as offered, as answered.
    fn agreed_sections(&self) -> Option<(String, String)> {
        let mid = self.text("agreed.mid");
        let frame = self.figure("agreed.frame");
        let all = self.call()?["descriptions"].as_array()?;
        let at = all.iter().position(|it| {
            let frames = it["frames"].as_array().into_iter().flatten();
            it["type"] != "offer" && frames.into_iter().any(|it| it.as_f64() == Some(frame))
        })?;
        let offer = all[..at].iter().rfind(|it| it["type"] == "offer")?;
        Some((
            section(&offer["sdp"], &mid)?,
            section(&all[at]["sdp"], &mid)?,
        ))
    }

    /// The bytes of a figure's frame, and its time in seconds.
    fn frame(&self, name: &str) -> Option<(Vec<u8>, f64)> {
        let frame: FrameNumber = *self.found.figures.get(name)?.frames.first()?;
        Some(self.read(frame))
    }

    /// The bytes of a frame, and its time in seconds.
    fn read(&self, frame: FrameNumber) -> (Vec<u8>, f64) {
        let mut reader = FrameReader::new(self.bench.index.clone());
        let frame = reader.read(frame).unwrap();
        let start = self.bench.analysis.scene.start;
        (frame.data, frame.at.seconds_from(start))
    }

    /// Where a STUN message begins in a figure's frame, by its cookie: the innermost or the outermost.
    fn stun(&self, name: &str, inner: bool) -> Option<(Vec<u8>, usize)> {
        let (data, _) = self.frame(name)?;
        let cookies = data.windows(4).enumerate();
        let starts: Vec<usize> = cookies
            .filter(|(at, it)| *it == [0x21, 0x12, 0xa4, 0x42] && *at >= 4 && data[at - 4] < 4)
            .map(|(at, _)| at - 4)
            .collect();
        let at = if inner { starts.last() } else { starts.first() };
        at.copied().map(|at| (data, at))
    }

    /// The value of an attribute of that message.
    fn attribute(&self, name: &str, wanted: u16, inner: bool) -> Option<Vec<u8>> {
        let (data, start) = self.stun(name, inner)?;
        let mut at = start + 20;
        while let Some([a, b, c, d]) = data.get(at..).and_then(<[u8]>::first_chunk::<4>) {
            let length = usize::from(u16::from_be_bytes([*c, *d]));
            if u16::from_be_bytes([*a, *b]) == wanted {
                return data.get(at + 4..at + 4 + length).map(<[u8]>::to_vec);
            }
            at += 4 + length.next_multiple_of(4);
        }
        None
    }

    /// Where an RTP packet of the stream begins in a figure's frame, by its SSRC.
    fn rtp(&self, name: &str) -> Option<(Vec<u8>, usize)> {
        let (data, _) = self.frame(name)?;
        let ssrc = u32::try_from(self.stream()?["ssrc"].as_u64()?)
            .ok()?
            .to_be_bytes();
        // SSRC 0 (probes of some servers) stands everywhere. Others may by chance, too: a header begins with version 2.
        if ssrc == [0; 4] {
            return None;
        }
        let starts = data.windows(4).enumerate().skip(8);
        let found = starts
            .filter(|(at, it)| *it == ssrc && data[at - 8] >> 6 == 2)
            .map(|(at, _)| at - 8)
            .next()?;
        Some((data, found))
    }

    fn jitter(&self) -> Option<f64> {
        let clock = self.stream()?["clockRate"].as_f64()?;
        let mut jitter = 0.0;
        let mut before: Option<(f64, u32)> = None;
        for place in 1..=5 {
            let name = format!("jitter.{place}.frame");
            let (data, at) = self.rtp(&name)?;
            let stamp = u32::from_be_bytes(*data[at + 4..].first_chunk::<4>()?);
            let (_, time) = self.frame(&name)?;
            if let Some((then, sent)) = before {
                let ticks = f64::from(stamp.wrapping_sub(sent).cast_signed());
                let d = (time - then) * clock - ticks;
                jitter += (d.abs() - jitter) / 16.0;
            }
            before = Some((time, stamp));
        }
        Some(jitter)
    }
}

/// The section of a description with this mid.
fn section(sdp: &Json, mid: &str) -> Option<String> {
    let sections = sdp.as_str()?.split("\nm=").skip(1);
    let own = format!("a=mid:{mid}");
    let mut named = sections.filter(|it| it.lines().any(|line| line.trim_end() == own));
    named.next().map(str::to_owned)
}

/// Payload types of a section with what they mean, retransmissions left out.
fn codecs(section: &str) -> Vec<(String, String)> {
    let head = section.lines().next().unwrap_or_default();
    let types = head.split_whitespace().skip(3).map(str::to_owned);
    let named = types.map(|it| {
        let start = format!("a=rtpmap:{it} ");
        let mut lines = section.lines();
        let meaning = lines.find_map(|line| line.trim_end().strip_prefix(&start));
        let meaning = meaning.unwrap_or_default().to_lowercase();
        // One channel is what a missing number of channels means (RFC 8866 §6.6).
        let meaning = meaning.strip_suffix("/1").unwrap_or(&meaning);
        (it, meaning.to_owned())
    });
    named
        .filter(|(_, meaning)| !meaning.starts_with("rtx/"))
        .collect()
}
