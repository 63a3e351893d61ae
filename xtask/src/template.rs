//! CloudFormation templates as text and as values. Parsing keeps the place of every part;
//! nothing here writes YAML, because what is reviewed is what is deployed.

use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr::{LoadableYamlNode as _, MarkedYaml, Marker, Scalar, YamlData};
use serde_json::{Map, Value};

use crate::source::{Place, Problem};

pub(crate) mod positions;
#[cfg(test)]
mod tests;

use positions::{Positions, byte_of};

/// A template: its text as written, and what the text says in CloudFormation's long form
/// (`!Ref X` is `{"Ref": "X"}`, `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`).
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// The file's name, for messages.
    name: String,
    text: String,
    value: Value,
    resource_lines: BTreeMap<String, usize>,
    file: Arc<File>,
    /// Logical IDs that the file has under another name.
    renamed: BTreeMap<String, String>,
}

/// What the template was made from, as it is in the working tree. Places are looked up in it, so
/// that they are true for the reader's editor whatever was replaced or left out.
#[derive(Debug)]
struct File {
    text: Arc<str>,
    positions: Positions,
}

/// One parameter as the template declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// The default as the string CloudFormation would pass; `None` where a value is required.
    pub(crate) default: Option<String>,
}

impl Template {
    /// Parses `text`. Errors are problems with their place.
    pub(crate) fn parse(name: &str, text: String) -> anyhow::Result<Self> {
        let shared: Arc<str> = text.as_str().into();
        let problem = |title: String, start: usize, end: usize| {
            Problem::new(title).at(Some(Place::new(name, &shared, start..end)))
        };
        let documents = MarkedYaml::load_from_str(&text).map_err(|err| {
            let start = byte_of(&text, *err.marker());
            let problem = problem(format!("not valid YAML: {}", err.info()), start, start + 1);
            problem.mend(match err.info() {
                info if info.contains("duplicated key") => "rename one of the two, or remove it",
                _ => {
                    "from here on it makes no sense; look above, too, for a bracket or a quote that \
                     is not closed, and at the indentation"
                }
            })
        })?;
        let [document] = documents.as_slice() else {
            let title = format!("expected one YAML document, found {}", documents.len());
            return Err(problem(title, 0, 0)
                .mend("a template has no `---` between its parts")
                .into());
        };
        let value = to_json(document).map_err(|(title, marker)| {
            let start = byte_of(&text, marker);
            problem(title, start, start + 1).mend("write the value out, without YAML's own extras")
        })?;
        if !value.is_object() {
            let title = "a template is a mapping with a `Resources` section";
            return Err(problem(title.to_owned(), 0, usize::MAX).into());
        }
        let resource_lines = resource_lines(document);
        let positions = Positions::of(document, &text);
        let template = Self {
            name: name.to_owned(),
            text,
            value,
            resource_lines,
            file: Arc::new(File {
                text: shared,
                positions,
            }),
            renamed: BTreeMap::new(),
        };
        template.check_resources()?;
        Ok(template)
    }

    /// The template with another text, made from its own; places stay those of the file.
    pub(crate) fn with_text(&self, text: String) -> anyhow::Result<Self> {
        Ok(Self {
            file: Arc::clone(&self.file),
            renamed: self.renamed.clone(),
            ..Self::parse(&self.name, text)?
        })
    }

    /// As `with_text`, where the text calls the resource `old` of the file `new`.
    pub(crate) fn with_renamed(&self, text: String, old: &str, new: &str) -> anyhow::Result<Self> {
        let mut template = self.with_text(text)?;
        template.renamed.insert(new.to_owned(), old.to_owned());
        Ok(template)
    }

    /// The template with another value; its text and places stay.
    pub(crate) fn with_value(&self, value: Value) -> Self {
        Self {
            value,
            ..self.clone()
        }
    }

