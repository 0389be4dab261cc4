//! NSS key log lines.
