//! JSON text: indented for eyes and diffs, and harmless to a terminal.
//!
//! JSON itself escapes C0 controls only. DEL, C1 controls (`\u{9b}` is a control sequence introducer of one character), bidirectional
//! controls and invisible characters would reach the terminal raw, so they are written as `\uXXXX` too: the same value to every parser.

use std::io;
use std::io::Write;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::vocab::printable::acts_on_terminal;

/// Writes `value` with two spaces of indent; lists of plain values stay on one line.
pub fn write_indented<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut gathered = Gathered::new(out);
    let mut serializer = Serializer::with_formatter(&mut gathered, Indented::default());
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    gathered.flush()
}

/// Writes `value` on one line.
pub fn write_line<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut gathered = Gathered::new(out);
    let mut serializer = Serializer::with_formatter(&mut gathered, OneLine);
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    gathered.write_all(b"\n")?;
    gathered.flush()
}

/// Gathers the serializer's many small pieces, of which a call through `dyn` each would take most of the time.
struct Gathered<'a> {
    bytes: Vec<u8>,
    out: &'a mut dyn Write,
}

impl<'a> Gathered<'a> {
    fn new(out: &'a mut dyn Write) -> Self {
        Self {
            bytes: Vec::new(),
            out,
        }
    }
}

impl Write for Gathered<'_> {
    #[inline]
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece)?;
        Ok(piece.len())
    }

    #[inline]
    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(piece);
        if self.bytes.len() >= GATHERED_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}

struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        write_safe(out, fragment)
    }
}

/// Indentation state: what is open, outermost first.
#[derive(Default)]
struct Indented {
    open: Vec<Level>,
}

struct Level {
    array: bool,
    /// Do its values stand on lines of their own?
    lines: bool,
}

impl Indented {
    fn begin<W: ?Sized + Write>(&mut self, out: &mut W, array: bool) -> io::Result<()> {
        let lines = false;
        self.open.push(Level { array, lines });
        out.write_all(if array { b"[" } else { b"{" })
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        if self.open.pop().is_some_and(|level| level.lines) {
            self.new_line(out)?;
        }
        out.write_all(bracket)
    }

    fn new_line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        let indent = 2 * self.open.len();
        match LINE_START.get(..=indent) {
            Some(line_start) => out.write_all(line_start),
            None => write!(out, "\n{:indent$}", ""),
        }
    }
}

impl Formatter for Indented {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, true)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b",") }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        // An object among a list's values takes lines of its own; the list learns it here, since it cannot look ahead.
        if let Some(parent) = self.open.last_mut()
            && parent.array
        {
            parent.lines = true;
            self.new_line(out)?;
        }
        self.begin(out, false)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if let Some(level) = self.open.last_mut() {
            level.lines = true;
        }
        self.new_line(out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        write_safe(out, fragment)
    }
}

/// `fragment` holds no quote, backslash or C0 control: the serializer has dealt with those.
fn write_safe<W: ?Sized + Write>(out: &mut W, fragment: &str) -> io::Result<()> {
    // Nearly all text is printable ASCII: no need to look at it character by character.
    if fragment.bytes().all(|byte| byte.is_ascii() && byte != 0x7f) {
        return out.write_all(fragment.as_bytes());
    }
    let mut rest = fragment;
    while let Some(at) = rest.find(acts_on_terminal) {
        let (clean, tail) = rest.split_at(at);
        out.write_all(clean.as_bytes())?;
        let mut chars = tail.chars();
        if let Some(acting) = chars.next() {
            for unit in acting.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        rest = chars.as_str();
    }
    out.write_all(rest.as_bytes())
}

/// A new line with the deepest indent that is usual.
const LINE_START: &[u8] = b"\n                                        ";
/// From here on the gathered bytes are handed on.
const GATHERED_BYTES: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;
    use serde_json::json;

    use super::*;

    fn indented(value: &Value) -> String {
        let mut out = Vec::new();
        write_indented(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lists_of_plain_values_stay_on_one_line() {
        let value = json!({"frames": [1, 2], "none": [], "nothing": {}, "list": [{"a": null}, {"b": ["x"]}]});
        let expected = r#"{
  "frames": [1,2],
  "none": [],
  "nothing": {},
  "list": [
    {
      "a": null
    },
    {
      "b": ["x"]
    }
  ]
}"#;
        assert_eq!(indented(&value), expected);
    }

    #[test]
    fn controls_never_come_out_raw() {
        let name = "a\x1b[31m\x7f\u{9b}\u{202e}\u{2028}\u{e0041}";
        let expected = r#"{
  "a": "a\u001b[31m\u007f\u009b\u202e\u2028\udb40\udc41"
}"#;
        assert_eq!(indented(&json!({"a": name})), expected);
    }

    proptest! {
        #[test]
        fn the_value_stays_what_it_was(text in any::<String>(), key in any::<String>()) {
            let value = json!({key: [text, {"n": 1.5}]});
            let shown = indented(&value);
            prop_assert!(!shown.replace('\n', "").contains(acts_on_terminal));
            prop_assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value.clone());
            let mut line = Vec::new();
            write_line(&value, &mut line).unwrap();
            prop_assert_eq!(line.split(|&byte| byte == b'\n').count(), 2);
            prop_assert_eq!(serde_json::from_slice::<Value>(&line).unwrap(), value);
        }
    }
}
