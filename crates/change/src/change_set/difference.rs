//! Two values compared member by member, JSON documents inside strings too, so that only what
//! differs is left; secrets are masked here and go no further.

use std::collections::BTreeSet;

use serde_json::Value;

use super::secret::{MASK, is_reference, is_secret_member, is_secret_path, redacted};
use super::{PropertyChange, security};
use cfnkit_template::intrinsics::single_entry;
use cfnkit_template::template::plain_string;

/// How many values a new or removed part may have to be shown value by value.
const SMALL: usize = 6;

/// Members that tell the items of a list apart.
const IDENTITIES: [&str; 7] = [
    "Key",
    "Name",
    "Sid",
    "Id",
    "AttributeName",
    "IndexName",
    "ParameterKey",
];

/// What differs between two values of the property `path`; nothing where they mean the same.
pub fn differences(
    resource_type: &str,
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Vec<PropertyChange> {
    let mut found = Differences {
        resource_type,
        leaves: Vec::new(),
    };
    found.compare(path, before, after);
    found.leaves
}

/// `property` as what differs inside it. Doing it again changes nothing.
pub fn expanded(resource_type: &str, property: &PropertyChange) -> Vec<PropertyChange> {
    let value = |text: &Option<String>| text.as_ref().map(|text| Value::String(text.clone()));
    let (before, after) = (value(&property.before), value(&property.after));
    let mut leaves = differences(
        resource_type,
        &property.path,
        before.as_ref(),
        after.as_ref(),
    );
    if leaves.is_empty() {
        // CloudFormation lists it, so it is shown, if only by its name.
        let masked = |value: &Option<String>| {
            let is_masked = value.as_ref().is_some_and(|text| text.contains(MASK));
            is_masked.then(|| MASK.to_owned())
        };
        leaves.push(PropertyChange {
            path: property.path.clone(),
            before: masked(&property.before),
            after: masked(&property.after),
            ..PropertyChange::default()
        });
    }
    for leaf in &mut leaves {
        leaf.reasons.clone_from(&property.reasons);
        leaf.source.clone_from(&property.source);
    }
    leaves
}

/// Whether two values mean the same to CloudFormation: `"50"` and `50`, members in any order.
pub(crate) fn is_same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            old.len() == new.len()
                && old
                    .iter()
                    .all(|(key, old)| new.get(key).is_some_and(|new| is_same(old, new)))
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_same(old, new))
        }
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => false,
        _ => plain_string(before) == plain_string(after),
    }
}

struct Differences<'a> {
    resource_type: &'a str,
    leaves: Vec<PropertyChange>,
}

impl Differences<'_> {
    fn compare(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (None, None) => return,
            (Some(before), Some(after)) if is_same(before, after) => return,
            _ => {}
        }
        let is_masked = |value: Option<&Value>| {
            value
                .and_then(Value::as_str)
                .is_some_and(|text| text.contains(MASK))
        };
        if is_secret_path(self.resource_type, path) || is_masked(before) || is_masked(after) {
            return self.secret(path, before, after);
        }
        let (old, new) = (before.and_then(document), after.and_then(document));
        if let (Some(old), Some(new)) = (&old, &new)
            && is_same(old, new)
        {
            self.leaf(&format!("{path} (other text, same content)"), None, None);
            return;
        }
        // A document beside something else is compared as text.
        let (old, new) = match (
            old.is_some() || before.is_none(),
            new.is_some() || after.is_none(),
        ) {
            (true, true) => (old, new),
            _ => (before.cloned(), after.cloned()),
        };
        match (&old, &new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) if !is_leaf(old, new) => {
                let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                for key in keys {
                    let (before, after) = (old.get(key), new.get(key));
                    if is_secret_member(old, key) || is_secret_member(new, key) {
                        if !matches!((before, after), (Some(a), Some(b)) if is_same(a, b)) {
                            self.secret(&join(path, key), before, after);
                        }
                    } else {
                        self.compare(&join(path, key), before, after);
                    }
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => self.lists(path, old, new),
            (None, Some(part)) if self.is_spread(path, part) => self.spread(path, part, true),
            (Some(part), None) if self.is_spread(path, part) => self.spread(path, part, false),
            _ => self.leaf(path, old.as_ref().map(display), new.as_ref().map(display)),
        }
    }

    fn leaf(&mut self, path: &str, before: Option<String>, after: Option<String>) {
        self.leaves.push(PropertyChange {
            path: path.to_owned(),
            before,
            after,
            ..PropertyChange::default()
        });
    }

    fn secret(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        let is_open = |value: Option<&Value>| value.is_none_or(is_reference);
        let (before, after) = match is_open(before) && is_open(after) {
            true => (before.map(display), after.map(display)),
            false => (
                before.map(|_| MASK.to_owned()),
                after.map(|_| MASK.to_owned()),
            ),
        };
        self.leaf(path, before, after);
    }

    fn is_spread(&self, path: &str, part: &Value) -> bool {
        let is_container = match part {
            Value::Object(object) => !object.is_empty() && !is_intrinsic(object),
            Value::Array(items) => !items.is_empty(),
            _ => false,
        };
        is_container && (size(part) <= SMALL || security::is_relevant_path(path))
    }

    fn spread(&mut self, path: &str, part: &Value, is_new: bool) {
        let sides = |value| match is_new {
            true => (None, Some(value)),
            false => (Some(value), None),
        };
        match part {
            Value::Object(object) => {
                for (key, member) in object {
                    let (before, after) = sides(member);
                    match is_secret_member(object, key) {
                        true => self.secret(&join(path, key), before, after),
                        false => self.compare(&join(path, key), before, after),
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let (before, after) = sides(item);
                    self.compare(&join(path, &index.to_string()), before, after);
                }
            }
            _ => {}
        }
    }

    fn lists(&mut self, path: &str, old: &[Value], new: &[Value]) {
        if let Some((old, new)) = named(old, new) {
            return self.named_lists(path, &old, &new);
        }
        let begin = old
            .iter()
            .zip(new)
            .take_while(|(a, b)| is_same(a, b))
            .count();
        let (old_rest, new_rest) = (&old[begin..], &new[begin..]);
        let end = old_rest
            .iter()
            .rev()
            .zip(new_rest.iter().rev())
            .take_while(|(a, b)| is_same(a, b))
            .count();
        let old_rest = &old_rest[..old_rest.len() - end];
        let new_rest = &new_rest[..new_rest.len() - end];
        for index in 0..old_rest.len().max(new_rest.len()) {
            let place = join(path, &(begin + index).to_string());
            self.compare(&place, old_rest.get(index), new_rest.get(index));
        }
    }

    fn named_lists(&mut self, path: &str, old: &[(&str, &Value)], new: &[(&str, &Value)]) {
        let known = self.leaves.len();
        let find = |list: &[(&str, &Value)], name: &str| -> Option<Value> {
            let found = list.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).clone())
        };
        for (name, before) in old {
            let after = find(new, name);
            self.compare(&join(path, name), Some(before), after.as_ref());
        }
        for (name, after) in new {
            if find(old, name).is_none() {
                self.compare(&join(path, name), None, Some(after));
            }
        }
        let order = |list: &[(&str, &Value)], other: &[(&str, &Value)]| -> Vec<String> {
            let both = list.iter().filter(|(name, _)| find(other, name).is_some());
            both.map(|(name, _)| (*name).to_owned()).collect()
        };
        let (before, after) = (order(old, new), order(new, old));
        // The order of tags means nothing; it is shown where nothing else explains the change.
        let is_said = path.ends_with("Tags") && self.leaves.len() > known;
        if before != after && !is_said {
            let place = join(path, "(order)");
            self.leaf(&place, Some(before.join(", ")), Some(after.join(", ")));
        }
    }
}

fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

/// Lists whose items all have a name of their own, with these names.
type Named<'a> = Vec<(&'a str, &'a Value)>;

fn named<'a>(old: &'a [Value], new: &'a [Value]) -> Option<(Named<'a>, Named<'a>)> {
    let names = |list: &'a [Value], key: &str| -> Option<Named<'a>> {
        let named: Option<Named<'a>> = list
            .iter()
            .map(|item| Some((item.get(key)?.as_str()?, item)))
            .collect();
        let named = named?;
        let distinct: BTreeSet<&str> = named.iter().map(|(name, _)| *name).collect();
        (distinct.len() == list.len()).then_some(named)
    };
    IDENTITIES
        .iter()
        .find_map(|key| Some((names(old, key)?, names(new, key)?)))
}

/// Whether two mappings are compared as one value: references, and different functions.
fn is_leaf(old: &serde_json::Map<String, Value>, new: &serde_json::Map<String, Value>) -> bool {
    match (single_entry(old), single_entry(new)) {
        _ if !is_intrinsic(old) && !is_intrinsic(new) => false,
        (Some((left, _)), Some((right, _))) => {
            left != right || matches!(left, "Ref" | "Fn::GetAtt" | "Fn::Sub")
        }
        _ => true,
    }
}

fn is_intrinsic(object: &serde_json::Map<String, Value>) -> bool {
    single_entry(object).is_some_and(|(key, _)| key == "Ref" || key.starts_with("Fn::"))
}

/// The container that a value is, or that its text describes.
fn document(value: &Value) -> Option<Value> {
    let text = match value {
        Value::Object(object) => match single_entry(object) {
            Some(("Fn::Sub", Value::String(text))) => text,
            _ => return Some(value.clone()),
        },
        Value::Array(_) => return Some(value.clone()),
        Value::String(text) => text,
        _ => return None,
    };
    let trimmed = text.trim();
    if !trimmed.starts_with(['{', '[']) {
        return None;
    }
    let parsed = serde_json::from_str::<Value>(trimmed).ok();
    parsed.filter(|parsed| parsed.is_object() || parsed.is_array())
}

/// How many scalars a value holds.
fn size(value: &Value) -> usize {
    match value {
        Value::Object(object) if !is_intrinsic(object) => object.values().map(size).sum(),
        Value::Array(items) => items.iter().map(size).sum(),
        _ => 1,
    }
}

/// A value as text: references in the form of `Fn::Sub`, secrets masked.
pub fn display(value: &Value) -> String {
    if let Value::Object(object) = value {
        match single_entry(object) {
            Some(("Ref", Value::String(name))) => return format!("${{{name}}}"),
            Some(("Fn::GetAtt", Value::Array(parts))) => {
                let parts: Vec<String> = parts.iter().map(plain_string).collect();
                return format!("${{{}}}", parts.join("."));
            }
            Some(("Fn::Sub", text @ Value::String(_))) => return plain_string(&redacted(text)),
            _ => {}
        }
    }
    plain_string(&redacted(value))
}
