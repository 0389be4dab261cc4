//! QPACK: header fields of HTTP/3, compressed (RFC 9204).
//!
//! ```text
//! encoder stream   1 T index (6+)  value                insert: name from the static (T) or the dynamic table
//!                  01 H name (5+)  value                insert: name spelled out
//!                  001 capacity (5+)                    the dynamic table's new size
//!                  000 index (5+)                       insert a copy of an entry
//! section          insert count (8+)   S base (7+)      then fields:
//!                  1 T index (6+)                       field from a table
//!                  01 N T index (4+)  value             name from a table
//!                  001 N H name (3+)  value             name spelled out
//!                  0001 index (4+)                      field from an entry younger than the base
//!                  0000 N index (3+)  value             name from an entry younger than the base
//! ```
//!
//! What HPACK does in each block, QPACK does on a stream of its own, since blocks may overtake each other: a section says how many
//! insertions it counts on, and waits for them. Entries have numbers for good, from 0; a section refers to them backwards from its base.

pub mod decoder;
pub mod static_table;
mod table;
