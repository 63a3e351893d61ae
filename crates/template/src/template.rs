//! CloudFormation templates as text and as values. Parsing keeps the place of every part;
//! nothing here writes YAML, because what is reviewed is what is deployed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use cfnkit_yaml::positions::Positions;
use cfnkit_yaml::reading::Document;
use serde_json::Value;

use crate::source::{Place, Problem};
use crate::text_file::without_mark;

#[cfg(test)]
mod tests;

/// A template: its text as written, and what the text says in CloudFormation's long form
/// (`!Ref X` is `{"Ref": "X"}`, `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`).
#[derive(Debug, Clone)]
pub struct Template {
    /// The file's name, for messages.
    name: String,
    value: Value,
    /// What it is now.
    own: Arc<File>,
    /// What it was made from, as it is in the working tree. Places are looked up in it, so that
    /// they are true for the reader's editor whatever was replaced or left out.
    file: Arc<File>,
    /// Logical IDs that the file has under another name.
    renamed: BTreeMap<String, String>,
}

/// A text, and where its parts stand.
#[derive(Debug)]
struct File {
    text: Arc<str>,
    positions: Positions,
}

/// One parameter as the template declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its logical name.
    pub name: String,
    /// The default as the string CloudFormation would pass; `None` where a value is required.
    pub default: Option<String>,
}

impl Template {
    /// Parses `text`. Errors are problems with their place.
    ///
    /// # Errors
    ///
    /// `text` is not one document of YAML as CloudFormation takes it, there are no `Resources`, or
    /// a resource has no `Type`.
    pub fn parse(name: &str, text: String) -> Result<Self, Problem> {
        let shared: Arc<str> = without_mark(&text).into();
        let problem = |title: String, span: Range<usize>| {
            Problem::new(title).at(Some(Place::new(name, &shared, span)))
        };
        let read = cfnkit_yaml::reading::read(&shared);
        let Document { value, positions } =
            read.map_err(|fault| problem(fault.title, fault.span).mend(fault.advice))?;
        if !value.is_object() {
            let title = "a template is a mapping with a `Resources` section";
            return Err(problem(title.to_owned(), 0..usize::MAX));
        }
        let text = Arc::clone(&shared);
        let file = Arc::new(File { text, positions });
        let template = Self {
            name: name.to_owned(),
            value,
            own: Arc::clone(&file),
            file,
            renamed: BTreeMap::new(),
        };
        template.check_resources()?;
        Ok(template)
    }

