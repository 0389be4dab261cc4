//! DNS (RFC 1035) and multicast DNS (RFC 6762), read for two reasons: to name hosts, and to resolve the `….local` names that browsers
//! put into candidates in place of private addresses.
//!
//! ```text
//! id 2 · flags 2 (QR, opcode, AA TC RD RA, response code) · questions 2 · answers 2 · authorities 2 · additionals 2
//! question   name · type 2 · class 2 (mDNS: top bit asks for a unicast answer)
//! record     name · type 2 · class 2 (mDNS: top bit flushes caches) · time to live 4 · length 2 · data
//! name       length 1 · label, until length 0; or 0b11 and 14 bits: go on at that offset of the message
//! ```
//!
//! The name pointers are the trap: they must lead backwards, or a name would never end.

use std::fmt::Write;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::read::chunk_at;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u32_at;

/// A DNS message. Names are lower case without a final dot; bytes that are no text are written `\DDD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Joins an answer to its query; 0 in multicast DNS.
    pub id: u16,
    /// An answer, not a query.
    pub is_response: bool,
    /// Kind of query, 4 bits; 0 is a standard one.
    pub opcode: u8,
    /// Outcome, 4 bits: 0 no error, 2 server failure, 3 no such name.
    pub response_code: u8,
    /// The answer did not fit; the client will ask again over TCP.
    pub is_truncated: bool,
    /// What is asked.
    pub questions: Vec<Question>,
    /// Answers, authorities and additionals, in order; at most [`RECORDS`].
    pub records: Vec<Record>,
    /// Why reading stopped early.
    pub fault: Option<Fault>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Name asked about.
    pub name: String,
    /// Records wanted.
    pub kind: RecordType,
    /// In multicast DNS: the asker wants the answer for itself.
    pub wants_unicast: bool,
}

/// A resource record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose record.
    pub name: String,
    /// Its type.
    pub kind: RecordType,
    /// How long it may be remembered, seconds; 0 in multicast DNS says goodbye.
    pub time_to_live: u32,
    /// In multicast DNS: forget other records of this name and type.
    pub flushes_cache: bool,
    /// What it says.
    pub data: RecordData,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordData {
    /// A or AAAA: an address.
    Address(IpAddr),
    /// CNAME: the name is an alias of this one.
    Alias(String),
    /// PTR: in reverse lookups a host's name, in service discovery an instance's.
    Pointer(String),
    /// SRV: where a service is.
    Service {
        /// Lower is tried first.
        priority: u16,
        /// Share among equals.
        weight: u16,
        /// Port.
        port: u16,
        /// Host.
        target: String,
    },
    /// Another type, or one of these with data that does not fit it; its length, bytes.
    Other(u16),
}

impl Message {
    /// Reads a message. Counts that promise more than there is leave a fault beside what was read.
    ///
    /// # Errors
    ///
    /// It can't be DNS: `dns-header-truncated`, `dns-header-implausible` (reserved bits, an unknown opcode, or no record at all), or a
    /// fault in its very first entry.
    pub fn new(bytes: &[u8]) -> Result<Self, Fault> {
        let Some([i0, i1, f0, f1, counts @ ..]) = chunk_at::<12>(bytes, 0) else {
            return Err(fault("dns-header-truncated", bytes.len()));
        };
        let opcode = f0 >> 3 & 0x0f;
        let [q0, q1, rest @ ..] = counts;
        let questions = u16::from_be_bytes([q0, q1]);
        let records: u32 = rest
            .chunks_exact(2)
            .filter_map(|pair| u16_at(pair, 0))
            .map(u32::from)
            .sum();
        if f1 & 0x40 != 0 || opcode > 6 || u32::from(questions) + records == 0 {
            return Err(fault("dns-header-implausible", 2));
        }
        let mut message = Self {
            id: u16::from_be_bytes([i0, i1]),
            is_response: f0 & 0x80 != 0,
            opcode,
            response_code: f1 & 0x0f,
            is_truncated: f0 & 0x02 != 0,
            questions: Vec::new(),
            records: Vec::new(),
            fault: None,
        };
        match message.read_entries(bytes, questions, records) {
            Err(fault) if message.questions.is_empty() && message.records.is_empty() => Err(fault),
            outcome => {
                message.fault = outcome.err();
                Ok(message)
            }
        }
    }

