//! Header fields in one text: a capture of many calls keeps hundreds of thousands of them.

use std::fmt;
use std::sync::Arc;

/// Header fields in order, names as sent.
///
/// All names and values stand in one string, and each field is two ends in it: two allocations a head, where a vector of pairs of strings
/// takes some thirty. Copies share them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Headers {
    /// `None` while there is no field.
    shared: Option<Arc<Fields>>,
}

#[derive(Clone, PartialEq, Eq, Default)]
struct Fields {
    text: String,
    ends: Vec<Ends>,
}

/// Where a field's name and value end in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    name: u32,
    value: u32,
}

impl Headers {
    /// Room for `fields` fields of `bytes` bytes in all.
    pub fn with_capacity(fields: usize, bytes: usize) -> Self {
        Self {
            shared: Some(Arc::new(Fields {
                text: String::with_capacity(bytes),
                ends: Vec::with_capacity(fields),
            })),
        }
    }

    /// Adds a field at the end. What would lead beyond 4 GiB is left out; heads are bounded far below.
    pub fn push(&mut self, name: &str, value: &str) {
        let fields = self.own();
        let name_end = fields.text.len() + name.len();
        let ends = (
            u32::try_from(name_end),
            u32::try_from(name_end + value.len()),
        );
        if let (Ok(name_end), Ok(value_end)) = ends {
            fields.text.push_str(name);
            fields.text.push_str(value);
            fields.ends.push(Ends {
                name: name_end,
                value: value_end,
            });
        }
    }

    /// Adds `more` to the last value, behind a space: a folded line (RFC 9112 §5.2).
    pub fn unfold(&mut self, more: &str) {
        let fields = self.own();
        let end = u32::try_from(fields.text.len() + 1 + more.len());
        if let (Some(last), Ok(end)) = (fields.ends.last_mut(), end) {
            fields.text.push(' ');
            fields.text.push_str(more);
            last.value = end;
        }
    }

    /// The fields, to change: no longer shared.
    fn own(&mut self) -> &mut Fields {
        Arc::make_mut(self.shared.get_or_insert_default())
    }

    fn text(&self) -> &str {
        self.shared.as_ref().map_or("", |fields| &fields.text)
    }

    fn ends(&self) -> &[Ends] {
        self.shared.as_ref().map_or(&[], |fields| &fields.ends)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let (text, mut start) = (self.text(), 0);
        self.ends().iter().map(move |ends| {
            let (name_end, value_end) = (ends.name as usize, ends.value as usize);
            let name = text.get(start..name_end).unwrap_or_default();
            start = value_end;
            let value = text.get(name_end..value_end).unwrap_or_default();
            (name, value)
        })
    }

    /// Value of the first field called `name` (any case).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The members of a comma-separated field, over all its lines (RFC 9110 §5.6.1), trimmed, empty ones left out.
    pub fn members(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|member| !member.is_empty())
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.ends().len()
    }

    /// No field?
    pub fn is_empty(&self) -> bool {
        self.ends().is_empty()
    }

    /// Bytes of memory behind it.
    pub fn memory(&self) -> usize {
        self.text().len() + size_of_val(self.ends())
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in fields {
            headers.push(name.as_ref(), value.as_ref());
        }
        headers
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_went_in() {
        let fields = [("Host", "a.test"), ("", ""), ("X-Ü", "é"), ("host", "b")];
        let headers: Headers = fields.into_iter().collect();
        assert!(headers.iter().eq(fields));
        assert_eq!((headers.len(), headers.get("HOST")), (4, Some("a.test")));
        assert_eq!(headers.get("x"), None);
        let shown = format!("{headers:?}");
        assert!(shown.contains(r#""Host": "a.test""#), "{shown}");
    }

    #[test]
    fn a_folded_line_goes_to_the_last_value() {
        let mut headers = Headers::with_capacity(1, 16);
        headers.unfold("nowhere");
        assert!(headers.is_empty());
        headers.push("a", "1");
        headers.push("b", "2");
        headers.unfold("3");
        assert!(headers.iter().eq([("a", "1"), ("b", "2 3")]));
    }

    #[test]
    fn members_are_split_over_all_lines() {
        let fields = [("Connection", "a, b,"), ("x", "y"), ("connection", " c ")];
        let headers: Headers = fields.into_iter().collect();
        assert!(headers.members("Connection").eq(["a", "b", "c"]));
        assert_eq!(headers.members("none").count(), 0);
    }
}
