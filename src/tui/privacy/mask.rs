//! Who has which stand-in. The first to be met is number 1; who has one keeps it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::report::text::figures::short_name;
use crate::session::model::scene::Scene;
use crate::tui::privacy::find::Kind;
use crate::tui::privacy::find::replace;
use crate::vocab::address::Side;

/// Stand-ins.
#[derive(Debug, Default)]
pub struct Mask(Mutex<StandIns>);

#[derive(Debug, Default)]
struct StandIns {
    /// By address, or by name in lower case.
    known: HashMap<String, String>,
    /// Names of more than one word, the longest first.
    phrases: Vec<(String, String)>,
    hosts: usize,
    names: usize,
    hardware: usize,
    files: usize,
}

impl Mask {
    /// Learns whom the analysis names, so that their stand-ins follow the order of calls.
    pub fn learn(&self, scene: &Scene, files: &[String]) {
        let mut known = self.lock();
        for file in files {
            known.file(short_name(file));
        }
        for call in &scene.peer_connections {
            for side in [Side::A, Side::B] {
                let end = call.endpoint(side);
                end.addresses.iter().for_each(|ip| known.address(*ip));
                end.name.iter().for_each(|name| known.name(name));
            }
        }
        for flow in scene.flows.iter().take(LEARNT_MOST) {
            known.address(flow.tuple.a.ip);
            known.address(flow.tuple.b.ip);
            if let Some(name) = &flow.server_name {
                known.name_of(flow.tuple.b.ip, name);
            }
        }
        let learned = scene.names.iter().map(|(ip, name)| (ip, name));
        for (ip, name) in scene.given_names.iter().chain(learned) {
            known.name_of(*ip, name);
        }
        for dialogue in &scene.dialogues {
            for handle in &dialogue.handles {
                let feeds = handle.feeds.iter().filter_map(|(_, name)| name.as_ref());
                feeds
                    .chain(&handle.display)
                    .for_each(|name| known.name(name));
            }
        }
        for turn in &scene.turn {
            let words = turn.username.iter().chain(&turn.realm);
            words.for_each(|word| known.name(word));
        }
    }

    /// `text` with stand-ins.
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.len() < SHORTEST {
            return Cow::Borrowed(text);
        }
        // `replace` asks for both in turn.
        let known = std::cell::RefCell::new(self.lock());
        let phrase = known.borrow().without_phrases(text);
        let find = |word: &str| known.borrow().find(word);
        let stand_in = |kind, word: &str| known.borrow_mut().new_one(kind, word);
        match phrase {
            Some(text) => Cow::Owned(replace(&text, find, stand_in).into_owned()),
            None => replace(text, find, stand_in),
        }
    }

    fn lock(&self) -> MutexGuard<'_, StandIns> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandIns {
    fn find(&self, word: &str) -> Option<String> {
        let found = self.known.get(word);
        if found.is_none() && word.bytes().any(|b| b.is_ascii_uppercase()) {
            return self.known.get(&word.to_lowercase()).cloned();
        }
        found.cloned()
    }

    fn without_phrases(&self, text: &str) -> Option<String> {
        let mut out: Option<String> = None;
        for (phrase, stand_in) in &self.phrases {
            let now = out.as_deref().unwrap_or(text);
            if now.contains(phrase.as_str()) {
                out = Some(now.replace(phrase.as_str(), stand_in));
            }
        }
        out
    }

    fn new_one(&mut self, kind: Kind, word: &str) -> Option<String> {
        match kind {
            // Nobody's, and everybody's own.
            Kind::Address(ip) if ip.is_unspecified() || ip.is_loopback() => None,
            Kind::Address(ip) => {
                self.address(ip);
                let known = self.known.get(&ip.to_string()).cloned();
                Some(known.unwrap_or_else(|| SOMEONE.to_owned()))
            }
            Kind::Hardware if word.bytes().all(|b| matches!(b, b'0' | b':')) => None,
            Kind::Hardware => {
                self.hardware += 1;
                let stand_in = format!("mac-{}", self.hardware);
                Some(self.keep(word, stand_in))
            }
            Kind::Name => {
                self.names += 1;
                let stand_in = format!("name-{}", self.names);
                Some(self.keep(word, stand_in))
            }
        }
    }

    /// Past the limit all share one: masked still, but no longer told apart.
    fn keep(&mut self, word: &str, stand_in: String) -> String {
        let key = word.to_lowercase();
        if self.known.len() >= KNOWN_MOST {
            return SOMEONE.to_owned();
        }
        self.known.entry(key).or_insert(stand_in).clone()
    }

    fn address(&mut self, ip: IpAddr) {
        let key = ip.to_string();
        if ip.is_unspecified() || ip.is_loopback() || self.known.contains_key(&key) {
            return;
        }
        self.hosts += 1;
        let stand_in = format!("host-{}", self.hosts);
        self.keep(&key, stand_in);
    }

    /// A name of an address: both have one stand-in.
    fn name_of(&mut self, ip: IpAddr, name: &str) {
        if !is_name(name) || name.parse::<IpAddr>().is_ok() {
            return;
        }
        self.address(ip);
        if let Some(stand_in) = self.known.get(&ip.to_string()).cloned() {
            self.keep_name(name, stand_in);
        }
    }

    fn name(&mut self, name: &str) {
        if !is_name(name) || name.parse::<IpAddr>().is_ok() {
            return;
        }
        if !self.known.contains_key(&name.to_lowercase()) {
            self.names += 1;
            let stand_in = format!("name-{}", self.names);
            self.keep_name(name, stand_in);
        }
    }

    fn file(&mut self, name: &str) {
        if !self.known.contains_key(&name.to_lowercase()) {
            self.files += 1;
            let stand_in = format!("capture-{}", self.files);
            self.keep_name(name, stand_in);
        }
    }

    fn keep_name(&mut self, name: &str, stand_in: String) {
        let stand_in = self.keep(name, stand_in);
        let words =
            name.contains(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_' | '@'));
        let new = self.phrases.iter().all(|(known, _)| known != name);
        if words && new && self.phrases.len() < PHRASES_MOST {
            self.phrases.push((name.to_owned(), stand_in));
            self.phrases
                .sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
        }
    }
}

