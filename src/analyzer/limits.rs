//! Every limit of every table and buffer.
