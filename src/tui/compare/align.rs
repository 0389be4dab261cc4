//! Which line of two texts belongs to which.
//!
//! Lines that are equal belong together, as many as keep their order (the longest common subsequence). Between them, lines with the
//! same key do: `a=fmtp`, `"janus"`, `time to live`. What is left stands alone. How far lines are indented makes no difference: the
//! same description may be one level deeper in its message.

/// A row of two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// The same on both, as it stands on the left.
    Same(String),
    /// What was and what is.
    Changed(String, String),
    /// Only on the left.
    Left(String),
    /// Only on the right.
    Right(String),
}

impl Row {
    /// Does it differ?
    pub const fn differs(&self) -> bool {
        !matches!(self, Self::Same(_))
    }
}

/// Aligns two texts.
pub fn align(left: &[String], right: &[String]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (a, b) in pairs(left, right, |a, b| a.trim_start() == b.trim_start()) {
        match (a, b) {
            (Some(a), Some(_)) => rows.push(Block::Same(a)),
            (a, b) => {
                let open = rows.last_mut();
                if let Some(Block::Different(lefts, rights)) = open {
                    lefts.extend(a);
                    rights.extend(b);
                } else {
                    rows.push(Block::Different(
                        a.into_iter().collect(),
                        b.into_iter().collect(),
                    ));
                }
            }
        }
    }
    let rows = rows.into_iter().flat_map(|block| match block {
        Block::Same(line) => vec![Row::Same(line.clone())],
        Block::Different(lefts, rights) => {
            let paired = pairs(&lefts, &rights, |a, b| {
                key(a.trim_start()) == key(b.trim_start())
            });
            let rows = paired.into_iter().filter_map(|pair| match pair {
                (Some(a), Some(b)) => Some(Row::Changed((*a).clone(), (*b).clone())),
                (Some(a), None) => Some(Row::Left((*a).clone())),
                (None, Some(b)) => Some(Row::Right((*b).clone())),
                (None, None) => None,
            });
            rows.collect()
        }
    });
    rows.collect()
}

enum Block<'a> {
    Same(&'a String),
    Different(Vec<&'a String>, Vec<&'a String>),
}

/// Pairs of a longest common subsequence, and what stands between them.
fn pairs<'a, T>(
    left: &'a [T],
    right: &'a [T],
    same: impl Fn(&T, &T) -> bool,
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let begin = left
        .iter()
        .zip(right)
        .take_while(|(a, b)| same(a, b))
        .count();
    let (rest_left, rest_right) = (
        left.get(begin..).unwrap_or_default(),
        right.get(begin..).unwrap_or_default(),
    );
    let backwards = rest_left.iter().rev().zip(rest_right.iter().rev());
    let end = backwards.take_while(|(a, b)| same(a, b)).count();
    let middle_left = rest_left.get(..rest_left.len() - end).unwrap_or_default();
    let middle_right = rest_right.get(..rest_right.len() - end).unwrap_or_default();
    let mut out: Vec<(Option<&T>, Option<&T>)> = Vec::new();
    let both = |(a, b)| (Some(a), Some(b));
    out.extend(left.iter().zip(right).take(begin).map(both));
    if middle_left.len().saturating_mul(middle_right.len()) > CELLS_MOST {
        // Too long to search: side by side as they stand.
        out.extend(middle_left.iter().map(|a| (Some(a), None)));
        out.extend(middle_right.iter().map(|b| (None, Some(b))));
    } else {
        search(middle_left, middle_right, &same, &mut out);
    }
    let tail_left = rest_left.get(middle_left.len()..).unwrap_or_default();
    let tail_right = rest_right.get(middle_right.len()..).unwrap_or_default();
    out.extend(tail_left.iter().zip(tail_right).map(both));
    out
}

