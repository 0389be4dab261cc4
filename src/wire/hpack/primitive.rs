//! Numbers and strings, as HPACK and QPACK write them (RFC 7541 §5, RFC 9204 §4.1).

use std::sync::Arc;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::hpack::huffman;

/// How faults are called: the two differ in that alone.
#[derive(Debug)]
pub(in crate::wire) struct Names {
    pub(in crate::wire) number_cut: &'static str,
    pub(in crate::wire) number_too_large: &'static str,
    pub(in crate::wire) string_cut: &'static str,
    pub(in crate::wire) huffman_malformed: &'static str,
    pub(in crate::wire) too_large: &'static str,
}

/// A place in a block.
#[derive(Debug)]
pub(in crate::wire) struct Reader<'a> {
    pub(in crate::wire) rest: &'a [u8],
    length: usize,
    budget: usize,
    names: &'static Names,
}

impl<'a> Reader<'a> {
    /// At the start of `block`, of which at most `budget` bytes of text are decoded.
    pub(in crate::wire) const fn new(
        block: &'a [u8],
        budget: usize,
        names: &'static Names,
    ) -> Self {
        Self {
            rest: block,
            length: block.len(),
            budget,
            names,
        }
    }

    /// The byte here, 0 at the end.
    pub(in crate::wire) fn peek(&self) -> u8 {
        self.rest.first().copied().unwrap_or_default()
    }

    /// A number whose first `bits` bits are the low ones of the byte here.
    pub(in crate::wire) fn number(&mut self, bits: u32) -> Result<usize, Fault> {
        let mask = 0xff_u8 >> (8 - bits);
        let cut = self.fault(self.names.number_cut);
        let (first, mut rest) = self.rest.split_first().ok_or(cut)?;
        let mut number = u64::from(first & mask);
        if first & mask == mask {
            let mut shift = 0;
            loop {
                let (byte, after) = rest.split_first().ok_or(cut)?;
                rest = after;
                if shift > NUMBER_SHIFT_MAX {
                    return Err(self.fault(self.names.number_too_large));
                }
                number += u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        self.rest = rest;
        usize::try_from(number).map_err(|_too_large| self.fault(self.names.number_too_large))
    }

    /// A string whose length begins with the low `bits` bits of the byte here, the bit above them saying whether it is Huffman-coded;
    /// and its length as the protocol counts it.
    pub(in crate::wire) fn string(
        &mut self,
        bits: u32,
        faults: &mut Vec<Fault>,
    ) -> Result<(Arc<str>, usize), Fault> {
        let huffman = self.peek() & (1 << bits) != 0;
        let length = self.number(bits)?;
        let cut = self.fault(self.names.string_cut);
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(cut)?;
        let decoded = if huffman {
            huffman::decode(bytes, self.budget + 1).unwrap_or_else(|(decoded, _)| {
                faults.push(self.fault(self.names.huffman_malformed));
                decoded
            })
        } else {
            bytes.to_vec()
        };
        self.rest = rest;
        self.spend(decoded.len())?;
        Ok((String::from_utf8_lossy(&decoded).into(), decoded.len()))
    }

    /// Counts bytes of text towards the budget.
    pub(in crate::wire) fn spend(&mut self, bytes: usize) -> Result<(), Fault> {
        let too_large = self.fault(self.names.too_large);
        self.budget = self.budget.checked_sub(bytes).ok_or(too_large)?;
        Ok(())
    }

    /// A fault of this place.
    pub(in crate::wire) const fn fault(&self, name: &'static str) -> Fault {
        Fault::new(Layer::Http, name, self.length - self.rest.len())
    }
}

/// Numbers reach 2^32 and a little more; no index, length or size does.
const NUMBER_SHIFT_MAX: u32 = 28;
