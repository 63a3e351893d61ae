//! What would change, found without a change set: two templates with their parameters, resource
//! by resource, nested stacks followed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::change_set::{Action, Change, NESTED_STACK, PropertyChange, Replacement};
use crate::intrinsics::{is_open, resolved_resources};
use crate::parameters::Parameters;
use crate::template::{Template, plain_string};

/// A stack, deployed or to be: its template, its parameters, and its nested stacks by logical ID.
#[derive(Debug, Clone)]
pub(crate) struct StackTree {
    pub(crate) template: Template,
    pub(crate) parameters: Parameters,
    pub(crate) nested: BTreeMap<String, StackTree>,
}

/// What changes between `old` (`None` where nothing is deployed) and `new`.
pub(crate) fn compare(old: Option<&StackTree>, new: &StackTree) -> Vec<Change> {
    let old_resources = old.map(resources).unwrap_or_default();
    let new_resources = resources(new);
    let mut changes = Vec::new();
    for (logical_id, resource) in &new_resources {
        let before = old_resources.get(logical_id);
        if is_nested_stack(resource) {
            changes.extend(compare_nested(logical_id, old, before, new, resource));
        } else {
            changes.extend(compare_resource(logical_id, before, resource));
        }
    }
    for (logical_id, resource) in &old_resources {
        if !new_resources.contains_key(logical_id) {
            changes.push(change(Action::Remove, logical_id, resource, Vec::new()));
        }
    }
    changes
}

fn resources(stack: &StackTree) -> BTreeMap<String, Value> {
    resolved_resources(&stack.template, &stack.parameters)
}

fn is_nested_stack(resource: &Value) -> bool {
    resource
        .get("Type")
        .is_some_and(|kind| kind == NESTED_STACK)
}

fn compare_resource(logical_id: &str, before: Option<&Value>, after: &Value) -> Option<Change> {
    let Some(before) = before else {
        return Some(change(Action::Add, logical_id, after, Vec::new()));
    };
    let mut properties = Vec::new();
    compare_values(&mut properties, "", Some(before), Some(after));
    if properties.is_empty() {
        return None;
    }
    let replacement = match before.get("Type") == after.get("Type") {
        true => Replacement::Never,
        false => Replacement::Certain,
    };
    let change = change(Action::Modify, logical_id, after, properties);
    Some(Change {
        replacement,
        ..change
    })
}

fn compare_nested(
    logical_id: &str,
    old: Option<&StackTree>,
    before: Option<&Value>,
    new: &StackTree,
    after: &Value,
) -> Option<Change> {
    let child = new.nested.get(logical_id)?;
    let old_child = old.and_then(|old| old.nested.get(logical_id));
    let child = StackTree {
        parameters: nested_parameters(child, old_child, after),
        ..child.clone()
    };
    let nested = compare(old_child, &child);
    let action = match before {
        Some(_) if nested.is_empty() => return None,
        Some(_) => Action::Modify,
        None => Action::Add,
    };
    let change = change(action, logical_id, after, Vec::new());
    Some(Change {
        nested: Some(nested),
        ..change
    })
}

/// The parameters a nested stack will get. What an output of another stack decides is taken to
/// stay as it is; only CloudFormation can know better.
fn nested_parameters(
    child: &StackTree,
    old_child: Option<&StackTree>,
    resource: &Value,
) -> Parameters {
    let passed = resource.pointer("/Properties/Parameters");
    let declared = child.template.parameters().into_iter();
    declared
        .filter_map(|parameter| {
            let name = parameter.name;
            let value = match passed.and_then(|passed| passed.get(&name)) {
                Some(value) if !is_open(value) => Some(plain_string(value)),
                Some(_) => old_child.and_then(|old| old.parameters.get(&name).cloned()),
                None => parameter.default,
            };
            value.map(|value| (name, value))
        })
        .collect()
}

fn change(
    action: Action,
    logical_id: &str,
    resource: &Value,
    properties: Vec<PropertyChange>,
) -> Change {
    Change {
        action,
        logical_id: logical_id.to_owned(),
        resource_type: resource
            .get("Type")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        replacement: Replacement::Never,
        properties,
        nested: None,
    }
}

