//! One direction's decoder: its encoder stream in pieces, its sections in any order.

use std::sync::Arc;

use crate::vocab::fault::Fault;
use crate::wire::hpack::decoder::Block;
use crate::wire::hpack::decoder::Decoder as Hpack;
use crate::wire::hpack::decoder::Field;
use crate::wire::hpack::primitive::Names;
use crate::wire::hpack::primitive::Reader;
use crate::wire::qpack::static_table;
use crate::wire::qpack::table::Entry;
use crate::wire::qpack::table::Table;

/// Decoder of one direction of a connection.
#[derive(Debug, Default)]
pub struct Decoder {
    table: Table,
    /// The encoder stream's last instruction, as far as it has come.
    partial: Vec<u8>,
    /// What the receiver of this direction allows; `None` while its settings are not known.
    capacity_max: Option<usize>,
    /// Is part of the encoder stream missing?
    lost: bool,
}

/// What became of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was read.
    Read(Block),
    /// It counts on insertions that have not come.
    Blocked,
}

impl Decoder {
    /// The receiver's `SETTINGS_QPACK_MAX_TABLE_CAPACITY`, bytes: insert counts wrap around by it.
    pub fn allow(&mut self, capacity: u64) {
        self.capacity_max = usize::try_from(capacity).ok();
    }

    /// Bytes of the encoder stream are missing: what refers to the table is unknown from here on, and nothing waits for it.
    pub fn forget(&mut self) {
        self.lost = true;
        self.partial = Vec::new();
        self.table = Table::default();
    }

