//! What differs between two stacks beside their resources: parameters, tags, outputs, conditions,
//! and texts that mean the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::secret_parameters;
use crate::change_set::difference::{differences, is_same};
use crate::change_set::{MASK, PropertyChange, render_properties};
use cfnkit_template::stack_tree::StackTree;

/// What differs, by title, in the order of a template.
#[derive(Debug, Default)]
pub struct Sections {
    parts: Vec<(String, Vec<PropertyChange>)>,
    /// Templates with another text and the same content.
    reworded: Vec<String>,
}

type Tags = BTreeMap<String, String>;

/// What differs outside the resources. A deploy would update a stack for any of it.
pub fn sections(old: (&StackTree, &Tags), new: (&StackTree, &Tags)) -> Sections {
    let mut sections = Sections::default();
    sections.add("parameters", parameters(old.0, new.0));
    sections.add("tags", pairs(old.1, new.1));
    sections.add_stack("", old.0, new.0);
    sections
}

impl Sections {
    /// Whether nothing outside the resources differs.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.reworded.is_empty()
    }

    /// The sections in the form of the tree of changes, each under its title.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for (title, properties) in &self.parts {
            text.push_str(&format!("{title}:\n{}", render_properties(properties)));
        }
        for name in &self.reworded {
            text.push_str(&format!("{name}: other comments or layout, same content\n"));
        }
        text
    }

    fn add(&mut self, title: &str, properties: Vec<PropertyChange>) {
        if properties.is_empty() {
            return;
        }
        match self.parts.iter_mut().find(|(known, _)| known == title) {
            Some((_, known)) => known.extend(properties),
            None => self.parts.push((title.to_owned(), properties)),
        }
    }

    fn add_stack(&mut self, place: &str, old: &StackTree, new: &StackTree) {
        let (before, after) = (old.template.value(), new.template.value());
        if is_same(before, after) {
            if old.template.text().trim_end() != new.template.text().trim_end() {
                self.reworded.push(new.template.name().to_owned());
            }
        } else {
            self.add_template(place, old, new);
        }
        for (logical_id, child) in &new.nested {
            if let Some(old_child) = old.nested.get(logical_id) {
                let place = format!("{place}{logical_id} / ");
                self.add_stack(&place, old_child, child);
            }
        }
    }

    fn add_template(&mut self, place: &str, old: &StackTree, new: &StackTree) {
        let (before, after) = (old.template.value(), new.template.value());
        let keys = |value: &Value| -> Vec<String> {
            let keys = value
                .as_object()
                .into_iter()
                .flat_map(|object| object.keys());
            keys.cloned().collect()
        };
        let names: BTreeSet<String> = keys(before).into_iter().chain(keys(after)).collect();
        let mut secrets = secret_parameters(&old.template);
        secrets.extend(secret_parameters(&new.template));
        for name in names.iter().filter(|name| *name != "Resources") {
            let found = differences("", "", before.get(name), after.get(name));
            let found = found.into_iter().map(|found| {
                let parameter = found.path.split('.').next().unwrap_or_default();
                let is_secret = name == "Parameters" && secrets.contains(parameter);
                let path = match found.path.as_str() {
                    "" => format!("{place}{name}"),
                    path => format!("{place}{path}"),
                };
                let hidden = |value: Option<String>| match is_secret {
                    true => value.map(|_| MASK.to_owned()),
                    false => value,
                };
                PropertyChange {
                    path,
                    before: hidden(found.before),
                    after: hidden(found.after),
                    ..PropertyChange::default()
                }
            });
            let title = match name.as_str() {
                "Parameters" => "declarations of parameters".to_owned(),
                "AWSTemplateFormatVersion" => "format version".to_owned(),
                name => name.to_lowercase(),
            };
            self.add(&title, found.collect());
        }
    }
}

/// The values of the root's parameters. CloudFormation does not give back a secret one.
fn parameters(old: &StackTree, new: &StackTree) -> Vec<PropertyChange> {
    let mut found = pairs(&old.parameters, &new.parameters);
    let mut secrets = secret_parameters(&old.template);
    secrets.extend(secret_parameters(&new.template));
    for property in &mut found {
        if secrets.contains(&property.path) {
            let is_hidden = property.before.as_deref() == Some(MASK);
            if is_hidden && property.after.is_some() {
                property.path = format!("{} (secret, cannot be compared)", property.path);
                (property.before, property.after) = (None, None);
            } else {
                let hidden = |value: &Option<String>| value.as_ref().map(|_| MASK.to_owned());
                property.before = hidden(&property.before);
                property.after = hidden(&property.after);
            }
        }
    }
    found
}

fn pairs(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<PropertyChange> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let names = names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name));
    names
        .map(|name| PropertyChange {
            path: name.clone(),
            before: old.get(name).cloned(),
            after: new.get(name).cloned(),
            ..PropertyChange::default()
        })
        .collect()
}
