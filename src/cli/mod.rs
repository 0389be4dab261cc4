//! Arguments, exit codes. Floor 11.