    /// Takes the next bytes of the encoder stream; gives the rules they broke.
    pub fn insertions(&mut self, bytes: &[u8]) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.lost {
            return faults;
        }
        let mut joined = std::mem::take(&mut self.partial);
        joined.extend_from_slice(bytes);
        let mut rest = joined.as_slice();
        while !rest.is_empty() {
            let mut reader = Reader::new(rest, Hpack::BLOCK_LIMIT, &NAMES);
            match self.instruction(&mut reader, &mut faults) {
                Ok(()) => rest = reader.rest,
                Err(fault) if is_cut(&fault) && rest.len() <= Self::INSTRUCTION => {
                    self.partial = rest.to_vec();
                    break;
                }
                Err(fault) => {
                    faults.push(fault);
                    self.forget();
                    break;
                }
            }
        }
        faults.truncate(FAULTS_KEPT);
        faults
    }

    /// Decodes a section.
    pub fn section(&self, section: &[u8]) -> Outcome {
        let mut block = Block::default();
        let mut reader = Reader::new(section, Hpack::BLOCK_LIMIT, &NAMES);
        let prefix = match self.prefix(&mut reader) {
            Ok(prefix) => prefix,
            Err(fault) => {
                block.faults.push(fault);
                return Outcome::Read(block);
            }
        };
        if prefix.required > self.table.inserted() && !self.lost {
            return Outcome::Blocked;
        }
        self.fields(&mut reader, &prefix, &mut block);
        Outcome::Read(block)
    }

    /// Decodes a section although insertions that it counts on are missing: what refers to them is unknown.
    pub fn section_anyhow(&self, section: &[u8]) -> Block {
        let mut block = Block::default();
        let mut reader = Reader::new(section, Hpack::BLOCK_LIMIT, &NAMES);
        match self.prefix(&mut reader) {
            Ok(prefix) => self.fields(&mut reader, &prefix, &mut block),
            Err(fault) => block.faults.push(fault),
        }
        block
    }

    /// Bytes of an instruction gathered: more than any entry takes.
    const INSTRUCTION: usize = Table::LIMIT + 64;

    fn fields(&self, reader: &mut Reader<'_>, prefix: &Prefix, block: &mut Block) {
        while !reader.rest.is_empty() {
            let field = self.field(reader, prefix, &mut block.faults);
            match field {
                Ok(_) if block.fields.len() >= Hpack::FIELDS_LIMIT => {
                    block.faults.push(reader.fault(NAMES.too_large));
                    break;
                }
                Ok(field) => block.fields.push(field),
                Err(fault) => {
                    block.faults.push(fault);
                    break;
                }
            }
        }
        block.faults.truncate(FAULTS_KEPT);
    }

    /// How many insertions a section counts on, and from where it counts (RFC 9204 §4.5.1).
    fn prefix(&self, reader: &mut Reader<'_>) -> Result<Prefix, Fault> {
        let malformed = reader.fault("http3-qpack-prefix-malformed");
        let encoded = reader.number(8)? as u64;
        let negative = reader.peek() & 0x80 != 0;
        let delta = reader.number(7)? as u64;
        let required = self.required(encoded).ok_or(malformed)?;
        let base = if negative {
            let base = required.checked_sub(delta + 1);
            // With the table out of step no number means anything.
            if self.lost { Some(0) } else { base }
        } else {
            Some(required + delta)
        };
        Ok(Prefix {
            required,
            base: base.ok_or(malformed)?,
        })
    }

    /// The insert count behind its encoding, which wraps around at twice the entries that fit (RFC 9204 §4.5.1.1).
    fn required(&self, encoded: u64) -> Option<u64> {
        if encoded == 0 {
            return Some(0);
        }
        if self.lost {
            return Some(encoded);
        }
        let capacity = self.capacity_max.unwrap_or_else(|| self.table.capacity());
        let entries = (capacity / OVERHEAD) as u64;
        let full = 2 * entries;
        if encoded > full {
            return None;
        }
        let largest = self.table.inserted() + entries;
        let wrapped = largest / full * full;
        let required = wrapped + encoded - 1;
        if required > largest {
            return required.checked_sub(full).filter(|&count| count > 0);
        }
        (required > 0).then_some(required)
    }

    fn field(
        &self,
        reader: &mut Reader<'_>,
        prefix: &Prefix,
        faults: &mut Vec<Fault>,
    ) -> Result<Field, Fault> {
        let first = reader.peek();
        let name = match first {
            0x80.. => {
                let at = reader.number(6)?;
                let field = self.named(first & 0x40 != 0, at, prefix, reader, faults);
                return spend(field, reader);
            }
            0x10..=0x1f => {
                let at = reader.number(4)?;
                let field = self.entry(prefix.after(at), reader, faults);
                return spend(field, reader);
            }
            0x40..=0x7f => {
                let at = reader.number(4)?;
                self.named(first & 0x10 != 0, at, prefix, reader, faults)
                    .name
            }
            0x20..=0x3f => Some(reader.string(3, faults)?.0),
            _ => {
                let at = reader.number(3)?;
                self.entry(prefix.after(at), reader, faults).name
            }
        };
        if first & 0xe0 != 0x20 {
            reader.spend(name.as_deref().map_or(0, str::len))?;
        }
        let (value, _) = reader.string(7, faults)?;
        Ok(Field {
            name,
            value: Some(value),
        })
    }

    /// An entry of the static table, or one of the dynamic table before the base.
    fn named(
        &self,
        fixed: bool,
        at: usize,
        prefix: &Prefix,
        reader: &Reader<'_>,
        faults: &mut Vec<Fault>,
    ) -> Field {
        if !fixed {
            return self.entry(prefix.before(at), reader, faults);
        }
        let Some((name, value)) = static_table::entry(at) else {
            faults.push(reader.fault("http3-qpack-index-out-of-range"));
            return UNKNOWN;
        };
        Field {
            name: Some(name.into()),
            value: Some(value.into()),
        }
    }

    /// Entry `number` of the dynamic table.
    fn entry(&self, number: Option<u64>, reader: &Reader<'_>, faults: &mut Vec<Fault>) -> Field {
        if self.lost {
            return UNKNOWN;
        }
        if let Some(entry) = number.and_then(|number| self.table.get(number)) {
            return Field {
                name: Some(entry.name.clone()),
                value: Some(entry.value.clone()),
            };
        }
        // One that is still to come is no broken rule: the capture may lack it.
        if number.is_none_or(|number| number < self.table.inserted()) {
            faults.push(reader.fault("http3-qpack-index-out-of-range"));
        }
        UNKNOWN
    }

    /// One instruction of the encoder stream (RFC 9204 §4.3).
    fn instruction(
        &mut self,
        reader: &mut Reader<'_>,
        faults: &mut Vec<Fault>,
    ) -> Result<(), Fault> {
        let first = reader.peek();
        let out_of_range = reader.fault("http3-qpack-index-out-of-range");
        let entry = match first {
            0x80.. => {
                let at = reader.number(6)?;
                let name: Arc<str> = if first & 0x40 == 0 {
                    self.back(at).ok_or(out_of_range)?.name.clone()
                } else {
                    static_table::entry(at).ok_or(out_of_range)?.0.into()
                };
                let (value, length) = reader.string(7, faults)?;
                Entry {
                    size: name.len() + length + OVERHEAD,
                    name,
                    value,
                }
            }
            0x40..=0x7f => {
                let (name, name_length) = reader.string(5, faults)?;
                let (value, length) = reader.string(7, faults)?;
                Entry {
                    name,
                    value,
                    size: name_length + length + OVERHEAD,
                }
            }
            0x20..=0x3f => {
                let capacity = reader.number(5)?;
                let allowed = self.capacity_max.unwrap_or(Table::LIMIT);
                if capacity > allowed.min(Table::LIMIT) {
                    return Err(reader.fault("http3-qpack-capacity-exceeded"));
                }
                self.table.resize(capacity);
                return Ok(());
            }
            _ => {
                let at = reader.number(5)?;
                self.back(at).ok_or(out_of_range)?.clone()
            }
        };
        if self.table.insert(entry) {
            Ok(())
        } else {
            Err(reader.fault("http3-qpack-entry-too-large"))
        }
    }

    /// The entry so many places before the newest.
    fn back(&self, at: usize) -> Option<&Entry> {
        let number = self.table.inserted().checked_sub(at as u64 + 1)?;
        self.table.get(number)
    }
}

