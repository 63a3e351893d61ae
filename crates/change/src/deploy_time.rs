//! What of a stack is known during a deploy alone, so that the same templates with the same
//! parameters can be a change all the same.

use serde_json::Value;

use cfnkit_template::stack_tree::StackTree;
use cfnkit_template::tag::Tags;
use cfnkit_template::template::Template;

/// CloudFormation reads the values of such parameters from the Parameter Store.
const STORED_PARAMETER: &str = "AWS::SSM::Parameter::Value<";

/// As in `{{resolve:ssm:/name}}`, for the Parameter Store and Secrets Manager alike.
const DYNAMIC_REFERENCE: &str = "{{resolve:";

/// Why nobody but CloudFormation knows whether `tree` with `tags` is another than what is
/// deployed; nothing where all of it can be compared.
///
/// `Fn::GetAZs` is not taken for a reason, though a region can get another zone: that is once in
/// years, and every deploy would ask for it.
pub fn unknown(tree: &StackTree, tags: &Tags) -> Option<String> {
    resolved(tree).or_else(|| unreadable(tree, tags))
}

/// What CloudFormation looks up elsewhere, in the root and below it.
fn resolved(tree: &StackTree) -> Option<String> {
    let values = tree.parameters.iter();
    let mut referring = values.filter(|(_, value)| value.contains(DYNAMIC_REFERENCE));
    if let Some((name, _)) = referring.next() {
        return Some(format!("parameter `{name}` is read elsewhere"));
    }
    let name = tree.template.name();
    in_parameters(&tree.template)
        .or_else(|| in_value(tree.template.value()).map(|what| format!("`{name}` has {what}")))
        .or_else(|| tree.nested.values().find_map(resolved))
}

fn in_parameters(template: &Template) -> Option<String> {
    let declared = template.value().get("Parameters")?.as_object()?;
    let mut stored = declared.iter().filter(|(_, declaration)| {
        let kind = declaration.get("Type").and_then(Value::as_str);
        kind.is_some_and(|kind| kind.starts_with(STORED_PARAMETER))
    });
    let (parameter, _) = stored.next()?;
    let name = template.name();
    Some(format!(
        "parameter `{parameter}` of `{name}` is read from the Parameter Store"
    ))
}

fn in_value(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let begin = text.find(DYNAMIC_REFERENCE)?;
            let reference = &text[begin..];
            let end = reference.find("}}").map_or(reference.len(), |end| end + 2);
            Some(format!("`{}`", &reference[..end]))
        }
        Value::Array(items) => items.iter().find_map(in_value),
        Value::Object(object) => object.iter().find_map(|(key, value)| {
            match key == "Transform" || key == "Fn::Transform" {
                true => Some(format!("`{key}`")),
                false => in_value(value),
            }
        }),
        _ => None,
    }
}

/// CloudFormation gives back `?` for what is beyond ASCII, so that another such character is no
/// other text. A nested template's text is known by its hash; the root's is not.
fn unreadable(tree: &StackTree, tags: &Tags) -> Option<String> {
    let beyond = |pairs: &Tags| {
        let mut pairs = pairs.iter();
        let found = pairs.find(|(key, value)| !key.is_ascii() || !value.is_ascii());
        found.map(|(key, _)| key.clone())
    };
    let place = match (beyond(&tree.parameters), beyond(tags)) {
        (Some(name), _) => format!("parameter `{name}`"),
        (None, Some(key)) => format!("tag `{key}`"),
        (None, None) if is_effective_beyond_ascii(tree.template.value()) => {
            format!("`{}`", tree.template.name())
        }
        (None, None) => return None,
    };
    Some(format!(
        "{place} has characters beyond ASCII, which CloudFormation does not give back"
    ))
}

/// Whether such characters are where they do something: comments and descriptions alone are no
/// change to CloudFormation.
fn is_effective_beyond_ascii(template: &Value) -> bool {
    let sections = template.as_object().into_iter().flatten();
    sections
        .into_iter()
        .any(|(section, value)| match section.as_str() {
            "Description" | "Metadata" => false,
            "Parameters" | "Outputs" => {
                let parts = value.as_object().into_iter().flatten();
                let mut members = parts.filter_map(|(_, part)| part.as_object()).flatten();
                members.any(|(key, value)| key != "Description" && has_beyond_ascii(value))
            }
            _ => has_beyond_ascii(value),
        })
}

