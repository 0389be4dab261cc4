//! What is wrong with a capture filter: which word, and what could stand there.

/// Why an expression is no capture filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("capture filter: {problem}; supported are {SUPPORTED}")]
pub struct FilterError {
    /// What is wrong, with the word in backticks.
    pub problem: String,
    /// Where the word begins, bytes from the start of the expression.
    pub at: usize,
}

impl FilterError {
    /// `word`, which begins at byte `at`, can't stand there: `why`.
    pub(super) fn word(at: usize, word: &str, why: &str) -> Self {
        Self {
            problem: format!("`{word}` {why}"),
            at,
        }
    }

    /// Something is missing at the end.
    pub(super) fn end(expression: &str, wanted: &str) -> Self {
        Self {
            problem: format!("`{}` ends where {wanted} should stand", expression.trim()),
            at: expression.len(),
        }
    }

    /// Longer than the kernel takes.
    pub(super) fn too_long(expression: &str) -> Self {
        Self {
            problem: format!(
                "this expression compiles to more than {} instructions, the kernel's limit",
                super::assemble::MOST_INSTRUCTIONS
            ),
            at: expression.len(),
        }
    }
}

/// What can be said.
pub const SUPPORTED: &str = "host, net, port and portrange, each with src or dst before it, ip, ip6, arp, rarp, tcp, udp, sctp, icmp, \
icmp6, vlan, and, or, not and parentheses";
