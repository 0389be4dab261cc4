//! The published schema, `docs/report.schema.json`: made from the report's types, and tested to be current.
//!
//! After a change of the types: `RTCSCOPE_ACCEPT=1 cargo test --lib report::json::schema`.

use std::fs;
use std::path::Path;

use schemars::generate::SchemaSettings;

use crate::report::json::Report;
use crate::report::json::SCHEMA;

#[test]
fn the_published_schema_is_current() {
    // What is written, as opposed to what would be accepted: every field is there, if only as null.
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let mut schema = generator.into_root_schema_for::<Report>();
    schema.insert("title".into(), SCHEMA.into());
    let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    if std::env::var_os("RTCSCOPE_ACCEPT").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &current).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == current,
        "docs/report.schema.json is out of date: RTCSCOPE_ACCEPT=1 cargo test --lib report::json::schema"
    );
}
