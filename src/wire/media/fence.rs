//! The second fence: a panic of a decoder crate becomes a fault.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;

/// Calls into a crate; its refusal, or its panic, is the fault `name` at `offset`.
///
/// The guards before each call are meant to leave nothing to catch: the panic hook would print.
pub(super) fn fenced<T, E>(
    layer: Layer,
    name: &'static str,
    offset: usize,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) | Err(_) => Err(Fault::new(layer, name, offset)),
    }
}
