//! CloudFormation templates as text and as values. Parsing keeps the line of every resource;
//! nothing here writes YAML, because what is reviewed is what is deployed.

use std::collections::BTreeMap;

use anyhow::Context as _;
use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// A template: its text as written, and what the text says in CloudFormation's long form
/// (`!Ref X` is `{"Ref": "X"}`, `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`).
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// The file's name, for messages.
    name: String,
    text: String,
    value: Value,
    resource_lines: BTreeMap<String, usize>,
}

/// One parameter as the template declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// The default as the string CloudFormation would pass; `None` where a value is required.
    pub(crate) default: Option<String>,
}

impl Template {
    /// Parses `text`. Errors carry `name:line:column`.
    pub(crate) fn parse(name: &str, text: String) -> anyhow::Result<Self> {
        let documents = MarkedYaml::load_from_str(&text).map_err(|err| {
            let marker = err.marker();
            anyhow::anyhow!(
                "{name}:{}:{}: not valid YAML: {}",
                marker.line(),
                marker.col() + 1,
                err.info()
            )
        })?;
        let [document] = documents.as_slice() else {
            anyhow::bail!(
                "{name}:1:1: expected one YAML document, found {}",
                documents.len()
            );
        };
        let value = to_json(name, document)?;
        if !value.is_object() {
            anyhow::bail!("{name}:1:1: a template is a mapping with a `Resources` section");
        }
        let resource_lines = resource_lines(document);
        let template = Self {
            name: name.to_owned(),
            text,
            value,
            resource_lines,
        };
        template.check_resources()?;
        Ok(template)
    }

    fn check_resources(&self) -> anyhow::Result<()> {
        let resources = self
            .value
            .get("Resources")
            .and_then(Value::as_object)
            .with_context(|| format!("{}:1:1: no `Resources` section", self.name))?;
        for (logical_id, resource) in resources {
            if !resource.get("Type").is_some_and(Value::is_string) {
                anyhow::bail!(
                    "{}: resource `{logical_id}` has no `Type`",
                    self.at(logical_id)
                );
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

    /// `file:line` of a resource, for messages.
    pub(crate) fn at(&self, logical_id: &str) -> String {
        match self.resource_lines.get(logical_id) {
            Some(line) => format!("{}:{line}", self.name),
            None => self.name.clone(),
        }
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

fn to_json(name: &str, node: &MarkedYaml<'_>) -> anyhow::Result<Value> {
    let at = || {
        let start = node.span.start;
        format!("{name}:{}:{}", start.line(), start.col() + 1)
    };
    Ok(match &node.data {
        YamlData::Value(scalar) => scalar_to_json(scalar),
        YamlData::Sequence(items) => Value::Array(
            items
                .iter()
                .map(|item| to_json(name, item))
                .collect::<anyhow::Result<_>>()?,
        ),
        YamlData::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let key = match to_json(name, key)? {
                    Value::Array(_) | Value::Object(_) => {
                        anyhow::bail!("{}: a key must be a string", at())
                    }
                    scalar => plain_string(&scalar),
                };
                object.insert(key, to_json(name, value)?);
            }
            Value::Object(object)
        }
        YamlData::Tagged(tag, inner) => {
            let inner = to_json(name, inner)?;
            if tag.handle != "!" {
                anyhow::bail!("{}: unknown tag `{}{}`", at(), tag.handle, tag.suffix);
            }
            intrinsic(&tag.suffix, inner)
        }
        YamlData::Alias(_) => {
            anyhow::bail!("{}: YAML anchors are not used in templates", at())
        }
        YamlData::BadValue | YamlData::Representation(..) => {
            anyhow::bail!("{}: a value that cannot be read", at())
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
