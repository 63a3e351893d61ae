//! Failures that are known, and what to do about each, with commands made from the names in
//! CloudFormation's words.

use regex_lite::{Captures, Regex};

use super::{Advice, Failure};

mod account;
mod request;
mod service;
#[cfg(test)]
mod tests;

/// One known cause: which failures are it, and what helps.
#[derive(Debug)]
struct Row {
    /// For readers.
    name: &'static str,
    /// What the resource type begins with.
    of: &'static str,
    /// What the status begins with.
    when: &'static str,
    /// Regular expressions, of which one must match; their groups are names for the advice.
    says: &'static [&'static str],
    /// The property it is about, as a pointer; empty for the resource itself.
    property: &'static str,
    /// `{name}` is a group; `{physical}`, `{logical}` and `{stack}` are the failure's own.
    advice: &'static str,
}

const ANY: Row = Row {
    name: "",
    of: "",
    when: "",
    says: &[],
    property: "",
    advice: "",
};

/// A known cause of a failure.
#[derive(Debug)]
pub(super) struct Cause {
    #[cfg(test)]
    name: &'static str,
    pub(super) property: &'static str,
    pub(super) advice: String,
}

/// The first row that the failure matches; the general ones come last.
pub(super) fn find(failure: &Failure, own: Advice) -> Option<Cause> {
    rows().find_map(|row| row.explain(failure, own))
}

/// The names of the causes, with the advice before names are filled in.
pub(super) fn known(own: Advice) -> impl Iterator<Item = (&'static str, &'static str)> {
    rows().map(move |row| (row.name, row.advice(own)))
}

fn rows() -> impl Iterator<Item = &'static Row> {
    service::ROWS
        .iter()
        .chain(account::ROWS)
        .chain(request::ROWS)
}

impl Row {
    /// The service's own, or what can be said without its names.
    fn advice(&self, own: Advice) -> &'static str {
        let mut own = own.iter();
        own.find(|(name, _)| *name == self.name)
            .map_or(self.advice, |(_, advice)| advice)
    }

    fn explain(&self, failure: &Failure, own: Advice) -> Option<Cause> {
        if !failure.resource_type.starts_with(self.of) || !failure.status.starts_with(self.when) {
            return None;
        }
        let found = self.says.iter().find_map(|says| {
            let regex = Regex::new(says).ok()?;
            let captures = regex.captures(failure.reason())?;
            Some(fill(self.advice(own), &regex, &captures, failure))
        });
        Some(Cause {
            #[cfg(test)]
            name: self.name,
            property: self.property,
            advice: found?,
        })
    }
}

/// The advice with its names filled in; one that is not known stays a word in capitals.
fn fill(advice: &str, regex: &Regex, captures: &Captures<'_>, failure: &Failure) -> String {
    let mut filled = advice.to_owned();
    let own = [
        ("physical", failure.physical_id.as_str()),
        ("logical", failure.logical_id.as_str()),
        ("stack", failure.stack.as_str()),
    ];
    let groups = regex.capture_names().flatten();
    let groups = groups.filter_map(|name| Some((name, captures.name(name)?.as_str())));
    for (name, value) in groups.chain(own) {
        // It becomes part of a command that somebody pastes.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:#*@+=,".contains(c);
        let value = value.trim_end_matches(['.', ',', ':']);
        if !value.is_empty() && value.chars().all(is_plain) {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
    }
    while let Some((before, rest)) = filled.split_once('{') {
        let Some((name, after)) = rest.split_once('}') else {
            break;
        };
        let word = match name {
            "physical" => "NAME".to_owned(),
            name => name.to_uppercase(),
        };
        filled = format!("{before}{word}{after}");
    }
    filled
}