    fn read_entries(&mut self, bytes: &[u8], questions: u16, records: u32) -> Result<(), Fault> {
        let mut at = 12;
        for _ in 0..questions {
            if self.questions.len() == QUESTIONS {
                return Err(fault("dns-too-many-questions", at));
            }
            let (name, end) = name(bytes, at)?;
            let (Some(kind), Some(class)) = (u16_at(bytes, end), u16_at(bytes, end + 2)) else {
                return Err(fault("dns-question-truncated", end));
            };
            self.questions.push(Question {
                name,
                kind: RecordType::from_code(kind),
                wants_unicast: class & 0x8000 != 0,
            });
            at = end + 4;
        }
        for _ in 0..records {
            if self.records.len() == RECORDS {
                return Err(fault("dns-too-many-records", at));
            }
            let (record, end) = record(bytes, at)?;
            self.records.push(record);
            at = end;
        }
        Ok(())
    }

    /// Every address record: the name that it is filed under, and the address. An alias leads there from the name that was asked.
    pub fn addresses(&self) -> impl Iterator<Item = (&str, IpAddr)> {
        self.records.iter().filter_map(|record| match record.data {
            RecordData::Address(ip) => Some((record.name.as_str(), ip)),
            _ => None,
        })
    }

    /// The addresses that the first question's name leads to, through aliases: what the asker will connect to.
    pub fn answer(&self) -> Option<(&str, Vec<IpAddr>)> {
        let asked = self.questions.first()?.name.as_str();
        let mut name = asked;
        // An alias chain is short; a loop in it must end.
        for _ in 0..ALIASES {
            let next = self.records.iter().find_map(|record| match &record.data {
                RecordData::Alias(target) if record.name == name => Some(target.as_str()),
                _ => None,
            });
            let Some(next) = next else { break };
            name = next;
        }
        let addresses: Vec<_> = self
            .addresses()
            .filter(|&(owner, _)| owner == name)
            .map(|(_, ip)| ip)
            .collect();
        (!addresses.is_empty()).then_some((asked, addresses))
    }
}

fn record(bytes: &[u8], at: usize) -> Result<(Record, usize), Fault> {
    let (owner, at) = name(bytes, at)?;
    let (Some(kind), Some(class), Some(time_to_live), Some(length)) = (
        u16_at(bytes, at),
        u16_at(bytes, at + 2),
        u32_at(bytes, at + 4),
        u16_at(bytes, at + 8),
    ) else {
        return Err(fault("dns-record-truncated", at));
    };
    let (start, end) = (at + 10, at + 10 + usize::from(length));
    let Some(data) = bytes.get(start..end) else {
        return Err(fault("dns-record-truncated", start));
    };
    let kind = RecordType::from_code(kind);
    // A name in the data may point anywhere before it in the message, so it is read from there; but it must end with the data.
    let named = |from: usize| match name(bytes, from) {
        Ok((name, stop)) if stop <= end => Some(name),
        _ => None,
    };
    let said = match kind {
        RecordType::A => data
            .try_into()
            .ok()
            .map(|b: [u8; 4]| RecordData::Address(Ipv4Addr::from(b).into())),
        RecordType::Aaaa => data
            .try_into()
            .ok()
            .map(|b: [u8; 16]| RecordData::Address(Ipv6Addr::from(b).into())),
        RecordType::Cname => named(start).map(RecordData::Alias),
        RecordType::Ptr => named(start).map(RecordData::Pointer),
        RecordType::Srv => service(data, || named(start + 6)),
        _ => None,
    };
    let record = Record {
        name: owner,
        kind,
        time_to_live,
        flushes_cache: class & 0x8000 != 0,
        data: said.unwrap_or(RecordData::Other(length)),
    };
    Ok((record, end))
}

