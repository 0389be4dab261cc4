//! What a URL says about a Janus message.
//!
//! ```text
//! http://host:8088/janus/8006446443526837/8630043135622766?maxev=5
//!                 └base─┘└──session id───┘└──handle id────┘
//! ```
//! The base path is configurable (`base_path` in `janus.transport.http.jcfg`), and a reverse proxy may add to it; the ids are decimal numbers.

/// Base path, session and handle of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// What stands before the ids: `/janus`.
    pub(super) base: &'a str,
    /// Session id.
    pub(super) session: Option<&'a str>,
    /// Handle id.
    pub(super) handle: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// Reads a path without query.
    pub(super) fn of(path: &'a str) -> Self {
        let path = path.trim_end_matches('/');
        let (before, last) = split_id(path);
        let Some(last) = last else {
            return Self {
                base: path,
                session: None,
                handle: None,
            };
        };
        match split_id(before) {
            (base, Some(session)) => Self {
                base,
                session: Some(session),
                handle: Some(last),
            },
            (base, None) => Self {
                base,
                session: Some(last),
                handle: None,
            },
        }
    }

    /// Is this the path of the Admin API? Its default base path is `/admin`.
    pub(super) fn is_admin(&self) -> bool {
        self.base.rsplit('/').next() == Some("admin")
    }
}

/// Cuts a last segment that is a decimal number.
fn split_id(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once('/') {
        Some((before, last))
            if !last.is_empty()
                && last.len() <= ID_DIGITS
                && last.bytes().all(|digit| digit.is_ascii_digit()) =>
        {
            (before, Some(last))
        }
        _ => (path, None),
    }
}

/// Digits of the largest 64-bit number.
const ID_DIGITS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_trailing_numbers_under_any_base() {
        let check = |path, base, session, handle| {
            assert_eq!(
                Place::of(path),
                Place {
                    base,
                    session,
                    handle
                },
                "{path}"
            );
        };
        check("/janus", "/janus", None, None);
        check("/janus/", "/janus", None, None);
        check("/janus/80", "/janus", Some("80"), None);
        check("/janus/80/86", "/janus", Some("80"), Some("86"));
        check(
            "/v1/rtc/janus/80/86/",
            "/v1/rtc/janus",
            Some("80"),
            Some("86"),
        );
        check("/janus/info", "/janus/info", None, None);
        check("/80", "", Some("80"), None);
        check("/", "", None, None);
        check(
            "/janus/123456789012345678901",
            "/janus/123456789012345678901",
            None,
            None,
        );
    }

    #[test]
    fn the_admin_api_has_a_base_of_its_own() {
        assert!(Place::of("/admin/80").is_admin());
        assert!(!Place::of("/janus/80").is_admin());
    }
}