fn has_beyond_ascii(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_ascii(),
        Value::Array(items) => items.iter().any(has_beyond_ascii),
        Value::Object(object) => object
            .iter()
            .any(|(key, value)| !key.is_ascii() || has_beyond_ascii(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use expect_test::{Expect, expect};

    use super::*;

    fn tree(text: &str) -> StackTree {
        StackTree {
            template: Template::parse("root.yaml", text.to_owned()).unwrap(),
            parameters: BTreeMap::new(),
            nested: BTreeMap::new(),
        }
    }

    fn nested(text: &str) -> StackTree {
        let mut root = tree("Resources: {}\n");
        let mut child = tree(text);
        child.template = Template::parse("data.yaml", text.to_owned()).unwrap();
        root.nested.insert("Data".to_owned(), child);
        root
    }

    #[track_caller]
    fn check(tree: &StackTree, expected: Expect) {
        let reason = unknown(tree, &Tags::new());
        expected.assert_eq(&reason.unwrap_or_else(|| "known".to_owned()));
    }

    #[test]
    fn what_is_looked_up_at_deploy_time_is_found_at_every_place() {
        let stored = "Parameters: {Image: {Type: 'AWS::SSM::Parameter::Value<String>'}}\n\
                      Resources: {}\n";
        check(
            &tree(stored),
            expect!["parameter `Image` of `root.yaml` is read from the Parameter Store"],
        );
        check(
            &nested(stored),
            expect!["parameter `Image` of `data.yaml` is read from the Parameter Store"],
        );
        // The name of a stored parameter is a text like any other.
        let name = "Parameters: {Image: {Type: 'AWS::SSM::Parameter::Name'}}\nResources: {}\n";
        check(&tree(name), expect!["known"]);
        for store in ["ssm", "ssm-secure", "secretsmanager"] {
            let text = format!(
                "Resources: {{T: {{Type: 'A::B::C', Properties: {{X: [!Sub 'a-{{{{resolve:{store}:/x}}}}']}}}}}}\n"
            );
            let reason = unknown(&nested(&text), &Tags::new());
            let expected = format!("`data.yaml` has `{{{{resolve:{store}:/x}}}}`");
            assert_eq!(reason, Some(expected));
        }
        let mut passed = tree("Resources: {}\n");
        let value = "{{resolve:ssm:/x:1}}".to_owned();
        passed.parameters.insert("Name".to_owned(), value);
        check(&passed, expect!["parameter `Name` is read elsewhere"]);
        check(
            &tree("Transform: AWS::LanguageExtensions\nResources: {}\n"),
            expect!["`root.yaml` has `Transform`"],
        );
        let include = "Resources: {T: {Type: 'A::B::C', Properties: {Fn::Transform: {Name: 'AWS::Include'}}}}\n";
        check(&nested(include), expect!["`data.yaml` has `Fn::Transform`"]);
    }

    #[test]
    fn characters_that_do_nothing_are_no_reason_to_ask() {
        let description = "# \u{fc}\nDescription: \u{fc}\nParameters: {P: {Type: String, Description: \u{fc}}}\n\
                           Resources: {}\nOutputs: {O: {Value: x, Description: \u{fc}}}\n";
        check(&tree(description), expect!["known"]);
        let output = "Resources: {}\nOutputs: {O: {Value: \u{fc}}}\n";
        check(
            &tree(output),
            expect![
                "`root.yaml` has characters beyond ASCII, which CloudFormation does not give back"
            ],
        );
        // Its hash is a parameter of the root.
        check(&nested(output), expect!["known"]);
        let tags = Tags::from([("owner".to_owned(), "M\u{fc}ller".to_owned())]);
        let reason = unknown(&tree("Resources: {}\n"), &tags).unwrap();
        assert!(reason.starts_with("tag `owner` has characters"), "{reason}");
    }
}
