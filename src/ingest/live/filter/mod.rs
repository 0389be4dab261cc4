//! Capture filters: tcpdump's everyday expressions, compiled to classic BPF for the kernel.
//!
//! ```text
//!  text ──lexer──► tokens ──parser──► expression ──lower──► tests on bytes ──assemble──► instructions
//!  "udp and not port 53"              Term, And, Or, Not    one load, one comparison     jumps resolved
//! ```
//!
//! The language is the one of pcap-filter(7), as far as [`error::SUPPORTED`] goes: `and` and `or` bind alike, from left to right; a
//! value without a qualifier takes those of the one before; `vlan` shifts what follows it by a tag.

use crate::ingest::live::filter::error::FilterError;

mod assemble;
pub mod error;
mod expression;
mod lexer;
mod lower;
mod parser;

#[cfg(test)]
mod machine;
#[cfg(test)]
mod oracle;

/// One instruction of the kernel's filter machine (`struct sock_filter`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// What to do.
    pub code: u16,
    /// Instructions to skip when a comparison holds.
    pub when_true: u8,
    /// Instructions to skip when it does not.
    pub when_false: u8,
    /// Its constant.
    pub k: u32,
}

/// What a frame begins with when the filter sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// An Ethernet header.
    Ethernet,
    /// The network header; the kernel tells the protocol.
    Network,
}

/// Compiles `expression` for frames that begin with `layer`.
///
/// # Errors
///
/// The first word that is not understood, with what is.
pub fn compile(expression: &str, layer: Layer) -> Result<Vec<Instruction>, FilterError> {
    let parsed = parser::parse(expression)?;
    let tests = lower::lower(&parsed, layer);
    assemble::assemble(&tests).ok_or_else(|| FilterError::too_long(expression))
}

/// Lets every frame pass: what an empty filter means.
pub const EVERYTHING: Instruction = Instruction {
    code: assemble::RETURN,
    when_true: 0,
    when_false: 0,
    k: assemble::WHOLE_FRAME,
};

/// Lets no frame pass: ends a capture whose last frames are still to be taken.
pub const NOTHING: Instruction = Instruction {
    code: assemble::RETURN,
    when_true: 0,
    when_false: 0,
    k: 0,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_longer_than_the_kernel_takes_is_refused_whatever_its_length() {
        for count in [1_500, 2_048, 2_049, 200_000] {
            for words in ["udp or tcp and ", "ip or ", "not ip and "] {
                let text = words.repeat(count) + "ip";
                let refused = compile(&text, Layer::Ethernet).expect_err("too long");
                assert!(refused.problem.contains("4096 instructions"), "{refused}");
            }
        }
        let longest = "ip or ".repeat(1_000) + "arp";
        assert!(compile(&longest, Layer::Ethernet).is_ok());
    }
}