fn service(data: &[u8], target: impl Fn() -> Option<String>) -> Option<RecordData> {
    Some(RecordData::Service {
        priority: u16_at(data, 0)?,
        weight: u16_at(data, 2)?,
        port: u16_at(data, 4)?,
        target: target()?,
    })
}

/// The name at `at`, and where the entry goes on after it.
fn name(bytes: &[u8], at: usize) -> Result<(String, usize), Fault> {
    let mut text = String::with_capacity(USUAL_NAME);
    let (mut here, mut after, mut length) = (at, None, 0);
    loop {
        let Some(first) = u8_at(bytes, here) else {
            return Err(fault("dns-name-truncated", here));
        };
        match first {
            0 => return Ok((text, after.unwrap_or(here + 1))),
            1..=0x3f => {
                let end = here + 1 + usize::from(first);
                let Some(label) = bytes.get(here + 1..end) else {
                    return Err(fault("dns-name-truncated", here));
                };
                length += label.len() + 1;
                if length > NAME {
                    return Err(fault("dns-name-too-long", at));
                }
                push_label(&mut text, label);
                here = end;
            }
            0xc0..=0xff => {
                let Some(pointer) = u16_at(bytes, here) else {
                    return Err(fault("dns-name-truncated", here));
                };
                let target = usize::from(pointer & 0x3fff);
                // Only backwards: each jump then leads to an earlier label run, so the name ends.
                if target >= here {
                    return Err(fault("dns-name-loops", here));
                }
                after = after.or(Some(here + 2));
                length += 1;
                if length > NAME {
                    return Err(fault("dns-name-too-long", at));
                }
                here = target;
            }
            _ => return Err(fault("dns-label-type-unknown", here)),
        }
    }
}

fn push_label(text: &mut String, label: &[u8]) {
    if !text.is_empty() {
        text.push('.');
    }
    for chunk in label.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '.' || c == '\\' || c.is_control() {
                let _ = write!(text, "\\{:03}", u32::from(c));
            } else {
                text.extend(c.to_lowercase());
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\{byte:03}");
        }
    }
}

const fn fault(name: &'static str, offset: usize) -> Fault {
    Fault::new(Layer::Dns, name, offset)
}

/// Records read per message; a long service discovery answer has some dozens.
pub const RECORDS: usize = 256;

/// Questions read per message; unicast DNS has one, multicast DNS a few.
pub const QUESTIONS: usize = 64;

/// Longest name, bytes on the wire (RFC 1035 §3.1); here also the bound on label and pointer steps.
const NAME: usize = 255;

/// Room for a name's first label and what follows, bytes; a browser's `….local` name has 42.
const USUAL_NAME: usize = 48;

/// Longest alias chain followed.
const ALIASES: usize = 16;

