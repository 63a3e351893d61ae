//! Changes as rows, for programs: one a resource, nested stacks opened.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Action, Change, Replacement, Warning};
use cfnkit_template::stack_tree::NESTED_STACK;

/// What differs between a stack and something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rows {
    /// Name of the root stack.
    pub stack: String,
    /// Empty where nothing differs.
    pub changes: Vec<Row>,
    /// What CloudFormation warns of; absent where it does not, or was not asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Logical IDs from the root stack down, as in `Api.Stage`.
    pub resource: String,
    /// As in `AWS::DynamoDB::Table`.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// `add`, `modify`, `remove`, `import`, `redeploy`, or `sync` where nothing is done to it.
    pub action: &'static str,
    /// `never`, `possible` or `certain`.
    pub replacement: &'static str,
    /// The properties that differ; empty where they are not known.
    pub properties: Vec<Property>,
}

/// One property; what must not be seen is masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    /// Dotted, as in `Throttle.RateLimit`.
    pub path: String,
    /// JSON where it is not a scalar.
    pub before: Option<String>,
    /// JSON where it is not a scalar.
    pub after: Option<String>,
}

impl Rows {
    /// The rows of `changes` and the nested ones, without warnings.
    pub fn of(stack: &str, changes: &[Change]) -> Self {
        let mut rows = Vec::new();
        collect("", changes, &mut rows);
        Self {
            stack: stack.to_owned(),
            changes: rows,
            warnings: Vec::new(),
        }
    }

    /// The same with what CloudFormation warns of.
    pub fn warned(self, warnings: &[Warning]) -> Self {
        Self {
            warnings: warnings.to_vec(),
            ..self
        }
    }
}

/// A nested stack that is there before and after is its resources.
fn collect(place: &str, changes: &[Change], rows: &mut Vec<Row>) {
    for change in changes {
        let resource = format!("{place}{}", change.logical_id);
        let nested = change.nested.as_deref();
        let is_opened = change.resource_type == NESTED_STACK
            && change.action == Action::Modify
            && nested.is_some();
        if !is_opened {
            rows.push(row(&resource, change));
        }
        collect(&format!("{resource}."), nested.unwrap_or_default(), rows);
    }
}

fn row(resource: &str, change: &Change) -> Row {
    let properties = change.properties.iter().map(|property| Property {
        path: property.path.clone(),
        before: property.before.clone(),
        after: property.after.clone(),
    });
    Row {
        resource: resource.to_owned(),
        resource_type: change.resource_type.clone(),
        action: match change.action {
            Action::Add => "add",
            Action::Modify => "modify",
            Action::Remove => "remove",
            Action::Import => "import",
            Action::Redeploy => "redeploy",
            Action::Sync => "sync",
        },
        replacement: match change.replacement {
            Replacement::Never => "never",
            Replacement::Possible => "possible",
            Replacement::Certain => "certain",
        },
        properties: properties.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_stack_is_its_resources() {
        let stage = Change::new(Action::Modify, "Stage", "AWS::ApiGateway::Stage");
        let api = Change {
            nested: Some(vec![stage]),
            ..Change::new(Action::Modify, "Api", NESTED_STACK)
        };
        let new = Change {
            nested: Some(vec![Change::new(
                Action::Add,
                "Table",
                "AWS::DynamoDB::Table",
            )]),
            ..Change::new(Action::Add, "Data", NESTED_STACK)
        };
        let rows = Rows::of("movies-dev", &[api, new]);
        let rows = rows
            .changes
            .iter()
            .map(|row| (row.resource.as_str(), row.action));
        let expected = [
            ("Api.Stage", "modify"),
            ("Data", "add"),
            ("Data.Table", "add"),
        ];
        assert_eq!(rows.collect::<Vec<_>>(), expected);
    }
}
