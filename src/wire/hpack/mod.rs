//! HPACK: header fields of HTTP/2, compressed (RFC 7541).
//!
//! ```text
//! block    1 index (7+)                                field from a table
//!          01 index (6+)   [name]  value               field, put into the dynamic table
//!          001 size (5+)                               the dynamic table's new size
//!          0001 index (4+) [name]  value               field, never to be put into any table
//!          0000 index (4+) [name]  value               field
//! index    0: the name follows · 1 to 61: static table · from 62: dynamic table, the newest first
//! n+       a number in n bits; all ones: seven bits a byte follow, the lowest first (§5.1)
//! string   huffman (1)  length (7+)  bytes
//! ```
//!
//! Each direction of a connection has a dynamic table that all its blocks share, in order. So a reader who joined late, or missed a
//! block, does not know what older entries were: it says so for the field in question and goes on, since newer entries count from 62.

pub mod decoder;
pub mod huffman;
pub(in crate::wire) mod primitive;
pub mod static_table;
mod table;
#[cfg(test)]
pub(in crate::wire) mod testing;
