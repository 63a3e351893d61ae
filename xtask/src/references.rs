//! Whether what a template refers to is there. CloudFormation says so too, but only after the
//! assets are published, and without the line.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::intrinsics::single_entry;
use crate::template::Template;

/// Fails on the first `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn` that names nothing in the
/// template.
pub(crate) fn check_references(template: &Template) -> anyhow::Result<()> {
    let declared = |section: &str| -> BTreeSet<&str> {
        let section = template.value().get(section).and_then(Value::as_object);
        section
            .into_iter()
            .flat_map(|section| section.keys())
            .map(String::as_str)
            .collect()
    };
    let (resources, parameters) = (declared("Resources"), declared("Parameters"));
    let exists = |name: &str| {
        let name = name.split('.').next().unwrap_or(name);
        name.starts_with("AWS::") || resources.contains(name) || parameters.contains(name)
    };
    let mut places: Vec<(String, &Value)> = Vec::new();
    for (logical_id, resource) in template.resources() {
        let place = format!("{}: resource `{logical_id}`", template.at(logical_id));
        places.push((place, resource));
    }
    let outputs = template.value().get("Outputs").and_then(Value::as_object);
    for (output, value) in outputs.into_iter().flatten() {
        places.push((format!("{}: output `{output}`", template.name()), value));
    }
    for (place, value) in places {
        let mut names = Vec::new();
        collect(value, &mut names);
        if let Some(depends_on) = value.get("DependsOn") {
            collect_depends_on(depends_on, &mut names);
        }
        if let Some(missing) = names.iter().find(|name| !exists(name)) {
            anyhow::bail!("{place} refers to `{missing}`, which the template does not declare");
        }
    }
    Ok(())
}

/// The outputs of the nested stack `logical_id` that `root` reads.
pub(crate) fn outputs_read(root: &Template, logical_id: &str) -> BTreeSet<String> {
    let mut names = Vec::new();
    collect(root.value(), &mut names);
    let prefix = format!("{logical_id}.Outputs.");
    let outputs = names.iter().filter_map(|name| name.strip_prefix(&prefix));
    outputs.map(ToOwned::to_owned).collect()
}

fn collect_depends_on(depends_on: &Value, names: &mut Vec<String>) {
    match depends_on {
        Value::String(name) => names.push(name.clone()),
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_depends_on(item, names)),
        _ => {}
    }
}

/// Every name referred to, attributes included (`Data.Outputs.TableArn`).
fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(object) => match single_entry(object) {
            Some(("Ref", Value::String(name))) => names.push(name.clone()),
            Some(("Fn::GetAtt", Value::Array(parts))) => {
                let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
                names.push(parts.join("."));
            }
            Some(("Fn::Sub", Value::String(text))) => collect_substitutions(text, &[], names),
            Some(("Fn::Sub", Value::Array(parts))) => {
                let local = parts.get(1).and_then(Value::as_object);
                let local: Vec<&String> = local.into_iter().flat_map(|map| map.keys()).collect();
                if let Some(text) = parts.first().and_then(Value::as_str) {
                    collect_substitutions(text, &local, names);
                }
                parts.iter().skip(1).for_each(|part| collect(part, names));
            }
            _ => object.values().for_each(|value| collect(value, names)),
        },
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}

fn collect_substitutions(text: &str, local: &[&String], names: &mut Vec<String>) {
    for part in text.split("${").skip(1) {
        let Some((name, _)) = part.split_once('}') else {
            continue;
        };
        // `${!Literal}` is CloudFormation's escape.
        if !name.starts_with('!') && !local.iter().any(|local| *local == name) {
            names.push(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(properties: &str, expected: Expect) {
        let text = format!(
            "Parameters:\n  Name: {{Type: String}}\nResources:\n  Topic:\n    Type: T\n    \
             Properties: {properties}\n"
        );
        let template = Template::parse("t.yaml", text).unwrap();
        let message = check_references(&template)
            .err()
            .map(|err| format!("{err:#}"));
        expected.assert_eq(&message.unwrap_or_default());
    }

    #[test]
    fn what_is_declared_is_fine() {
        check(
            "{A: !Ref Name, B: !Sub '${Name}-${AWS::Region}-${Topic.Arn}-${!No}', C: !GetAtt Topic.Arn}",
            expect![""],
        );
        check("{A: !Sub ['${Local}', {Local: !Ref Name}]}", expect![""]);
    }

    #[test]
    fn what_is_not_declared_is_named_with_its_place() {
        check(
            "{A: !Ref Nam}",
            expect![
                "t.yaml:4: resource `Topic` refers to `Nam`, which the template does not declare"
            ],
        );
        check(
            "{A: [!Sub 'x${Top}']}",
            expect![
                "t.yaml:4: resource `Topic` refers to `Top`, which the template does not declare"
            ],
        );
        check(
            "{A: !GetAtt Other.Arn}",
            expect![
                "t.yaml:4: resource `Topic` refers to `Other.Arn`, which the template does not declare"
            ],
        );
    }
}