    /// The template with another text, made from its own; places stay those of the file.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn with_text(&self, text: String) -> Result<Self, Problem> {
        Ok(Self {
            file: Arc::clone(&self.file),
            renamed: self.renamed.clone(),
            ..Self::parse(&self.name, text)?
        })
    }

    /// As `with_text`, where the text calls the resource `old` of the file `new`.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn with_renamed(&self, text: String, old: &str, new: &str) -> Result<Self, Problem> {
        let mut template = self.with_text(text)?;
        template.renamed.insert(new.to_owned(), old.to_owned());
        Ok(template)
    }

    /// The template with another value; its text and places stay.
    pub fn with_value(&self, value: Value) -> Self {
        Self {
            value,
            ..self.clone()
        }
    }

    fn check_resources(&self) -> Result<(), Problem> {
        let Some(resources) = self.value.get("Resources").and_then(Value::as_object) else {
            let problem = Problem::new("no `Resources` section").at(Some(self.start()));
            return Err(problem.mend("a template declares at least one resource"));
        };
        for (logical_id, resource) in resources {
            if !resource.get("Type").is_some_and(Value::is_string) {
                let problem = Problem::new(format!("resource `{logical_id}` has no `Type`"));
                return Err(problem
                    .at(self.resource(logical_id))
                    .mend("add `Type: AWS::SERVICE::RESOURCE` below it"));
            }
        }
        Ok(())
    }

    /// What messages call it, such as its path in the repository.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As it is written, byte for byte.
    pub fn text(&self) -> &str {
        &self.own.text
    }

    /// What the text says, functions in their long form.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The parts of a section, such as `Outputs`, by name; none where it is not there.
    pub fn section(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        let section = self.value.get(name).and_then(Value::as_object);
        let parts = section.into_iter().flatten();
        parts.map(|(name, part)| (name.as_str(), part))
    }

    /// The resources by logical ID, in the order of the IDs.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.section("Resources")
    }

    /// How many resources it declares, conditions aside.
    pub fn resource_count(&self) -> usize {
        self.resources().count()
    }

    /// The place of a resource's logical ID.
    pub fn resource(&self, logical_id: &str) -> Option<Place> {
        self.key(&format!("/Resources/{logical_id}"))
    }

    /// The place of the key that the JSON pointer names, as in `/Resources/Stage/Properties/Name`;
    /// of an item, the item.
    pub fn key(&self, pointer: &str) -> Option<Place> {
        let span = self.file.positions.key(&self.in_file(pointer))?;
        Some(Place::new(&self.name, &self.file.text, span))
    }

    /// The place of the value that the JSON pointer names.
    pub fn value_at(&self, pointer: &str) -> Option<Place> {
        let span = self.file.positions.value(&self.in_file(pointer))?;
        Some(Place::new(&self.name, &self.file.text, span))
    }

    fn start(&self) -> Place {
        self.byte(0)
    }

    /// The place of one byte of the file, counted from 0.
    pub fn byte(&self, index: usize) -> Place {
        Place::new(&self.name, &self.file.text, index..index + 1)
    }

    /// The pointer with the logical ID that the file has.
    fn in_file(&self, pointer: &str) -> String {
        let Some(rest) = pointer.strip_prefix("/Resources/") else {
            return pointer.to_owned();
        };
        let (logical_id, rest) = match rest.split_once('/') {
            Some((logical_id, _)) => (logical_id, &rest[logical_id.len()..]),
            None => (rest, ""),
        };
        let logical_id = self
            .renamed
            .get(logical_id)
            .map_or(logical_id, String::as_str);
        format!("/Resources/{logical_id}{rest}")
    }

    /// Whether it has a parameter of this name.
    pub fn declares(&self, parameter: &str) -> bool {
        let declared = self.value.get("Parameters");
        declared.is_some_and(|declared| declared.get(parameter).is_some())
    }

    /// What it declares, in its order.
    pub fn parameters(&self) -> Vec<Parameter> {
        let declared = self.section("Parameters");
        let parameters = declared.map(|(name, declaration)| Parameter {
            name: name.to_owned(),
            default: declaration.get("Default").map(plain_string),
        });
        parameters.collect()
    }

    /// The text without the resources named, each cut from its key to the line before the next
    /// key of the same depth. Comments that stand right above the next resource stay with it.
    pub fn text_without(&self, logical_ids: &[&str]) -> String {
        let lines: Vec<&str> = self.own.text.split_inclusive('\n').collect();
        let mut dropped = vec![false; lines.len()];
        for logical_id in logical_ids {
            let key = self.own.positions.key(&format!("/Resources/{logical_id}"));
            let Some(key) = key else {
                continue;
            };
            let first = Place::new(&self.name, &self.own.text, key).line();
            let indent = indent_of(lines[first - 1]);
            let mut end = (first..lines.len())
                .find(|&index| is_content(lines[index]) && indent_of(lines[index]) <= indent)
                .unwrap_or(lines.len());
            while end > first && !is_content(lines[end - 1]) && indent_of(lines[end - 1]) <= indent
            {
                end -= 1;
            }
            dropped[first - 1..end].fill(true);
        }
        let kept = lines.iter().zip(&dropped).filter(|(_, dropped)| !**dropped);
        kept.map(|(line, _)| *line).collect()
    }
}

/// The string CloudFormation makes of a scalar parameter value.
pub fn plain_string(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The number that a scalar is or has the text of.
pub fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    }
}

fn is_content(line: &str) -> bool {
    let trimmed = line.trim_start();
    !trimmed.is_empty() && !trimmed.starts_with('#')
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
