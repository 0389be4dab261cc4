//! One direction's decoder: header blocks in order, fields out.

use std::sync::Arc;

use crate::vocab::fault::Fault;
use crate::wire::hpack::primitive::Names;
use crate::wire::hpack::primitive::Reader;
use crate::wire::hpack::static_table;
use crate::wire::hpack::table::Entry;
use crate::wire::hpack::table::Table;

/// Decoder of one direction of a connection.
#[derive(Debug, Default)]
pub struct Decoder {
    table: Table,
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, lower case as HTTP/2 wants it; `None` when it stands in a table entry that was sent before the capture.
    pub name: Option<Arc<str>>,
    /// Its value, bytes that are no UTF-8 replaced; `None` likewise.
    pub value: Option<Arc<str>>,
}

/// What a block held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// Fields in order; with a fault, those before it.
    pub fields: Vec<Field>,
    /// Rules broken.
    pub faults: Vec<Fault>,
}

impl Decoder {
    /// Bytes of names and values decoded of one block. Browsers stop at 256 KiB.
    pub const BLOCK_LIMIT: usize = 1 << 18;
    /// Fields decoded of one block: one byte may name a field with an empty value.
    pub const FIELDS_LIMIT: usize = 4096;

    /// For a connection whose beginning is not in the capture, or after a block that is not: older entries are unknown from here on.
    pub fn forget(&mut self) {
        self.table.forget();
    }

    /// Decodes the next block.
    ///
    /// After a fault that leaves open where the next field begins (`http2-hpack-…-cut`, `…-too-large`), the table is out of step with
    /// the sender's: what was in it counts as unknown.
    pub fn decode(&mut self, block: &[u8]) -> Block {
        let mut decoded = Block::default();
        let mut reader = Reader::new(block, Self::BLOCK_LIMIT, &NAMES);
        while !reader.rest.is_empty() {
            let result = self.field(&mut reader, &mut decoded.faults);
            match result {
                Ok(Some(_)) if decoded.fields.len() >= Self::FIELDS_LIMIT => {
                    decoded.faults.push(reader.fault(NAMES.too_large));
                    self.forget();
                    break;
                }
                Ok(Some(field)) => decoded.fields.push(field),
                Ok(None) => {}
                Err(fault) => {
                    decoded.faults.push(fault);
                    self.forget();
                    break;
                }
            }
        }
        decoded.faults.truncate(FAULTS_KEPT);
        decoded
    }

    /// Reads one representation: a field, or a change of the table's size.
    fn field(
        &mut self,
        reader: &mut Reader<'_>,
        faults: &mut Vec<Fault>,
    ) -> Result<Option<Field>, Fault> {
        let first = reader.rest.first().copied().unwrap_or_default();
        match first {
            0x80.. => {
                let index = reader.number(7)?;
                let field = self.entry(index, reader, faults);
                let length = |part: &Option<Arc<str>>| part.as_deref().map_or(0, str::len);
                reader.spend(length(&field.name) + length(&field.value))?;
                Ok(Some(field))
            }
            0x40..=0x7f => {
                let (field, size) = self.literal(6, reader, faults)?;
                self.table.insert(Entry {
                    name: field.name.clone(),
                    value: field.value.clone(),
                    size: size + OVERHEAD,
                });
                Ok(Some(field))
            }
            0x20..=0x3f => {
                let size = reader.number(5)?;
                self.table.resize(size);
                Ok(None)
            }
            _ => {
                let (field, _) = self.literal(4, reader, faults)?;
                Ok(Some(field))
            }
        }
    }

    /// A field whose value is spelled out, and what its name and value take in a table.
    fn literal(
        &self,
        bits: u32,
        reader: &mut Reader<'_>,
        faults: &mut Vec<Fault>,
    ) -> Result<(Field, usize), Fault> {
        let index = reader.number(bits)?;
        let (name, name_length) = if index == 0 {
            let (name, length) = reader.string(7, faults)?;
            (Some(name), length)
        } else {
            let name = self.entry(index, reader, faults).name;
            let length = name.as_deref().map_or(0, str::len);
            reader.spend(length)?;
            (name, length)
        };
        let (value, value_length) = reader.string(7, faults)?;
        let field = Field {
            name,
            value: Some(value),
        };
        Ok((field, name_length + value_length))
    }

