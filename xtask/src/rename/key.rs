//! The table's key: the attribute, and the member of a body that it is taken from. Where `id` is
//! something else's, a trace's or an API key's, it stays.

use regex_lite::{Captures, Regex};

pub(super) const NOW: &str = "id";

/// The same in JSON, its first letter written as an escape.
const ESCAPED: &str = "\\u0069d";

/// Members that a body has beside the key.
const TAKEN: [&str; 3] = ["title", "year", "writeToken"];

/// Elsewhere than in the handler `"id"` is the key on a line that says one of these.
const SIGNS: &str =
    "title|year|AttributeName|attribute_name|AttributeValue|\\.key\\(|movie\\[|item\\[|keyed by";

pub(super) fn check(key: &str) -> anyhow::Result<()> {
    let name = Regex::new("^[A-Za-z][A-Za-z0-9_]{0,31}$")?;
    if !name.is_match(key) {
        anyhow::bail!(
            "`{key}` cannot be the table's key: 1 to 32 letters, digits and `_`, a letter first"
        );
    }
    if TAKEN.contains(&key) {
        anyhow::bail!("`{key}` is another member of a body; choose another key");
    }
    Ok(())
}

#[derive(Debug)]
pub(super) struct Key {
    key: String,
    quoted: Regex,
    signs: Regex,
    elsewhere: Regex,
}

impl Key {
    /// Nothing, where the key stays what it is.
    pub(super) fn to(key: &str) -> anyhow::Result<Option<Self>> {
        if key == NOW {
            return Ok(None);
        }
        Ok(Some(Self {
            key: key.to_owned(),
            // In JSON, in a string of Rust's, in JSON within JSON; and in prose.
            quoted: Regex::new("(?P<before>\\\\*[\"'`])id(?P<after>\\\\*[\"'`])")?,
            signs: Regex::new(SIGNS)?,
            elsewhere: Regex::new(
                "(?P<before>#/|attribute_not_exists\\(|AttributeName: |Missing the key |Key: )id\\b",
            )?,
        }))
    }

    /// A file's text with the new key, and how many places have it.
    pub(super) fn text(&self, path: &str, text: &str) -> (String, usize) {
        let is_handlers = path.starts_with("handler/") && !path.ends_with("xray.rs");
        // What is sent to X-Ray has ids of its own.
        let is_mixed = !is_handlers || path.ends_with("tests/it/connections.rs");
        let mut places = 0;
        let mut written = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            if !line.contains(NOW) && !line.contains(ESCAPED) {
                written.push_str(line);
                continue;
            }
            let mut line = line.to_owned();
            if path == "infra/cfn/api.yaml" && line == "          id:\n" {
                line = format!("          {}:\n", self.key);
                places += 1;
            }
            if is_handlers
                || path.starts_with("crates/")
                || path.starts_with("xtask/")
                || path.ends_with(".md")
                || path.starts_with("infra/")
            {
                if !is_mixed || self.signs.is_match(&line) {
                    line = self.replaced(&self.quoted, &line, &mut places);
                }
                line = self.replaced(&self.elsewhere, &line, &mut places);
            }
            if is_handlers && line.contains(ESCAPED) {
                let (first, rest) = self.key.split_at(1);
                let code = first.as_bytes().first().copied().unwrap_or_default();
                line = line.replace(ESCAPED, &format!("\\u{code:04x}{rest}"));
                places += 1;
            }
            written.push_str(&line);
        }
        (written, places)
    }

    fn replaced(&self, pattern: &Regex, line: &str, places: &mut usize) -> String {
        let line = pattern.replace_all(line, |found: &Captures<'_>| {
            *places += 1;
            let after = found.name("after").map_or("", |one| one.as_str());
            format!("{}{}{after}", &found["before"], self.key)
        });
        line.into_owned()
    }
}
