//! Whether what a template refers to is there. CloudFormation says so too, but only after the
//! assets are published, and without the line.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::intrinsics::single_entry;
use crate::source::{Problem, nearest};
use crate::template::Template;
use cfnkit_yaml::positions::below;

/// A name that is referred to, and the JSON pointer of the reference.
#[derive(Debug)]
struct Reference {
    name: String,
    pointer: String,
}

/// Fails on the first `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn` that names nothing in the
/// template.
///
/// # Errors
///
/// There is one; the problem is at the reference.
pub fn check_references(template: &Template) -> Result<(), Problem> {
    let declared = template.resources().chain(template.section("Parameters"));
    let declared: BTreeSet<&str> = declared.map(|(name, _)| name).collect();
    let exists = |name: &str| name.starts_with("AWS::") || declared.contains(first_part(name));
    let places = [("resource", "Resources"), ("output", "Outputs")];
    for (what, name, pointer, value) in places.into_iter().flat_map(|(what, part)| {
        let parts = template.section(part);
        parts.map(move |(name, value)| (what, name, format!("/{part}/{name}"), value))
    }) {
        let mut references = Vec::new();
        collect(value, &pointer, &mut references);
        if let Some(depends_on) = value.get("DependsOn") {
            let pointer = format!("{pointer}/DependsOn");
            collect_depends_on(depends_on, &pointer, &mut references);
        }
        let Some(reference) = references.iter().find(|one| !exists(&one.name)) else {
            continue;
        };
        let missing = &reference.name;
        let problem = Problem::new(format!(
            "{what} `{name}` refers to `{missing}`, which the template does not declare"
        ))
        .at(template.value_at(&reference.pointer));
        let advice = match nearest(first_part(missing), declared.iter().copied()) {
            Some(choice) => format!("did you mean `{choice}`?"),
            None => format!(
                "declare `{}` under `Parameters` or `Resources`, or refer to something that is there",
                first_part(missing)
            ),
        };
        return Err(problem.mend(advice));
    }
    Ok(())
}

fn first_part(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The outputs of the nested stack `logical_id` that `root` reads, each with the JSON pointer of
/// one reference to it.
pub fn outputs_read(root: &Template, logical_id: &str) -> BTreeMap<String, String> {
    let mut references = Vec::new();
    collect(root.value(), "", &mut references);
    let prefix = format!("{logical_id}.Outputs.");
    let outputs = references.into_iter().filter_map(|reference| {
        let output = reference.name.strip_prefix(&prefix)?.to_owned();
        Some((output, reference.pointer))
    });
    outputs.collect()
}

/// Every name that `value` refers to: parameters, resources and attributes (`Table.Arn`).
pub fn names_in(value: &Value) -> Vec<String> {
    let mut references = Vec::new();
    collect(value, "", &mut references);
    let names = references.into_iter().map(|reference| reference.name);
    names.collect()
}

fn collect_depends_on(depends_on: &Value, pointer: &str, references: &mut Vec<Reference>) {
    match depends_on {
        Value::String(name) => references.push(Reference {
            name: name.clone(),
            pointer: pointer.to_owned(),
        }),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect_depends_on(item, &format!("{pointer}/{index}"), references);
            }
        }
        _ => {}
    }
}

/// Every name referred to, attributes included (`Data.Outputs.TableArn`).
fn collect(value: &Value, pointer: &str, references: &mut Vec<Reference>) {
    let mut refer = |name: &str| {
        references.push(Reference {
            name: name.to_owned(),
            pointer: pointer.to_owned(),
        });
    };
    let object = match value {
        Value::Object(object) => object,
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &below(pointer, &index.to_string()), references);
            }
            return;
        }
        _ => return,
    };
    match single_entry(object) {
        Some(("Ref", Value::String(name))) => refer(name),
        Some(("Fn::GetAtt", Value::Array(parts))) => {
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            refer(&parts.join("."));
        }
        Some(("Fn::Sub", Value::String(text))) => substitutions(text).for_each(refer),
        Some(("Fn::Sub", Value::Array(parts))) => {
            let local = parts.get(1).and_then(Value::as_object);
            let text = parts.first().and_then(Value::as_str).unwrap_or_default();
            let is_local = |name: &&str| local.is_some_and(|local| local.contains_key(*name));
            let names = substitutions(text).filter(|name| !is_local(name));
            names.for_each(refer);
            for (index, part) in parts.iter().enumerate().skip(1) {
                collect(part, &format!("{pointer}/Fn::Sub/{index}"), references);
            }
        }
        _ => {
            for (key, value) in object {
                collect(value, &below(pointer, key), references);
            }
        }
    }
}

fn substitutions(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split("${").skip(1);
    let names = names.filter_map(|part| Some(part.split_once('}')?.0));
    // `${!Literal}` is CloudFormation's escape.
    names.filter(|name| !name.starts_with('!'))
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
            .map(|err| format!("error: {err:#}\n"))
            .unwrap_or_default();
        expected.assert_eq(&anstream::adapter::strip_str(&message).to_string());
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
    fn what_is_not_declared_is_shown_at_its_place() {
        check(
            "{A: !Ref Nam}",
            expect![[r#"
            error: resource `Topic` refers to `Nam`, which the template does not declare
             --> t.yaml:6:21
              |
            6 |     Properties: {A: !Ref Nam}
              |                     ^^^^^^^^
              |
              = to mend: did you mean `Name`?
        "#]],
        );
        check(
            "{A: [!Sub 'x${Top}']}",
            expect![[r#"
            error: resource `Topic` refers to `Top`, which the template does not declare
             --> t.yaml:6:22
              |
            6 |     Properties: {A: [!Sub 'x${Top}']}
              |                      ^^^^^^^^^^^^^^
              |
              = to mend: did you mean `Topic`?
        "#]],
        );
        check(
            "{A: !GetAtt Other.Arn}",
            expect![[r#"
            error: resource `Topic` refers to `Other.Arn`, which the template does not declare
             --> t.yaml:6:21
              |
            6 |     Properties: {A: !GetAtt Other.Arn}
              |                     ^^^^^^^^^^^^^^^^^
              |
              = to mend: declare `Other` under `Parameters` or `Resources`, or refer to something that is there
        "#]],
        );
        check(
            "{A: !Sub ['${Local}', {Local: !Ref Mane}]}",
            expect![[r#"
            error: resource `Topic` refers to `Mane`, which the template does not declare
             --> t.yaml:6:47
              |
            6 |     Properties: {A: !Sub ['${Local}', {Local: !Ref Mane}]}
              |                                               ^^^^^^^^^
              |
              = to mend: declare `Mane` under `Parameters` or `Resources`, or refer to something that is there
        "#]],
        );
        check(
            "{}\n    DependsOn: [Topic, Toppic]",
            expect![[r#"
            error: resource `Topic` refers to `Toppic`, which the template does not declare
             --> t.yaml:7:24
              |
            7 |     DependsOn: [Topic, Toppic]
              |                        ^^^^^^
              |
              = to mend: did you mean `Topic`?
        "#]],
        );
    }
}
