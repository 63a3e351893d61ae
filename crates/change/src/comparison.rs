//! What would change, found without a change set: two templates with their parameters, resource
//! by resource, nested stacks followed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::change_set::difference::differences;
use crate::change_set::{
    Action, Change, Fate, PropertyChange, Replacement, resources, secret_names,
};
use cfnkit_template::intrinsics::{is_open, resolved_resources};
use cfnkit_template::parameters::Parameters;
use cfnkit_template::references::names_in;
use cfnkit_template::stack_tree::{NESTED_STACK, StackTree};
use cfnkit_template::template::{Template, plain_string};

mod provenance;
mod redeployment;
pub mod sections;
#[cfg(test)]
mod tests;

/// What changes between `old` (`None` where nothing is deployed) and `new`. The values of secret
/// parameters are in none of it.
pub fn compare(old: Option<&StackTree>, new: &StackTree) -> Vec<Change> {
    let visible_old = old.map(|old| visible(old, Some(new)));
    compare_visible(visible_old.as_ref(), &visible(new, old))
}

/// A tree with the parameters that its nested stacks would get, as a deployed one has them.
pub fn with_nested_parameters(mut tree: StackTree) -> StackTree {
    let resources = resolved(&tree);
    for (logical_id, child) in &mut tree.nested {
        if let Some(resource) = resources.get(logical_id) {
            child.parameters = nested_parameters(child, None, resource);
        }
    }
    tree
}

/// Whether `explained` has something to say, for which the deployed templates are needed.
pub fn needs_explanation(changes: &[Change]) -> bool {
    resources(changes)
        .iter()
        .any(|(_, change)| redeployment::is_deployment(change) || provenance::is_open(change))
}

/// `changes` with what only the templates can tell: values that CloudFormation does not know yet
/// traced to what feeds them, and an API's new deployment with what is new in it.
pub fn explained(changes: Vec<Change>, old: &StackTree, new: &StackTree) -> Vec<Change> {
    let changes = provenance::traced(changes, old, new);
    redeployment::collapsed(changes, Some(old), new)
}

fn compare_visible(old: Option<&StackTree>, new: &StackTree) -> Vec<Change> {
    let old_resources = old.map(resolved).unwrap_or_default();
    let new_resources = resolved(new);
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
            let fate = policy(resource, "DeletionPolicy");
            changes.push(Change {
                fate,
                ..change(Action::Remove, logical_id, resource)
            });
        }
    }
    changes
}

fn resolved(stack: &StackTree) -> BTreeMap<String, Value> {
    resolved_resources(&stack.template, &stack.parameters)
}

/// The tree without the values of parameters that are secret in it or in `other`: references to
/// them stay references.
fn visible(stack: &StackTree, other: Option<&StackTree>) -> StackTree {
    visible_but(stack, other, BTreeSet::new())
}

fn visible_but(stack: &StackTree, other: Option<&StackTree>, fed: BTreeSet<String>) -> StackTree {
    let mut secrets = secret_parameters(&stack.template);
    secrets.extend(fed);
    if let Some(other) = other {
        secrets.extend(secret_parameters(&other.template));
    }
    let parameters = stack.parameters.iter();
    let parameters = parameters
        .filter(|(name, _)| !secrets.contains(*name))
        .map(|(name, value)| (name.clone(), value.clone()));
    let nested = stack.nested.iter().map(|(logical_id, child)| {
        let mut fed = fed_by(&stack.template, logical_id, &secrets);
        if let Some(other) = other {
            fed.extend(fed_by(&other.template, logical_id, &secrets));
        }
        let other = other.and_then(|other| other.nested.get(logical_id));
        (logical_id.clone(), visible_but(child, other, fed))
    });
    StackTree {
        template: stack.template.clone(),
        parameters: parameters.collect(),
        nested: nested.collect(),
    }
}

/// `NoEcho` parameters, and those whose name says it.
pub(crate) fn secret_parameters(template: &Template) -> BTreeSet<String> {
    let declared = || template.section("Parameters");
    let mut secrets = secret_names(declared().map(|(name, _)| name));
    let hidden = declared().filter(|(_, declaration)| {
        let no_echo = declaration.get("NoEcho").map(plain_string);
        no_echo.is_some_and(|no_echo| no_echo.eq_ignore_ascii_case("true"))
    });
    secrets.extend(hidden.map(|(name, _)| name.to_owned()));
    secrets
}