crate::codepoint! {
    /// DNS record types (IANA "Resource Record (RR) TYPEs"), those met in captures of calls.
    pub enum RecordType: u16 {
        /// IPv4 address.
        A = 1 => "A",
        /// Name server.
        Ns = 2 => "NS",
        /// Alias.
        Cname = 5 => "CNAME",
        /// Start of authority; in negative answers.
        Soa = 6 => "SOA",
        /// Pointer.
        Ptr = 12 => "PTR",
        /// Mail exchanger.
        Mx = 15 => "MX",
        /// Text.
        Txt = 16 => "TXT",
        /// IPv6 address.
        Aaaa = 28 => "AAAA",
        /// Location of a service.
        Srv = 33 => "SRV",
        /// Naming authority pointer.
        Naptr = 35 => "NAPTR",
        /// EDNS options.
        Opt = 41 => "OPT",
        /// DNSSEC signature.
        Rrsig = 46 => "RRSIG",
        /// DNSSEC: what does not exist.
        Nsec = 47 => "NSEC",
        /// Service binding.
        Svcb = 64 => "SVCB",
        /// Service binding for HTTP.
        Https = 65 => "HTTPS",
        /// Everything.
        Any = 255 => "ANY",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answer: `stun.lab.test` is an alias of `web.lab.test`, which has an address of each family.
    fn answer() -> Vec<u8> {
        let mut bytes = vec![0x12, 0x34, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0];
        bytes.extend(b"\x04sTun\x03lab\x04test\0\0\x01\0\x01");
        bytes.extend(b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x06\x03web\xc0\x11");
        bytes.extend(b"\xc0\x2b\0\x01\0\x01\0\0\0\x3c\0\x04\xcb\0\x71\x0a");
        bytes.extend(
            b"\xc0\x2b\0\x1c\0\x01\0\0\0\x3c\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01",
        );
        bytes
    }

    #[test]
    fn an_answer_leads_from_the_asked_name_through_aliases_to_addresses() {
        let message = Message::new(&answer()).unwrap();
        assert_eq!(
            (message.id, message.is_response, message.fault),
            (0x1234, true, None)
        );
        let expected: Vec<IpAddr> = vec![
            "203.0.113.10".parse().unwrap(),
            "2001:db8::1".parse().unwrap(),
        ];
        assert_eq!(message.answer(), Some(("stun.lab.test", expected)));
        assert_eq!(message.addresses().next().unwrap().0, "web.lab.test");
    }

    #[test]
    fn multicast_answers_resolve_local_names() {
        let mut bytes = vec![0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        bytes.extend(b"\x24a1b2c3d4-0000-4000-8000-0123456789ab\x05local\0\0\x01\x80\x01\0\0\0\x78\0\x04\xc0\xa8\x0a\x02");
        let message = Message::new(&bytes).unwrap();
        let record = &message.records[0];
        assert!(record.flushes_cache);
        assert_eq!(record.name, "a1b2c3d4-0000-4000-8000-0123456789ab.local");
        assert_eq!(
            record.data,
            RecordData::Address("192.168.10.2".parse().unwrap())
        );
    }

    #[test]
    fn services_and_pointers_read() {
        let mut bytes = vec![0, 0, 0x84, 0, 0, 0, 0, 2, 0, 0, 0, 0];
        bytes
            .extend(b"\x04_sip\x04_udp\0\0\x21\0\x01\0\0\0\x78\0\x0b\0\x01\0\x02\x13\xc4\x03pbx\0");
        bytes.extend(b"\x01x\0\0\x0c\0\x01\0\0\0\x78\0\x02\xc0\x0c");
        let message = Message::new(&bytes).unwrap();
        let service = RecordData::Service {
            priority: 1,
            weight: 2,
            port: 5060,
            target: "pbx".into(),
        };
        assert_eq!(message.records[0].data, service);
        assert_eq!(
            message.records[1].data,
            RecordData::Pointer("_sip._udp".into())
        );
    }

    #[test]
    fn a_name_that_points_at_itself_is_a_fault() {
        let mut bytes = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        bytes.extend([0xc0, 12, 0, 1, 0, 1]);
        assert_eq!(
            Message::new(&bytes).map_err(|f| f.name),
            Err("dns-name-loops")
        );
        // Label, then a pointer back to that label: every jump leads backwards, and still it would never end.
        let mut bytes = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        bytes.extend([1, b'a', 0xc0, 12, 0, 1, 0, 1]);
        assert_eq!(
            Message::new(&bytes).map_err(|f| f.name),
            Err("dns-name-too-long")
        );
    }

    #[test]
    fn counts_that_promise_too_much_leave_a_fault_beside_what_was_read() {
        let mut bytes = answer();
        bytes[7] = 9;
        let message = Message::new(&bytes).unwrap();
        assert_eq!(
            (message.records.len(), message.fault.map(|f| f.name)),
            (3, Some("dns-name-truncated"))
        );
    }

    #[test]
    fn control_characters_in_names_are_spelled_out() {
        let mut bytes = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        bytes.extend(b"\x05a.\x1b\xffb\0\0\x01\0\x01");
        assert_eq!(
            Message::new(&bytes).unwrap().questions[0].name,
            "a\\046\\027\\255b"
        );
    }

    #[test]
    fn cut_and_flipped_messages_never_panic() {
        let bytes = answer();
        for end in 0..bytes.len() {
            let _ = Message::new(&bytes[..end]);
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = Message::new(&flipped).map(|message| message.answer().is_some());
        }
    }
}