/// Would masking it tell more than it hides? Words of protocols and short numbers are no names.
fn is_name(name: &str) -> bool {
    let number = name.bytes().all(|b| b.is_ascii_digit()) && name.len() < 6;
    name.len() > 1 && !number && !WORDS.contains(&name)
}

/// Names of ends that are products or roles, and stand in protocols as such.
const WORDS: [&str; 6] = ["janus", "client", "server", "web", "local", "user"];
/// Who comes after all stand-ins were given away.
const SOMEONE: &str = "someone";
/// Nothing shorter is an address; and a letter is no name.
const SHORTEST: usize = 2;
/// Conversations whose addresses get their number in advance.
const LEARNT_MOST: usize = 1 << 16;
/// Stand-ins at most.
const KNOWN_MOST: usize = 1 << 18;
/// Names of more than one word at most: each is searched for in every text.
const PHRASES_MOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn scene() -> Scene {
        Scene {
            names: vec![("10.0.0.9".parse().unwrap(), "turn.example.com".into())],
            ..Scene::default()
        }
    }

    #[test]
    fn stand_ins_stay() {
        let mask = Mask::default();
        mask.learn(&scene(), &["calls/my call.pcapng".into()]);
        assert_eq!(
            mask.apply("10.0.0.1 10.0.0.9 10.0.0.1"),
            "host-2 host-1 host-2"
        );
        assert_eq!(mask.apply("Turn.Example.com:3478"), "host-1:3478");
        assert_eq!(
            mask.apply("my call.pcapng · 3 packets"),
            "capture-1 · 3 packets"
        );
        mask.learn(&scene(), &["calls/my call.pcapng".into()]);
        assert_eq!(mask.apply("bob@a.org and bob@a.org"), "name-1 and name-1");
        assert_eq!(
            mask.apply("host-1 name-1"),
            "host-1 name-1",
            "no mask of a mask"
        );
    }

    #[test]
    fn words_of_protocols_are_no_names() {
        for word in ["janus", "100", "a", ""] {
            assert!(!is_name(word), "{word}");
        }
        assert!(is_name("alice") && is_name("4915112345678"));
    }

    #[test]
    fn past_the_limit_everything_is_masked_still() {
        let mut known = StandIns::default();
        for at in 0..KNOWN_MOST {
            known.known.insert(at.to_string(), String::new());
        }
        let ip = IpAddr::from([10, 0, 0, 1]);
        let stand_in = known.new_one(Kind::Address(ip), "10.0.0.1");
        assert_eq!(stand_in.as_deref(), Some(SOMEONE));
    }
}
