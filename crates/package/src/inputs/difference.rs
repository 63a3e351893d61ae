//! What is different between the inputs of two builds, in words.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use super::{Inputs, MANIFEST, SETTING, UNSET, stamp};

/// One input that is not what it was.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    name: String,
    was: Option<String>,
    is: Option<String>,
}

impl Inputs {
    /// What has changed since `earlier`, by name.
    pub fn differences(&self, earlier: &Self) -> Vec<Difference> {
        let names: BTreeSet<&String> = self.0.keys().chain(earlier.0.keys()).collect();
        let differences = names.into_iter().map(|name| Difference {
            name: name.clone(),
            was: earlier.0.get(name).cloned(),
            is: self.0.get(name).cloned(),
        });
        differences
            .filter(|difference| difference.was != difference.is)
            .collect()
    }
}

impl Display for Difference {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { was, is, .. } = self;
        let mut name = self.name.as_str();
        for prefix in [MANIFEST, SETTING] {
            name = name.strip_prefix(prefix).unwrap_or(name);
        }
        match (was, is) {
            (Some(was), _) if was == stamp::MISSING || was == stamp::CHANGED => {
                write!(formatter, "{name}: {was}")
            }
            (Some(_), None) => write!(formatter, "{name}: gone"),
            (None, Some(is)) if is_hash(is) => write!(formatter, "{name}: new"),
            (None, Some(is)) => write!(formatter, "{name}: new, {}", shown(is)),
            (Some(was), Some(is)) if was == UNSET && is_hash(is) => {
                write!(formatter, "{name}: set")
            }
            (Some(was), Some(is)) if !is_hash(was) && shown(was) != shown(is) => {
                write!(formatter, "{name}: {} -> {}", shown(was), shown(is))
            }
            _ => write!(formatter, "{name}: changed"),
        }
    }
}

fn is_hash(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A value without the checksums, which say nothing to a reader.
fn shown(value: &str) -> String {
    let words: Vec<&str> = value.split(' ').filter(|word| !is_hash(word)).collect();
    match words.join(" ") {
        nothing if nothing.is_empty() => "none".to_owned(),
        words => words.replace('\n', " "),
    }
}
