//! As much of a template as the scripted cloud needs, read line by line: the house style fixes
//! two spaces a level, and CloudFormation's reader is not ours to check here.

use std::collections::BTreeMap;

use super::state::Values;

pub(crate) const NESTED: &str = "AWS::CloudFormation::Stack";

#[derive(Debug, Clone, Default)]
pub(crate) struct Scanned {
    /// Each with whether it has a default.
    pub(crate) parameters: BTreeMap<String, bool>,
    pub(crate) resources: Vec<Block>,
    /// Each with its condition.
    pub(crate) outputs: Vec<(String, Option<String>)>,
    /// Those that compare one parameter with one value.
    conditions: BTreeMap<String, (String, String)>,
}

impl Scanned {
    /// The outputs that a stack has with these parameters.
    pub(crate) fn outputs_with(&self, values: &Values) -> impl Iterator<Item = &String> {
        let holds = |condition: &String| {
            let compared = self.conditions.get(condition);
            compared.is_none_or(|(name, value)| values.get(name) == Some(value))
        };
        let outputs = self.outputs.iter();
        outputs
            .filter(move |(_, condition)| condition.as_ref().is_none_or(holds))
            .map(|(name, _)| name)
    }
}

/// A resource's lines.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub(crate) logical_id: String,
    pub(crate) lines: Vec<String>,
}

impl Block {
    pub(crate) fn value(&self, key: &str) -> &str {
        let prefix = format!("    {key}: ");
        let mut values = self.lines.iter();
        values
            .find_map(|line| line.strip_prefix(&prefix))
            .unwrap_or_default()
    }

    pub(crate) fn kind(&self) -> &str {
        self.value("Type")
    }

    pub(crate) fn is_retained(&self) -> bool {
        self.value("DeletionPolicy").starts_with("Retain")
    }

    /// What a table is called by its template, where no function makes the name.
    pub(crate) fn literal_name(&self) -> Option<&str> {
        let mut lines = self.lines.iter();
        let name = lines.find_map(|line| line.strip_prefix("      TableName: "));
        name.filter(|name| !name.starts_with('!'))
    }

    /// The parameter with the key of a nested stack's template.
    pub(crate) fn template_key(&self) -> Option<&str> {
        let line = self
            .lines
            .iter()
            .find(|line| line.contains("TemplateURL:"))?;
        let (_, name) = line.rsplit_once("${")?;
        Some(name.trim_end_matches('}'))
    }

    /// What a nested stack is given, references to the parent's parameters followed.
    pub(crate) fn nested_parameters(&self, values: &Values) -> Values {
        let lines = self.lines.iter().filter_map(|line| {
            let line = line.strip_prefix("        ")?;
            line.split_once(": ").filter(|_| !line.starts_with(' '))
        });
        let resolved = lines.map(|(name, text)| {
            let value = text
                .strip_prefix("!Ref ")
                .and_then(|other| values.get(other));
            (
                name.to_owned(),
                value.map_or_else(|| text.to_owned(), Clone::clone),
            )
        });
        resolved.collect()
    }

    /// The property of the first line that refers to `parameter`.
    pub(crate) fn property_of(&self, parameter: &str) -> Option<&str> {
        let forms = [format!("!Ref {parameter}"), format!("${{{parameter}}}")];
        let refers = |line: &&String| {
            line.ends_with(&forms[0])
                || line.contains(&format!("{},", forms[0]))
                || line.contains(&forms[1])
        };
        let line = self.lines.iter().find(refers)?;
        Some(line.trim().split(':').next().unwrap_or_default())
    }
}

pub(crate) fn scan(text: &str) -> Scanned {
    let mut scanned = Scanned::default();
    let mut section = "";
    let mut key = "";
    let lines = text.lines().filter(|line| {
        let content = line.trim_start();
        !content.is_empty() && !content.starts_with('#')
    });
    for line in lines {
        if !line.starts_with(' ') {
            section = line.split(':').next().unwrap_or_default();
            continue;
        }
        let begins = line.starts_with("  ") && !line.starts_with("   ");
        if begins {
            key = line.trim().split(':').next().unwrap_or_default();
        }
        match (section, begins) {
            ("Parameters", true) => {
                scanned.parameters.insert(key.to_owned(), false);
            }
            ("Parameters", false) if line.starts_with("    Default:") => {
                scanned.parameters.insert(key.to_owned(), true);
            }
            ("Outputs", true) => scanned.outputs.push((key.to_owned(), None)),
            ("Outputs", false) if line.starts_with("    Condition: ") => {
                if let Some((_, condition)) = scanned.outputs.last_mut() {
                    *condition = line.split_once(": ").map(|(_, name)| name.to_owned());
                }
            }
            ("Conditions", true) => {
                let compared = line.split_once(": !Equals [!Ref ");
                let compared = compared.and_then(|(_, rest)| rest.split_once(", "));
                if let Some((name, value)) = compared {
                    let value = value.trim_end_matches(']').trim_matches('"');
                    let compared = (name.to_owned(), value.to_owned());
                    scanned.conditions.insert(key.to_owned(), compared);
                }
            }
            ("Resources", true) => scanned.resources.push(Block {
                logical_id: key.to_owned(),
                lines: Vec::new(),
            }),
            ("Resources", false) => {
                if let Some(block) = scanned.resources.last_mut() {
                    block.lines.push(line.to_owned());
                }
            }
            _ => {}
        }
    }
    scanned
}

/// One line of a change set.
#[derive(Debug, Clone)]
pub struct Row {
    /// `Add`, `Modify` and the like.
    pub action: &'static str,
    /// In the template.
    pub logical_id: String,
    /// Of the resource: `AWS::DynamoDB::Table`.
    pub kind: String,
    /// Property, value before and value after.
    pub property: Option<(String, String, String)>,
    /// For a nested stack, its change set.
    pub change_set: Option<String>,
    /// The drift status, where the change set compares with what is there.
    pub drift: Option<&'static str>,
}

/// What changes between two templates with their parameters. A nested stack is always among it.
pub(crate) fn rows(old: Option<(&Scanned, &Values)>, new: (&Scanned, &Values)) -> Vec<Row> {
    let before = |id: &str| {
        let blocks = old.map(|(scanned, _)| scanned.resources.iter());
        blocks
            .into_iter()
            .flatten()
            .find(|block| block.logical_id == id)
    };
    let row = |action, block: &Block, property| Row {
        action,
        logical_id: block.logical_id.clone(),
        kind: block.kind().to_owned(),
        property,
        change_set: None,
        drift: None,
    };
    let mut rows = Vec::new();
    for block in &new.0.resources {
        let Some(was) = before(&block.logical_id) else {
            rows.push(row("Add", block, None));
            continue;
        };
        let values = old.map(|(_, values)| values);
        let changed = new.1.iter().find_map(|(name, value)| {
            let was = values.and_then(|values| values.get(name))?;
            let property = block.property_of(name).filter(|_| was != value)?;
            Some((property.to_owned(), was.clone(), value.clone()))
        });
        if changed.is_some() || was.lines != block.lines || block.kind() == NESTED {
            rows.push(row("Modify", block, changed));
        }
    }
    for block in old
        .map(|(scanned, _)| scanned.resources.iter())
        .into_iter()
        .flatten()
    {
        if !new
            .0
            .resources
            .iter()
            .any(|one| one.logical_id == block.logical_id)
        {
            rows.push(row("Remove", block, None));
        }
    }
    rows
}
