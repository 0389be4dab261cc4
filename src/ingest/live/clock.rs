//! The clock on the wall, which a capture that runs is measured by.

use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use crate::vocab::time::Timestamp;

/// This instant.
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_nanos(since.as_nanos() as u64)
}