fn compare_values(
    found: &mut Vec<PropertyChange>,
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) {
    let join = |key: &str| match path {
        "" => key.to_owned(),
        // `Properties` goes without saying.
        "Properties" => key.to_owned(),
        _ => format!("{path}.{key}"),
    };
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                compare_values(found, &join(key), old.get(key), new.get(key));
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare_values(found, &join(&index.to_string()), Some(old), Some(new));
            }
        }
        _ if before.map(plain_string) == after.map(plain_string) => {}
        _ => found.push(PropertyChange {
            path: path.to_owned(),
            before: before.map(plain_string),
            after: after.map(plain_string),
        }),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::change_set::render;

    const ROOT: &str = "Parameters:\n  Rate: {Type: Number, Default: 50}\nResources:\n  Api:\n    \
        Type: AWS::CloudFormation::Stack\n    Properties:\n      Parameters:\n        Rate: !Ref Rate\n        \
        TableArn: !GetAtt Data.Outputs.Arn\n";
    const API: &str = "Parameters:\n  Rate: {Type: Number}\n  TableArn: {Type: String}\nResources:\n  \
        Plan:\n    Type: AWS::ApiGateway::UsagePlan\n    Properties:\n      Throttle:\n        RateLimit: !Ref Rate\n  \
        Key:\n    Type: AWS::ApiGateway::ApiKey\n    Properties:\n      Name: !Ref TableArn\n";

    fn tree(rate: &str, api: &str, arn: Option<&str>) -> StackTree {
        let template = |name: &str, text: &str| Template::parse(name, text.to_owned()).unwrap();
        let mut parameters = Parameters::from([("Rate".to_owned(), rate.to_owned())]);
        let root_parameters = parameters.clone();
        if let Some(arn) = arn {
            parameters.insert("TableArn".to_owned(), arn.to_owned());
        }
        let api = StackTree {
            template: template("api.yaml", api),
            parameters,
            nested: BTreeMap::new(),
        };
        StackTree {
            template: template("root.yaml", ROOT),
            parameters: root_parameters,
            nested: BTreeMap::from([("Api".to_owned(), api)]),
        }
    }

    fn check(old: Option<&StackTree>, new: &StackTree, expected: Expect) {
        // The first line keeps the indentation of the others visible.
        let tree = format!("movies-dev\n{}", render(&compare(old, new)));
        expected.assert_eq(&anstream::adapter::strip_str(&tree).to_string());
    }

    #[test]
    fn nothing_deployed_means_everything_is_added() {
        check(
            None,
            &tree("50", API, None),
            expect![[r#"
                movies-dev
                  + Api  AWS::CloudFormation::Stack
                    + Key   AWS::ApiGateway::ApiKey
                    + Plan  AWS::ApiGateway::UsagePlan
            "#]],
        );
    }

    #[test]
    fn the_same_again_is_no_change() {
        check(
            Some(&tree("50", API, Some("arn"))),
            &tree("50", API, None),
            expect![[r#"
                movies-dev
            "#]],
        );
    }

    #[test]
    fn a_root_parameter_is_followed_to_the_property_it_feeds() {
        check(
            Some(&tree("50", API, Some("arn"))),
            &tree("60", API, None),
            expect![[r#"
                movies-dev
                  ~ Api  AWS::CloudFormation::Stack
                    ~ Plan  AWS::ApiGateway::UsagePlan
                        Throttle.RateLimit: 50 -> 60
            "#]],
        );
    }

    #[test]
    fn added_and_removed_resources_are_found() {
        let renamed = API.replace("  Key:\n", "  NewKey:\n");
        check(
            Some(&tree("50", API, Some("arn"))),
            &tree("50", &renamed, None),
            expect![[r#"
                movies-dev
                  ~ Api  AWS::CloudFormation::Stack
                    + NewKey  AWS::ApiGateway::ApiKey
                    - Key     AWS::ApiGateway::ApiKey
            "#]],
        );
    }
}
