//! Analysis to text, JSON, NDJSON. Floor 9.
