//! Places in a tree of stacks and in a resource: going down to them, and naming them.

use serde_json::Value;

use cfnkit_template::stack_tree::StackTree;

/// Whether the attribute changes with the physical resource alone.
pub(super) fn is_identity(resource_type: &str, attribute: Option<&str>) -> bool {
    const IDENTITIES: [&str; 8] = [
        "Arn",
        "GroupId",
        "Id",
        "KeyId",
        "RestApiId",
        "RootResourceId",
        "SubnetId",
        "VpcId",
    ];
    let noun = resource_type.rsplit("::").next().unwrap_or_default();
    attribute.is_none_or(|attribute| {
        IDENTITIES.contains(&attribute)
            || attribute
                .strip_prefix(noun)
                .is_some_and(|rest| matches!(rest, "Id" | "Arn" | "Name"))
    })
}

pub(super) fn descend<'t>(tree: &'t StackTree, at: &[String]) -> Option<&'t StackTree> {
    at.iter().try_fold(tree, |tree, id| tree.nested.get(id))
}

pub(super) fn below(at: &[String], id: &str) -> Vec<String> {
    at.iter().cloned().chain([id.to_owned()]).collect()
}

pub(super) fn place(at: &[String], id: &str) -> String {
    below(at, id).join(" / ")
}

/// Both values at the dotted `path`, or at the function that makes what is there.
pub(super) fn at_path<'v>(
    mut old: &'v Value,
    mut new: &'v Value,
    path: &str,
) -> Option<(&'v Value, &'v Value)> {
    for (depth, step) in path.split('.').enumerate() {
        let index = step.parse::<usize>().ok();
        let member = |value: &'v Value| match value {
            Value::Object(_) => value.get(step),
            Value::Array(_) => value.get(index?),
            _ => None,
        };
        match (member(old), member(new)) {
            (Some(before), Some(after)) => (old, new) = (before, after),
            // Not a property: there is nothing to follow.
            _ if depth == 0 => return None,
            _ => break,
        }
    }
    Some((old, new))
}
