//! The macro behind enums that mirror an IANA registry: every named value, and `Unknown(n)` for those not met yet.

/// Declares an enum over an integer registry, with `from_code`, `code` and `name` (the registry's own words).
///
/// ```
/// rtcscope::codepoint! {
///     /// A sample registry.
///     pub enum Colour: u8 {
///         /// Red light.
///         Red = 1 => "red",
///     }
/// }
/// assert_eq!(Colour::from_code(1), Colour::Red);
/// assert_eq!(Colour::from_code(7).code(), 7);
/// assert_eq!(Colour::Red.name(), Some("red"));
/// ```
#[macro_export]
macro_rules! codepoint {
    ($(#[$outer:meta])* $vis:vis enum $name:ident: $int:ty { $($(#[$inner:meta])* $variant:ident = $code:literal => $text:literal),+ $(,)? }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$inner])* $variant,)+
            /// A value that this registry copy does not name.
            Unknown($int),
        }

        impl $name {
            /// Every named value, in registry order.
            pub const NAMED: &'static [Self] = &[$(Self::$variant),+];

            /// From the number on the wire.
            pub const fn from_code(code: $int) -> Self {
                match code {
                    $($code => Self::$variant,)+
                    other => Self::Unknown(other),
                }
            }

            /// The number on the wire.
            pub const fn code(self) -> $int {
                match self {
                    $(Self::$variant => $code,)+
                    Self::Unknown(code) => code,
                }
            }

            /// The registry's name; `None` for unknown values.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($text),)+
                    Self::Unknown(_) => None,
                }
            }
        }
    };
}