    fn check_resources(&self) -> anyhow::Result<()> {
        let Some(resources) = self.value.get("Resources").and_then(Value::as_object) else {
            let problem = Problem::new("no `Resources` section").at(Some(self.start()));
            return Err(problem
                .mend("a template declares at least one resource")
                .into());
        };
        for (logical_id, resource) in resources {
            if !resource.get("Type").is_some_and(Value::is_string) {
                let problem = Problem::new(format!("resource `{logical_id}` has no `Type`"));
                return Err(problem
                    .at(self.resource(logical_id))
                    .mend("add `Type: AWS::SERVICE::RESOURCE` below it")
                    .into());
            }
        }
        Ok(())
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// The resources by logical ID, in the order of the IDs.
    pub(crate) fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.value
            .get("Resources")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(logical_id, resource)| (logical_id.as_str(), resource))
    }

    pub(crate) fn resource_count(&self) -> usize {
        self.resources().count()
    }

    /// The place of a resource's logical ID.
    pub(crate) fn resource(&self, logical_id: &str) -> Option<Place> {
        self.key(&format!("/Resources/{logical_id}"))
    }

    /// The place of the key that the JSON pointer names, as in `/Resources/Stage/Properties/Name`;
    /// of an item, the item.
    pub(crate) fn key(&self, pointer: &str) -> Option<Place> {
        let span = self.file.positions.key(&self.in_file(pointer))?;
        Some(Place::new(&self.name, &self.file.text, span))
    }

    /// The place of the value that the JSON pointer names.
    pub(crate) fn value_at(&self, pointer: &str) -> Option<Place> {
        let span = self.file.positions.value(&self.in_file(pointer))?;
        Some(Place::new(&self.name, &self.file.text, span))
    }

    fn start(&self) -> Place {
        self.byte(0)
    }

    /// The place of one byte.
    pub(crate) fn byte(&self, index: usize) -> Place {
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

    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let declared = self.value.get("Parameters").and_then(Value::as_object);
        declared
            .into_iter()
            .flatten()
            .map(|(name, declaration)| Parameter {
                name: name.clone(),
                default: declaration.get("Default").map(plain_string),
            })
            .collect()
    }

    /// The text without the resources named, each cut from its key to the line before the next
    /// key of the same depth. Comments that stand right above the next resource stay with it.
    pub(crate) fn text_without(&self, logical_ids: &[&str]) -> String {
        let lines: Vec<&str> = self.text.split_inclusive('\n').collect();
        let mut dropped = vec![false; lines.len()];
        for logical_id in logical_ids {
            let Some(&first) = self.resource_lines.get(*logical_id) else {
                continue;
            };
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
pub(crate) fn plain_string(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_content(line: &str) -> bool {
    let trimmed = line.trim_start();
    !trimmed.is_empty() && !trimmed.starts_with('#')
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn resource_lines(document: &MarkedYaml<'_>) -> BTreeMap<String, usize> {
    let resources = document.data.as_mapping_get("Resources");
    let mapping = resources.and_then(|resources| resources.data.as_mapping());
    mapping
        .into_iter()
        .flatten()
        .filter_map(|(key, _)| Some((key.data.as_str()?.to_owned(), key.span.start.line())))
        .collect()
}

/// The node in long form, or what is wrong with it and where.
fn to_json(node: &MarkedYaml<'_>) -> Result<Value, (String, Marker)> {
    let problem = |title: String| Err((title, node.span.start));
    Ok(match &node.data {
        YamlData::Value(scalar) => scalar_to_json(scalar),
        YamlData::Sequence(items) => Value::Array(
            items
                .iter()
                .map(|item| to_json(item))
                .collect::<Result<_, _>>()?,
        ),
        YamlData::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let key = match to_json(key)? {
                    Value::Array(_) | Value::Object(_) => {
                        return problem("a key must be a string".to_owned());
                    }
                    scalar => plain_string(&scalar),
                };
                object.insert(key, to_json(value)?);
            }
            Value::Object(object)
        }
        YamlData::Tagged(tag, inner) => {
            let inner = to_json(inner)?;
            if tag.handle != "!" {
                return problem(format!("unknown tag `{}{}`", tag.handle, tag.suffix));
            }
            intrinsic(&tag.suffix, inner)
        }
        YamlData::Alias(_) => {
            return problem("YAML anchors are not used in templates".to_owned());
        }
        YamlData::BadValue | YamlData::Representation(..) => {
            return problem("a value that cannot be read".to_owned());
        }
    })
}

fn scalar_to_json(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Integer(value) => Value::from(*value),
        Scalar::FloatingPoint(value) => Value::from(value.into_inner()),
        Scalar::String(text) => Value::String(text.clone().into_owned()),
    }
}

fn intrinsic(tag: &str, inner: Value) -> Value {
    let (key, inner) = match (tag, inner) {
        ("Ref" | "Condition", inner) => (tag.to_owned(), inner),
        ("GetAtt", Value::String(path)) => {
            let parts = match path.split_once('.') {
                Some((logical_id, attribute)) => vec![logical_id.into(), attribute.into()],
                None => vec![Value::String(path)],
            };
            ("Fn::GetAtt".to_owned(), Value::Array(parts))
        }
        (_, inner) => (format!("Fn::{tag}"), inner),
    };
    Value::Object(Map::from_iter([(key, inner)]))
}