    fn entry(&self, index: usize, reader: &Reader<'_>, faults: &mut Vec<Fault>) -> Field {
        if let Some((name, value)) = static_table::entry(index) {
            return Field {
                name: Some(name.into()),
                value: Some(value.into()),
            };
        }
        let place = index.checked_sub(static_table::LENGTH + 1);
        if let Some(entry) = place.and_then(|place| self.table.get(place)) {
            return Field {
                name: entry.name.clone(),
                value: entry.value.clone(),
            };
        }
        if place.is_none() || !self.table.is_incomplete() {
            faults.push(reader.fault("http2-hpack-index-out-of-range"));
        }
        Field {
            name: None,
            value: None,
        }
    }
}

/// How faults of HPACK are called.
const NAMES: Names = Names {
    number_cut: "http2-hpack-number-cut",
    number_too_large: "http2-hpack-number-too-large",
    string_cut: "http2-hpack-string-cut",
    huffman_malformed: "http2-hpack-huffman-malformed",
    too_large: "http2-hpack-too-large",
};
/// What an entry costs besides its name and value (RFC 7541 §4.1).
const OVERHEAD: usize = 32;
/// Faults kept of one block.
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
    fn check(decoder: &mut Decoder, block: &str, fields: &[&str], table: &[&str], size: usize) {
        let decoded = decoder.decode(&hex(block));
        assert_eq!(decoded.faults, []);
        assert_eq!(lines(&decoded), fields);
        let (rows, bytes) = decoder.table.listing();
        assert_eq!(
            (rows.iter().map(String::as_str).collect(), bytes),
            (table.to_vec(), size)
        );
    }

    #[test]
    fn the_field_representations_of_appendix_c_2_are_read() {
        let literal = "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572";
        let field = "custom-key: custom-header";
        check(&mut Decoder::default(), literal, &[field], &[field], 55);
        let path = "040c 2f73 616d 706c 652f 7061 7468";
        check(
            &mut Decoder::default(),
            path,
            &[":path: /sample/path"],
            &[],
            0,
        );
        let never = "1008 7061 7373 776f 7264 0673 6563 7265 74";
        check(
            &mut Decoder::default(),
            never,
            &["password: secret"],
            &[],
            0,
        );
        check(&mut Decoder::default(), "82", &[":method: GET"], &[], 0);
    }

    const REQUEST_1: [&str; 4] = [
        ":method: GET",
        ":scheme: http",
        ":path: /",
        ":authority: www.example.com",
    ];
    const REQUEST_2: [&str; 5] = [
        ":method: GET",
        ":scheme: http",
        ":path: /",
        ":authority: www.example.com",
        "cache-control: no-cache",
    ];
    const REQUEST_3: [&str; 5] = [
        ":method: GET",
        ":scheme: https",
        ":path: /index.html",
        ":authority: www.example.com",
        "custom-key: custom-value",
    ];

    #[track_caller]
    fn check_requests(blocks: [&str; 3]) {
        let mut decoder = Decoder::default();
        let [first, second, third] = blocks;
        let authority = ":authority: www.example.com";
        let cache = "cache-control: no-cache";
        let custom = "custom-key: custom-value";
        check(&mut decoder, first, &REQUEST_1, &[authority], 57);
        check(&mut decoder, second, &REQUEST_2, &[cache, authority], 110);
        check(
            &mut decoder,
            third,
            &REQUEST_3,
            &[custom, cache, authority],
            164,
        );
    }

    #[test]
    fn the_requests_of_appendix_c_3_are_read() {
        check_requests([
            "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
            "8286 84be 5808 6e6f 2d63 6163 6865",
            "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
        ]);
    }

    #[test]
    fn the_huffman_coded_requests_of_appendix_c_4_are_read() {
        check_requests([
            "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
            "8286 84be 5886 a8eb 1064 9cbf",
            "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
        ]);
    }

    /// Appendices C.5 and C.6: a table of 256 bytes, from which entries go.
    #[track_caller]
    fn check_responses(blocks: [&str; 3]) {
        let mut decoder = Decoder::default();
        decoder.table.resize(256);
        let [first, second, third] = blocks;
        let private = "cache-control: private";
        let date = "date: Mon, 21 Oct 2013 20:13:21 GMT";
        let later = "date: Mon, 21 Oct 2013 20:13:22 GMT";
        let location = "location: https://www.example.com";
        let cookie = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
        let rows = [location, date, private, ":status: 302"];
        check(
            &mut decoder,
            first,
            &[":status: 302", private, date, location],
            &rows,
            222,
        );
        let rows = [":status: 307", location, date, private];
        check(
            &mut decoder,
            second,
            &[":status: 307", private, date, location],
            &rows,
            222,
        );
        check(
            &mut decoder,
            third,
            &[
                ":status: 200",
                private,
                later,
                location,
                "content-encoding: gzip",
                cookie,
            ],
            &[cookie, "content-encoding: gzip", later],
            215,
        );
    }

    #[test]
    fn the_responses_of_appendix_c_5_are_read() {
        check_responses([
            "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
             2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70
             6c65 2e63 6f6d",
            "4803 3330 37c1 c0bf",
            "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
             54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
             5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
             3d31",
        ]);
    }

    #[test]
    fn the_huffman_coded_responses_of_appendix_c_6_are_read() {
        check_responses([
            "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
             2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
            "4883 640e ffc1 c0bf",
            "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
             77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
             9587 3160 65c0 03ed 4ee5 b106 3d50 07",
        ]);
    }

    #[test]
    fn numbers_of_appendix_c_1_are_read() {
        let number = |bytes: &[u8], bits| {
            let mut reader = Reader::new(bytes, 0, &NAMES);
            reader.number(bits).map_err(|fault| fault.name)
        };
        assert_eq!(number(&[0b1110_1010], 5), Ok(10));
        assert_eq!(number(&[0x1f, 0x9a, 0x0a], 5), Ok(1337));
        assert_eq!(number(&[0x2a], 8 - 1), Ok(42));
        assert_eq!(number(&[0x1f, 0x9a], 5), Err("http2-hpack-number-cut"));
        assert_eq!(number(&[0xff; 20], 7), Err("http2-hpack-number-too-large"));
    }

    #[test]
    fn a_table_joined_midway_knows_what_came_since() {
        let mut decoder = Decoder::default();
        decoder.forget();
        // A new entry, an old one, and the name of an old one with a new value.
        let block = decoder.decode(&hex("4001 6101 62 be bf 7f 01 01 63"));
        assert_eq!(block.faults, []);
        assert_eq!(lines(&block), ["a: b", "a: b", "?: ?", "?: c"]);
        assert_eq!(lines(&decoder.decode(&hex("be bf"))), ["?: c", "a: b"]);
    }

    #[test]
    fn an_index_past_the_table_is_a_fault() {
        let block = Decoder::default().decode(&hex("be 82"));
        assert_eq!(block.faults[0].name, "http2-hpack-index-out-of-range");
        assert_eq!(lines(&block), ["?: ?", ":method: GET"]);
        let block = Decoder::default().decode(&hex("80"));
        assert_eq!(block.faults[0].name, "http2-hpack-index-out-of-range");
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let mut decoder = Decoder::default();
        let mut block = hex("4001 61 7f a1 1e");
        block.extend(vec![b'x'; 4000]);
        block.extend(vec![0xbe; 60_000]);
        let decoded = decoder.decode(&block);
        assert_eq!(decoded.faults[0].name, "http2-hpack-too-large");
        assert_eq!(decoded.fields.len(), 65);
        let decoded = Decoder::default().decode(&vec![0x82; 100_000]);
        assert_eq!(decoded.fields.len(), Decoder::FIELDS_LIMIT);
    }

    #[test]
    fn every_prefix_of_a_block_keeps_the_fields_before_the_cut() {
        let block = hex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff");
        for end in 0..block.len() {
            let decoded = Decoder::default().decode(&block[..end]);
            assert_eq!(decoded.fields.len(), end.min(3));
            assert_eq!(decoded.faults.is_empty(), end <= 3);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(blocks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..6)) {
            let mut decoder = Decoder::default();
            for block in blocks {
                decoder.decode(&block);
                prop_assert!(decoder.table.listing().1 <= Table::LIMIT);
            }
        }
    }
}