/// Where a section counts from.
struct Prefix {
    required: u64,
    base: u64,
}

impl Prefix {
    fn before(&self, at: usize) -> Option<u64> {
        self.base.checked_sub(at as u64 + 1)
    }

    fn after(&self, at: usize) -> Option<u64> {
        self.base.checked_add(at as u64)
    }
}

fn spend(field: Field, reader: &mut Reader<'_>) -> Result<Field, Fault> {
    let length = |part: &Option<Arc<str>>| part.as_deref().map_or(0, str::len);
    reader.spend(length(&field.name) + length(&field.value))?;
    Ok(field)
}

fn is_cut(fault: &Fault) -> bool {
    [NAMES.number_cut, NAMES.string_cut].contains(&fault.name)
}

const UNKNOWN: Field = Field {
    name: None,
    value: None,
};
/// How faults of QPACK are called.
const NAMES: Names = Names {
    number_cut: "http3-qpack-number-cut",
    number_too_large: "http3-qpack-number-too-large",
    string_cut: "http3-qpack-string-cut",
    huffman_malformed: "http3-qpack-huffman-malformed",
    too_large: "http3-qpack-too-large",
};
/// What an entry costs besides its name and value (RFC 9204 §3.2.1).
const OVERHEAD: usize = 32;
/// Faults kept of one section, or of one piece of the encoder stream.
const FAULTS_KEPT: usize = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::hpack::testing::hex;

    fn lines(block: &Block) -> Vec<String> {
        let text = |part: &Option<Arc<str>>| part.as_deref().unwrap_or("?").to_owned();
        let fields = block.fields.iter();
        fields
            .map(|field| format!("{}: {}", text(&field.name), text(&field.value)))
            .collect()
    }

    #[track_caller]
    fn check(decoder: &Decoder, section: &str, fields: &[&str]) {
        let Outcome::Read(block) = decoder.section(&hex(section)) else {
            unreachable!("blocked");
        };
        assert_eq!(block.faults, []);
        assert_eq!(lines(&block), fields);
    }

    /// A decoder whose settings are those of the RFC's examples.
    fn decoder() -> Decoder {
        let mut decoder = Decoder::default();
        decoder.allow(220);
        decoder
    }

    /// RFC 9204 appendix B, all five steps.
    #[test]
    fn the_examples_of_appendix_b_are_read() {
        let mut decoder = decoder();
        let path = "0000 510b 2f69 6e64 6578 2e68 746d 6c";
        check(&decoder, path, &[":path: /index.html"]);

        let later = "0381 10 11";
        assert_eq!(decoder.section(&hex(later)), Outcome::Blocked);
        let inserts =
            "3fbd01 c00f 7777 772e 6578 616d 706c 652e 636f 6d c10c 2f73 616d 706c 652f 7061 7468";
        assert_eq!(decoder.insertions(&hex(inserts)), []);
        let authority = ":authority: www.example.com";
        check(&decoder, later, &[authority, ":path: /sample/path"]);

        let insert = "4a63 7573 746f 6d2d 6b65 790c 6375 7374 6f6d 2d76 616c 7565";
        assert_eq!(decoder.insertions(&hex(insert)), []);
        assert_eq!(decoder.insertions(&hex("02")), []);
        let custom = "custom-key: custom-value";
        check(&decoder, "0500 80 c1 81", &[authority, ":path: /", custom]);

        let insert = "810d 6375 7374 6f6d 2d76 616c 7565 32";
        assert_eq!(decoder.insertions(&hex(insert)), []);
        assert_eq!(decoder.table.inserted(), 5);
        let row = |number| {
            decoder
                .table
                .get(number)
                .map(|entry| (&*entry.name, &*entry.value))
        };
        assert_eq!(row(4), Some(("custom-key", "custom-value2")));
        assert_eq!(row(3), Some((":authority", "www.example.com")));
    }

    #[test]
    fn an_instruction_may_come_in_pieces() {
        let inserts = hex("3fbd01 c00f 7777 772e 6578 616d 706c 652e 636f 6d");
        let mut decoder = decoder();
        for byte in inserts {
            assert_eq!(decoder.insertions(&[byte]), []);
        }
        assert_eq!(decoder.table.inserted(), 1);
    }

    #[test]
    fn literals_are_read_with_names_from_either_side_of_the_base() {
        let mut decoder = decoder();
        decoder.insertions(&hex("3fbd01 4161 0162 4163 0164"));
        // Insert count 2, base 1: the older entry is before it, the younger after it.
        check(
            &decoder,
            "0380 4001 78 0001 79 21 6e 01 7a 10 80",
            &["a: x", "c: y", "n: z", "c: d", "a: b"],
        );
    }

    #[test]
    fn what_was_inserted_before_the_capture_is_unknown() {
        let mut decoder = decoder();
        decoder.forget();
        let Outcome::Read(block) = decoder.section(&hex("0381 10 11 d1")) else {
            unreachable!("nothing will come");
        };
        assert_eq!(block.faults, []);
        assert_eq!(lines(&block), ["?: ?", "?: ?", ":method: GET"]);
    }

    #[test]
    fn a_section_read_without_its_insertions_shows_what_it_has() {
        let block = decoder().section_anyhow(&hex("0381 10 11 d1"));
        assert_eq!(block.faults, []);
        assert_eq!(lines(&block), ["?: ?", "?: ?", ":method: GET"]);
    }

    #[test]
    fn broken_rules_have_names() {
        let name = |section: &str| match decoder().section(&hex(section)) {
            Outcome::Read(block) => block.faults.first().map(|fault| fault.name),
            Outcome::Blocked => Some("blocked"),
        };
        assert_eq!(name("ff00 00"), Some("http3-qpack-prefix-malformed"));
        assert_eq!(name("0080"), Some("http3-qpack-prefix-malformed"));
        assert_eq!(name("0000 ff40"), Some("http3-qpack-index-out-of-range"));
        assert_eq!(name("0000 51"), Some("http3-qpack-number-cut"));
        let name = |stream: &str| {
            let faults = decoder().insertions(&hex(stream));
            faults.first().map(|fault| fault.name)
        };
        assert_eq!(name("3f ff 07"), Some("http3-qpack-capacity-exceeded"));
        assert_eq!(name("c0 01 61"), Some("http3-qpack-entry-too-large"));
        assert_eq!(name("00"), Some("http3-qpack-index-out-of-range"));
    }

    #[test]
    fn insert_counts_wrap_around() {
        let mut decoder = decoder();
        decoder.insertions(&hex("3fbd01"));
        // Six entries fit, so counts wrap at twelve.
        for _ in 0..100 {
            assert_eq!(decoder.insertions(&hex("4161 0162")), []);
        }
        let encoded = 100 % 12 + 1;
        check(&decoder, &format!("{encoded:02x}00 80"), &["a: b"]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(stream in proptest::collection::vec(any::<u8>(), 0..200), section in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::default();
            decoder.insertions(&hex("3fe101"));
            for piece in stream.chunks(7) {
                decoder.insertions(piece);
                let _ = decoder.section(&section);
            }
            decoder.section_anyhow(&section);
            decoder.forget();
            decoder.section_anyhow(&section);
        }
    }
}
