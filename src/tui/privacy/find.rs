//! What in a text is an address or a name.
//!
//! A text is cut into words: letters, digits and what stands inside of addresses and names (`. : @ % - _`). A word is looked up whole,
//! then without its punctuation, then in parts; what is left of it stays.

use std::borrow::Cow;
use std::net::IpAddr;

/// What tells stand-ins apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An address of IP.
    Address(IpAddr),
    /// A hardware address.
    Hardware,
    /// A name by its form: `alice@example.com`, `….local`, the host of a URL.
    Name,
}

/// `text` with every word replaced for which `known` or `stand_in` has something else.
pub(super) fn replace(
    text: &str,
    known: impl Fn(&str) -> Option<String>,
    stand_in: impl Fn(Kind, &str) -> Option<String>,
) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    let mut from = 0;
    while let Some((begin, end)) = next_word(text, from) {
        let word = text.get(begin..end).unwrap_or_default();
        let before = text.get(..begin).unwrap_or_default();
        let after = text.get(end..).unwrap_or_default();
        let other = replace_word(word, before, after, &known, &stand_in);
        match (&mut out, other) {
            (None, Some(other)) => out = Some(format!("{before}{other}")),
            (Some(out), other) => {
                out.push_str(text.get(from..begin).unwrap_or_default());
                out.push_str(other.as_deref().unwrap_or(word));
            }
            (None, None) => {}
        }
        from = end;
    }
    match out {
        Some(mut out) => {
            out.push_str(text.get(from..).unwrap_or_default());
            Cow::Owned(out)
        }
        None => Cow::Borrowed(text),
    }
}

/// The next word from `from` on: first and end.
fn next_word(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let begin = from + rest.find(is_part)?;
    let word = text.get(begin..)?;
    let length = word.find(|c| !is_part(c)).unwrap_or(word.len());
    Some((begin, begin + length))
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | ':' | '@' | '%' | '-' | '_')
}

fn replace_word(
    word: &str,
    before: &str,
    after: &str,
    known: &impl Fn(&str) -> Option<String>,
    stand_in: &impl Fn(Kind, &str) -> Option<String>,
) -> Option<String> {
    let whole = |word: &str| -> Option<String> {
        known(word).or_else(|| kind(word).and_then(|kind| stand_in(kind, word)))
    };
    if let Some(found) = whole(word) {
        return Some(found);
    }
    // A sentence ends after an address, a label stands in front of it.
    let core = word.trim_matches(|c| matches!(c, '.' | ':' | '-' | '_' | '%'));
    let head = word.find(core).unwrap_or(0);
    let wrap = |other: String| {
        let tail = word.get(head + core.len()..).unwrap_or_default();
        Some(format!(
            "{}{other}{tail}",
            word.get(..head).unwrap_or_default()
        ))
    };
    if core.is_empty() {
        return None;
    }
    if core.len() < word.len()
        && let Some(found) = whole(core)
    {
        return wrap(found);
    }
    // `…` cut an address: what is left of it is still half of one.
    let cut = after.starts_with('…') || before.ends_with('…');
    if cut && is_piece_of_address(core) {
        return wrap("…".to_owned());
    }
    // The zone of a link-local address.
    if let Some((address, _)) = core.split_once('%')
        && let Some(found) = whole(address)
    {
        return wrap(found);
    }
    if before.ends_with("//") {
        let (host, port) = core.split_once(':').unwrap_or((core, ""));
        let found = known(host).or_else(|| match kind(host) {
            Some(kind) => stand_in(kind, host),
            None => stand_in(Kind::Name, host),
        });
        let port = if port.is_empty() {
            String::new()
        } else {
            format!(":{port}")
        };
        return found.and_then(|found| wrap(format!("{found}{port}")));
    }
    for separators in [&[':'][..], &['.', '-', '_', '@']] {
        let parts: Vec<&str> = core.split(separators).collect();
        if parts.len() < 2 {
            continue;
        }
        let mut changed = false;
        let mut out = String::new();
        for part in parts {
            let found = if separators == [':'] {
                whole(part)
            } else {
                known(part)
            };
            changed |= found.is_some();
            // The separators are one byte each.
            let place = offset(core, part) + part.len();
            out.push_str(found.as_deref().unwrap_or(part));
            out.push_str(
                core.get(place..)
                    .and_then(|rest| rest.get(..1))
                    .unwrap_or_default(),
            );
        }
        if changed {
            return wrap(out);
        }
    }
    None
}

