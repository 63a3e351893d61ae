//! The JSON Schemas of what commands print with `--json`, made from the types that are printed.

use std::collections::BTreeMap;

use anyhow::Context as _;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};

use crate::graph::Graph;
use crate::listing;
use cfnkit_change::change_set::row::Rows;
use cfnkit_limits::limits;
use cfnkit_lint::linting::templates;
use cfnkit_load::load;
use cfnkit_operate::{api_keys, doctor, log_line, smoke, status, trace};
use cfnkit_tools::emulator;

type Make = fn() -> Schema;

/// What prints JSON, and the schema of that. A subcommand's name has a hyphen for the space.
const SCHEMAS: [(&str, Make); 15] = [
    ("diff", of_type::<Rows>),
    ("doctor", of_type::<doctor::Report>),
    ("drift", of_type::<Rows>),
    ("graph", of_type::<Graph>),
    ("keys", of_type::<api_keys::Listing>),
    ("limits", of_type::<limits::report::Report>),
    ("lint", of_type::<templates::Judgement>),
    ("load", of_type::<load::report::Report>),
    ("local-status", of_type::<emulator::Status>),
    ("logs", of_type::<log_line::LogLine>),
    ("ls", of_type::<Vec<listing::Row>>),
    // `deploy --json` prints the same.
    ("outputs", of_type::<BTreeMap<String, String>>),
    ("smoke", of_type::<smoke::Smoke>),
    ("status", of_type::<status::Status>),
    ("traces", of_type::<Vec<trace::Trace>>),
];

/// The names that `of` knows.
pub(crate) fn names() -> Vec<&'static str> {
    SCHEMAS.iter().map(|(name, _)| *name).collect()
}

/// The schema of what this command prints, as a document.
pub(crate) fn of(name: &str) -> anyhow::Result<String> {
    let found = SCHEMAS.iter().find(|(known, _)| *known == name);
    let (name, schema) = found.with_context(|| format!("`{name}` has no schema"))?;
    let mut schema = schema();
    schema.insert("title".to_owned(), format!("cargo xtask {name}").into());
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

fn of_type<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(closed));
    settings.into_generator().into_root_schema_for::<T>()
}

/// An object has the members that are described and no others.
fn closed(schema: &mut Schema) {
    if schema.get("properties").is_some() {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
}
