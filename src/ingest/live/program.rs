//! A capture filter, ready for an interface.

use crate::ingest::live::error::LiveError;
#[cfg(target_os = "linux")]
use crate::ingest::live::filter::Instruction;
use crate::ingest::live::options::Backend;
use crate::vocab::frame::LinkType;

/// A capture filter, ready for an interface.
#[derive(Debug, Clone)]
pub(super) enum Program {
    /// For the kernel.
    #[cfg(target_os = "linux")]
    Compiled(Vec<Instruction>),
    /// For libpcap, which has looked at it already.
    #[cfg(feature = "libpcap")]
    Words(String),
}

impl Program {
    /// The filter for an interface called `name`, with frames of this type.
    ///
    /// # Errors
    ///
    /// The word that is not understood, or frames that filters don't know.
    pub(super) fn new(
        backend: Backend,
        expression: Option<&str>,
        link: LinkType,
        name: &str,
    ) -> Result<Self, LiveError> {
        let words = expression.map(str::trim).filter(|words| !words.is_empty());
        match backend {
            #[cfg(target_os = "linux")]
            Backend::Sockets => {
                crate::ingest::live::socket_tap::program(words, link, name).map(Self::Compiled)
            }
            #[cfg(feature = "libpcap")]
            Backend::Libpcap => {
                crate::ingest::live::libpcap::check(words, link, name).map(Self::Words)
            }
            #[cfg(not(any(target_os = "linux", feature = "libpcap")))]
            Backend::None => {
                let _ = (words, link, name);
                Err(LiveError::OtherSystem)
            }
        }
    }
}
