//! JSON, laid out for reading: one member a line, session descriptions line by line below their member.

use serde_json::Value;

use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;

/// Lays `text` out; what is no JSON comes line by line as it is.
pub fn pretty(text: &str) -> Vec<DetailLine> {
    let mut lines = Vec::new();
    match serde_json::from_str::<Value>(text) {
        Ok(value) => push(&mut lines, 0, "", &value, ""),
        Err(_) => lines.extend(text.lines().take(LINES_MAX).map(|line| {
            let indent = line.len() - line.trim_start_matches(' ').len();
            let indent = u16::try_from(indent).unwrap_or(u16::MAX);
            DetailLine::new(indent, line.trim_start_matches(' '), Look::Plain)
        })),
    }
    lines
}

fn push(lines: &mut Vec<DetailLine>, depth: u16, name: &str, value: &Value, comma: &str) {
    if lines.len() >= LINES_MAX {
        return;
    }
    let indent = depth.saturating_mul(2);
    let mut say = |text: &str| lines.push(DetailLine::new(indent, text, Look::Plain));
    match value {
        Value::Object(members) if !members.is_empty() => {
            say(&format!("{name}{{"));
            let last = members.len() - 1;
            for (at, (key, value)) in members.iter().enumerate() {
                let comma = if at == last { "" } else { "," };
                push(lines, depth + 1, &format!("{key:?}: "), value, comma);
            }
            lines.push(DetailLine::new(indent, &format!("}}{comma}"), Look::Plain));
        }
        Value::Array(items) if !items.is_empty() => {
            say(&format!("{name}["));
            let last = items.len() - 1;
            for (at, value) in items.iter().enumerate() {
                push(
                    lines,
                    depth + 1,
                    "",
                    value,
                    if at == last { "" } else { "," },
                );
            }
            lines.push(DetailLine::new(indent, &format!("]{comma}"), Look::Plain));
        }
        Value::String(text) if text.contains('\n') => {
            let count = text.lines().count();
            say(&format!("{name}{count} lines"));
            let each = text.lines().take(LINES_MAX);
            lines.extend(each.map(|line| DetailLine::new(indent + 2, line, Look::Dim)));
        }
        other => say(&format!("{name}{other}{comma}")),
    }
}

/// Lines laid out at most.
const LINES_MAX: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let lines = pretty(text);
        lines
            .iter()
            .map(|line| format!("{}{}", " ".repeat(line.indent.into()), line.text))
            .collect()
    }

    #[test]
    fn members_stand_one_a_line() {
        let expected = [
            "{",
            "  \"janus\": \"message\",",
            "  \"list\": [",
            "    1,",
            "    {}",
            "  ]",
            "}",
        ];
        assert_eq!(lines(r#"{"janus":"message","list":[1,{}]}"#), expected);
    }

    #[test]
    fn a_session_description_is_readable() {
        assert_eq!(
            lines(r#"{"sdp":"v=0\r\na=mid:0\r\n"}"#),
            ["{", "  \"sdp\": 2 lines", "    v=0", "    a=mid:0", "}"]
        );
    }

    #[test]
    fn deep_and_hostile_text_is_only_text() {
        assert_eq!(lines("not\u{1b}[2J json"), [r"not\x1b[2J json"]);
        assert!(!lines(&"[".repeat(100_000)).is_empty());
    }
}