/// The parameters of the nested stack `logical_id` that a secret of the root goes into.
fn fed_by(template: &Template, logical_id: &str, secrets: &BTreeSet<String>) -> BTreeSet<String> {
    let pointer = format!("/Resources/{logical_id}/Properties/Parameters");
    let passed = template
        .value()
        .pointer(&pointer)
        .and_then(Value::as_object);
    let passed = passed.into_iter().flatten();
    passed
        .filter(|(_, value)| names_in(value).iter().any(|name| secrets.contains(name)))
        .map(|(name, _)| name.clone())
        .collect()
}

fn is_nested_stack(resource: &Value) -> bool {
    resource
        .get("Type")
        .is_some_and(|kind| kind == NESTED_STACK)
}

fn compare_resource(logical_id: &str, before: Option<&Value>, after: &Value) -> Option<Change> {
    let Some(before) = before else {
        return Some(change(Action::Add, logical_id, after));
    };
    let resource_type = after
        .get("Type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let properties: Vec<PropertyChange> = differences_by_section(before, after)
        .into_iter()
        .flat_map(|(path, old, new)| differences(resource_type, &path, old, new))
        .collect();
    if properties.is_empty() {
        return None;
    }
    // Which property replaces the resource, CloudFormation alone knows.
    let replacement = match before.get("Type") == after.get("Type") {
        true => Replacement::Never,
        false => Replacement::Certain,
    };
    Some(Change {
        replacement,
        fate: policy(after, "UpdateReplacePolicy"),
        properties,
        ..change(Action::Modify, logical_id, after)
    })
}

/// The properties one by one, as `Properties` goes without saying, and what is beside them.
fn differences_by_section<'a>(
    before: &'a Value,
    after: &'a Value,
) -> Vec<(String, Option<&'a Value>, Option<&'a Value>)> {
    let members = |value: &'a Value| -> BTreeMap<String, &'a Value> {
        let object = value.as_object().into_iter().flatten();
        let (inside, beside): (Vec<_>, Vec<_>) = object.partition(|(key, _)| *key == "Properties");
        let inside = inside
            .into_iter()
            .filter_map(|(_, value)| value.as_object());
        inside
            .flatten()
            .chain(beside)
            .map(|(key, value)| (key.clone(), value))
            .collect()
    };
    let (old, new) = (members(before), members(after));
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter()
        .map(|key| (key.clone(), old.get(key).copied(), new.get(key).copied()))
        .collect()
}

fn policy(resource: &Value, name: &str) -> Option<Fate> {
    match resource.get(name)?.as_str()? {
        "Delete" => Some(Fate::Deleted),
        "Retain" | "RetainExceptOnCreate" => Some(Fate::Retained),
        "Snapshot" => Some(Fate::Snapshot),
        _ => None,
    }
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
    let nested = compare_visible(old_child, &child);
    // Template and parameters show inside.
    let own = before
        .into_iter()
        .flat_map(|before| differences_by_section(before, after));
    let own = own.filter(|(path, ..)| !matches!(path.as_str(), "TemplateURL" | "Parameters"));
    let properties: Vec<PropertyChange> = own
        .flat_map(|(path, old, new)| differences(NESTED_STACK, &path, old, new))
        .collect();
    let action = match before {
        Some(_) if nested.is_empty() && properties.is_empty() => return None,
        Some(_) => Action::Modify,
        None => Action::Add,
    };
    Some(Change {
        properties,
        nested: Some(nested),
        ..change(action, logical_id, after)
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
    let secrets = secret_parameters(&child.template);
    let declared = child.template.parameters().into_iter();
    declared
        .filter(|parameter| !secrets.contains(&parameter.name))
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

fn change(action: Action, logical_id: &str, resource: &Value) -> Change {
    let resource_type = resource.get("Type").and_then(Value::as_str);
    Change::new(action, logical_id, resource_type.unwrap_or_default())
}
