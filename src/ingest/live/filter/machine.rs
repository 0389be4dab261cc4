//! The kernel's filter machine, as far as our programs use it: to check them.

use super::Instruction;
use super::assemble;
use super::lower::BESIDE;
use super::lower::PROTOCOL_BESIDE;
use super::lower::TAG_BESIDE;
use super::lower::TAG_PRESENT_BESIDE;

/// A frame as the filter sees it.
pub(super) struct Seen<'a> {
    pub(super) data: &'a [u8],
    /// What the kernel tells of the protocol.
    pub(super) protocol: u16,
    /// The tag that it took out.
    pub(super) tag: Option<u16>,
}

/// Does `program` accept the frame?
pub(super) fn accepts(program: &[Instruction], seen: &Seen<'_>) -> bool {
    run(program, seen).unwrap_or(0) > 0
}

/// `None`: a load beyond the frame, which rejects it.
fn run(program: &[Instruction], seen: &Seen<'_>) -> Option<u32> {
    let (mut a, mut x, mut at) = (0_u32, 0_u32, 0);
    loop {
        let Instruction {
            code,
            when_true,
            when_false,
            k,
        } = program[at];
        at += 1;
        let branch = |holds: bool| usize::from(if holds { when_true } else { when_false });
        match code {
            assemble::LOAD_WORD => a = load(seen, k, 4)?,
            assemble::LOAD_HALF => a = load(seen, k, 2)?,
            assemble::LOAD_BYTE => a = load(seen, k, 1)?,
            assemble::LOAD_HALF_INDEXED => a = load(seen, x + k, 2)?,
            assemble::LOAD_IP_LENGTH => x = (load(seen, k, 1)? & 15) * 4,
            assemble::AND => a &= k,
            assemble::JUMP => at += k as usize,
            assemble::JUMP_EQUAL => at += branch(a == k),
            assemble::JUMP_AT_LEAST => at += branch(a >= k),
            assemble::JUMP_ANY_BIT => at += branch(a & k != 0),
            assemble::RETURN => return Some(k),
            other => panic!("no such instruction: {other:#x}"),
        }
    }
}

fn load(seen: &Seen<'_>, at: u32, size: usize) -> Option<u32> {
    match at {
        PROTOCOL_BESIDE => Some(seen.protocol.into()),
        TAG_BESIDE => Some(seen.tag.unwrap_or_default().into()),
        TAG_PRESENT_BESIDE => Some(seen.tag.is_some().into()),
        at => {
            assert!(at < BESIDE, "nothing is kept at {at:#x}");
            let bytes = seen.data.get(at as usize..at as usize + size)?;
            Some(
                bytes
                    .iter()
                    .fold(0, |value, byte| value << 8 | u32::from(*byte)),
            )
        }
    }
}