fn search<'a, T>(
    left: &'a [T],
    right: &'a [T],
    same: &impl Fn(&T, &T) -> bool,
    out: &mut Vec<(Option<&'a T>, Option<&'a T>)>,
) {
    // `best[i][j]`: pairs that the rests from `i` and `j` on have.
    let columns = right.len() + 1;
    let mut best = vec![0_u32; (left.len() + 1) * columns];
    let at = |i: usize, j: usize| i * columns + j;
    let look = |best: &[u32], i: usize, j: usize| best.get(at(i, j)).copied().unwrap_or(0);
    for (i, a) in left.iter().enumerate().rev() {
        for (j, b) in right.iter().enumerate().rev() {
            let value = if same(a, b) {
                look(&best, i + 1, j + 1) + 1
            } else {
                look(&best, i + 1, j).max(look(&best, i, j + 1))
            };
            if let Some(cell) = best.get_mut(at(i, j)) {
                *cell = value;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    loop {
        match (left.get(i), right.get(j)) {
            (Some(a), Some(b)) if same(a, b) => {
                out.push((Some(a), Some(b)));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), Some(_)) if look(&best, i + 1, j) >= look(&best, i, j + 1) => {
                out.push((Some(a), None));
                i += 1;
            }
            (Some(a), None) => {
                out.push((Some(a), None));
                i += 1;
            }
            (_, Some(b)) => {
                out.push((None, Some(b)));
                j += 1;
            }
            (None, None) => return,
        }
    }
}

/// What a line without its indentation is about: `a=fmtp` of SDP, `"janus"` of JSON, `time to live` of a field.
fn key(line: &str) -> &str {
    // Fields: a name and two spaces.
    let end = line.find("  ").or_else(|| {
        // Attributes of SDP are told apart by what comes after `a=`.
        let from = if line.starts_with("a=") { 2 } else { 0 };
        let rest = line.get(from..).unwrap_or_default();
        rest.find([':', '=', ' ']).map(|end| from + end)
    });
    end.and_then(|end| line.get(..end)).unwrap_or(line)
}

/// Cells of a search at most: a few milliseconds.
const CELLS_MOST: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split('|').map(str::to_owned).collect()
    }

    #[track_caller]
    fn check(left: &str, right: &str, expected: &[&str]) {
        let rows = align(&lines(left), &lines(right));
        let rows: Vec<String> = rows
            .iter()
            .map(|row| match row {
                Row::Same(line) => format!("={line}"),
                Row::Changed(a, b) => format!("~{a}~{b}"),
                Row::Left(line) => format!("<{line}"),
                Row::Right(line) => format!(">{line}"),
            })
            .collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn lines_of_sdp_are_told_apart_by_their_attribute() {
        check(
            "v=0|a=mid:0|a=setup:actpass|a=ice-ufrag:x|a=rtcp-mux",
            "v=0|a=mid:0|a=setup:active|a=rtcp-mux|a=extra",
            &[
                "=v=0",
                "=a=mid:0",
                "~a=setup:actpass~a=setup:active",
                "<a=ice-ufrag:x",
                "=a=rtcp-mux",
                ">a=extra",
            ],
        );
    }

    #[test]
    fn members_and_fields_are_told_apart_by_their_name() {
        check(
            "{|  \"janus\": \"attach\",|  \"plugin\": 1|}",
            "{|  \"janus\": \"message\",|  \"body\": 2|}",
            &[
                "={",
                "~  \"janus\": \"attach\",~  \"janus\": \"message\",",
                "<  \"plugin\": 1",
                ">  \"body\": 2",
                "=}",
            ],
        );
        check(
            "time to live  64|  length  8",
            "time to live  63|  length  9",
            &[
                "~time to live  64~time to live  63",
                "~  length  8~  length  9",
            ],
        );
    }

    #[test]
    fn what_is_too_long_to_search_is_shown_still() {
        let many =
            |word: &str| -> Vec<String> { (0..3_000).map(|at| format!("{word} {at}")).collect() };
        assert!(align(&many("a"), &many("b")).len() >= 3_000);
    }

    proptest! {
        #[test]
        fn no_line_is_lost_or_moved(left in "[ab:= |]{0,30}", right in "[ab:= |]{0,30}") {
            let (left, right) = (lines(&left), lines(&right));
            let rows = align(&left, &right);
            let of = |pick: fn(&Row) -> Option<&String>| -> Vec<String> {
                rows.iter().filter_map(pick).cloned().collect()
            };
            let lefts = of(|row| match row {
                Row::Same(a) | Row::Changed(a, _) | Row::Left(a) => Some(a),
                Row::Right(_) => None,
            });
            let rights = of(|row| match row {
                Row::Same(b) | Row::Changed(_, b) | Row::Right(b) => Some(b),
                Row::Left(_) => None,
            });
            let trimmed = |lines: &[String]| -> Vec<String> {
                lines.iter().map(|line| line.trim_start().to_owned()).collect()
            };
            prop_assert_eq!(lefts, left);
            prop_assert_eq!(trimmed(&rights), trimmed(&right));
        }
    }
}