/// Where `part`, a piece of `whole`, begins in it.
fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

/// What a word is by its form.
fn kind(word: &str) -> Option<Kind> {
    if let Ok(ip) = word.parse::<IpAddr>() {
        return Some(Kind::Address(ip));
    }
    let groups: Vec<&str> = word.split(':').collect();
    let hex = |group: &&str| group.len() == 2 && group.bytes().all(|b| b.is_ascii_hexdigit());
    if groups.len() == 6 && groups.iter().all(hex) {
        return Some(Kind::Hardware);
    }
    if let Some((user, host)) = word.split_once('@')
        && !user.is_empty()
        && !word.contains(':')
        && !host.is_empty()
    {
        return Some(Kind::Name);
    }
    let labels = word.rsplit_once('.');
    labels
        .filter(|(name, domain)| !name.is_empty() && domain.eq_ignore_ascii_case("local"))
        .map(|_| Kind::Name)
}

/// `192.168.1`, `2001:db8`, of an address that was cut.
fn is_piece_of_address(word: &str) -> bool {
    let dotted = word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let colons = word.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
    dotted && word.matches('.').count() >= 2 || colons && word.contains(':') && word.len() > 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let known = |word: &str| match word {
            "alice" => Some("NAME".to_owned()),
            "turn.example.com" => Some("HOST".to_owned()),
            _ => None,
        };
        let stand_in = |kind, _: &str| {
            Some(
                match kind {
                    Kind::Address(ip) if ip.is_unspecified() => return None,
                    Kind::Address(_) => "IP",
                    Kind::Hardware => "MAC",
                    Kind::Name => "FORM",
                }
                .to_owned(),
            )
        };
        assert_eq!(replace(text, known, stand_in), expected, "{text}");
    }

    #[test]
    fn addresses_are_found_wherever_they_stand() {
        check("192.168.10.2:48633 → 203.0.113.10", "IP:48633 → IP");
        check("[2001:db8:10::2]:43992", "[IP]:43992");
        check("c=IN IP4 10.0.0.1\\r\\na=", "c=IN IP4 IP\\r\\na=");
        check("asked 10.0.0.1.", "asked IP.");
        check("ip4:10.0.0.1:9 fe80::1%eth0", "ip4:IP:9 IP");
        check("http://10.0.0.1:8088/janus", "http://IP:8088/janus");
        check("0.0.0.0 ::", "0.0.0.0 ::");
        check("02:00:00:00:00:01", "MAC");
        check("192.168.1… …db8:10:2", "…… ……");
    }

    #[test]
    fn names_are_found_by_form_or_because_they_are_known() {
        check("alice → videoroom 100", "NAME → videoroom 100");
        check("alice-2.pcapng", "NAME-2.pcapng");
        check("turn:turn.example.com:3478", "turn:HOST:3478");
        check("sip:bob@example.com;tag=1", "sip:FORM;tag=1");
        check("https://meet.example.org/room", "https://FORM/room");
        check("a1b2-c3.local 50000", "FORM 50000");
        check("日本 alice 日本", "日本 NAME 日本");
    }

    #[test]
    fn figures_times_and_hashes_are_left_alone() {
        for text in [
            "1 334 packets · 17.8 s · 4.9 %",
            "09:06:49.123",
            "66:1B:B0:66:1B:B0:66:1B:B0:66:1B:B0:66:1B:B0:66",
            "0x2112_A442",
            "DTLS 1.2 · 0.9 1.0 4.2 ms",
            "alices",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn any_text_goes_through() {
        for text in ["", "::", "…", "@", "a@", "%:%", "//", "//:", "日本:", "-.-"] {
            let _ = replace(text, |_| Some("x".into()), |_, _| Some("y".into()));
            let _ = replace(text, |_| None, |_, _| Some("y".into()));
        }
    }
}
