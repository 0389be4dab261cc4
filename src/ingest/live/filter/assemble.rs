//! Tests to instructions: jumps are resolved, long ones take an instruction more.

use crate::ingest::live::filter::Instruction;
use crate::ingest::live::filter::lower::Compare;
use crate::ingest::live::filter::lower::Load;
use crate::ingest::live::filter::lower::Test;
use crate::ingest::live::filter::lower::Tests;

/// The program that accepts what `tests` accept; `None` when the kernel would refuse it for its length.
pub(super) fn assemble(tests: &Tests) -> Option<Vec<Instruction>> {
    let mut assembly = Assembly::default();
    let reject = assembly.label();
    assembly.unless(tests, reject);
    assembly.steps.push(Step::Do(RETURN, WHOLE_FRAME));
    assembly.steps.push(Step::Here(reject));
    assembly.steps.push(Step::Do(RETURN, 0));
    assembly.resolve()
}

/// A place to jump to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Label(usize);

#[derive(Debug, Clone, Copy)]
enum Step {
    Do(u16, u32),
    /// Jump to the label when the comparison comes out as `when`.
    Branch {
        code: u16,
        k: u32,
        when: bool,
        to: Label,
    },
    Here(Label),
}

#[derive(Debug, Default)]
struct Assembly {
    steps: Vec<Step>,
    labels: usize,
}

impl Assembly {
    const fn label(&mut self) -> Label {
        self.labels += 1;
        Label(self.labels - 1)
    }

    /// Falls through when `tests` hold, and jumps to `to` when not.
    fn unless(&mut self, tests: &Tests, to: Label) {
        match tests {
            Tests::One(test) => self.branch(*test, false, to),
            Tests::All(all) => all.iter().for_each(|tests| self.unless(tests, to)),
            Tests::Any(any) => {
                let Some((last, before)) = any.split_last() else {
                    return;
                };
                let through = self.label();
                for tests in before {
                    self.when(tests, through);
                }
                self.unless(last, to);
                self.steps.push(Step::Here(through));
            }
            Tests::Not(inner) => self.when(inner, to),
        }
    }

    /// Jumps to `to` when `tests` hold, and falls through when not.
    fn when(&mut self, tests: &Tests, to: Label) {
        match tests {
            Tests::One(test) => self.branch(*test, true, to),
            Tests::Any(any) => any.iter().for_each(|tests| self.when(tests, to)),
            Tests::All(all) => {
                let through = self.label();
                if let Some((last, before)) = all.split_last() {
                    for tests in before {
                        self.unless(tests, through);
                    }
                    self.when(last, to);
                } else {
                    // Nothing is asked: it holds.
                    self.steps.push(Step::Branch {
                        code: JUMP_AT_LEAST,
                        k: 0,
                        when: true,
                        to,
                    });
                }
                self.steps.push(Step::Here(through));
            }
            Tests::Not(inner) => self.unless(inner, to),
        }
    }

    fn branch(&mut self, test: Test, when: bool, to: Label) {
        match test.load {
            Load::Byte(at) => self.steps.push(Step::Do(LOAD_BYTE, at)),
            Load::Half(at) => self.steps.push(Step::Do(LOAD_HALF, at)),
            Load::Word(at) => self.steps.push(Step::Do(LOAD_WORD, at)),
            Load::HalfBehindIp { header, offset } => {
                self.steps.push(Step::Do(LOAD_IP_LENGTH, header));
                self.steps
                    .push(Step::Do(LOAD_HALF_INDEXED, header + offset));
            }
        }
        self.steps.extend(test.mask.map(|mask| Step::Do(AND, mask)));
        let code = match test.compare {
            Compare::Equal => JUMP_EQUAL,
            Compare::AtLeast => JUMP_AT_LEAST,
            Compare::AnyBit => JUMP_ANY_BIT,
        };
        self.steps.push(Step::Branch {
            code,
            k: test.value,
            when,
            to,
        });
    }

    /// A comparison jumps at most 255 instructions far; one that has to go farther jumps over an unconditional jump instead.
    fn resolve(&self) -> Option<Vec<Instruction>> {
        let mut long = vec![false; self.steps.len()];
        loop {
            let (places, labels) = self.places(&long);
            if places.last().is_some_and(|end| *end > MOST_INSTRUCTIONS) {
                return None;
            }
            let mut grew = false;
            for ((step, long), place) in self.steps.iter().zip(&mut long).zip(&places) {
                if let Step::Branch { to, .. } = step
                    && !*long
                    && labels.get(to.0)? - place - 1 > usize::from(u8::MAX)
                {
                    (*long, grew) = (true, true);
                }
            }
            if !grew {
                return Some(self.emit(&long, &places, &labels));
            }
        }
    }

    /// Where each step begins, with the end; and where each label is.
    fn places(&self, long: &[bool]) -> (Vec<usize>, Vec<usize>) {
        let mut labels = vec![0; self.labels];
        let mut places = Vec::with_capacity(self.steps.len() + 1);
        let mut at = 0;
        for (step, long) in self.steps.iter().zip(long) {
            places.push(at);
            match step {
                Step::Do(..) => at += 1,
                Step::Branch { .. } => at += 1 + usize::from(*long),
                Step::Here(label) => {
                    if let Some(place) = labels.get_mut(label.0) {
                        *place = at;
                    }
                }
            }
        }
        places.push(at);
        (places, labels)
    }

    fn emit(&self, long: &[bool], places: &[usize], labels: &[usize]) -> Vec<Instruction> {
        let plain = |code, k| Instruction {
            code,
            when_true: 0,
            when_false: 0,
            k,
        };
        let mut program = Vec::new();
        for ((step, long), place) in self.steps.iter().zip(long).zip(places) {
            match *step {
                Step::Do(code, k) => program.push(plain(code, k)),
                Step::Here(_) => {}
                Step::Branch { code, k, when, to } => {
                    let target = labels.get(to.0).copied().unwrap_or_default();
                    let far = target - place - 1;
                    // Over the unconditional jump when the comparison comes out the other way.
                    let (skip, when) = if *long { (1, !when) } else { (far as u8, when) };
                    program.push(Instruction {
                        code,
                        when_true: if when { skip } else { 0 },
                        when_false: if when { 0 } else { skip },
                        k,
                    });
                    if *long {
                        program.push(plain(JUMP, (far - 1) as u32));
                    }
                }
            }
        }
        program
    }
}

/// `BPF_MAXINSNS`.
pub(super) const MOST_INSTRUCTIONS: usize = 4_096;
/// What a program returns to keep the whole frame: more than any frame has.
pub(super) const WHOLE_FRAME: u32 = 0x0004_0000;

pub(super) const LOAD_WORD: u16 = 0x20;
pub(super) const LOAD_HALF: u16 = 0x28;
pub(super) const LOAD_BYTE: u16 = 0x30;
pub(super) const LOAD_HALF_INDEXED: u16 = 0x48;
/// Four times the low half of a byte into the index.
pub(super) const LOAD_IP_LENGTH: u16 = 0xb1;
pub(super) const AND: u16 = 0x54;
pub(super) const JUMP: u16 = 0x05;
pub(super) const JUMP_EQUAL: u16 = 0x15;
pub(super) const JUMP_AT_LEAST: u16 = 0x35;
pub(super) const JUMP_ANY_BIT: u16 = 0x45;
/// Ends with the number of bytes to keep.
pub(super) const RETURN: u16 = 0x06;
