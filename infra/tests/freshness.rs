//! The deployment's logical ID over the real API: it changes with everything that a deployment
//! freezes, part by part, and with nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::root;
use cfnkit_assembly::deployment_hash::deployment_id;
use cfnkit_template::api_definition::DEFINITION_TYPES;
use cfnkit_template::stack_tree::read_template;
use cfnkit_template::template::Template;

fn api() -> Template {
    read_template(&root().join("infra/cfn"), "api.yaml").unwrap()
}

/// The pointer of every part below `value`, itself included.
fn pointers(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                pointers(value, &format!("{pointer}/{}", escape(key)), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Another value in the same place: text and numbers differ a little, the rest is emptied or gets
/// one more.
fn changed(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => vec![format!("{text}x").into()],
        Value::Bool(value) => vec![(!value).into()],
        Value::Number(number) => vec![json!(number.as_f64().unwrap() + 1.0)],
        Value::Array(items) => vec![[items.as_slice(), &[json!("more")]].concat().into()],
        Value::Object(object) => {
            let mut more = object.clone();
            more.insert("More".to_owned(), json!(1));
            vec![more.into()]
        }
        Value::Null => vec![json!(1)],
    }
}

/// Every template that differs from `template` in one part below `pointer`, by what was done.
fn mutants(template: &Value, pointer: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    pointers(template.pointer(pointer).unwrap(), pointer, &mut found);
    let mut mutants = Vec::new();
    for pointer in found {
        for value in changed(template.pointer(&pointer).unwrap()) {
            let mut mutant = template.clone();
            *mutant.pointer_mut(&pointer).unwrap() = value;
            mutants.push((format!("{pointer} is another"), mutant));
        }
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let mut mutant = template.clone();
        match mutant.pointer_mut(parent).unwrap() {
            Value::Object(object) => {
                let key = key.replace("~1", "/").replace("~0", "~");
                object.remove(&key).unwrap();
            }
            Value::Array(items) => {
                items.remove(key.parse().unwrap());
            }
            other => panic!("{pointer} is in {other}"),
        }
        mutants.push((format!("{pointer} is gone"), mutant));
    }
    mutants
}

fn id(api: &Template, value: Value) -> String {
    deployment_id(&api.with_value(value))
}

fn is_definition(resource: &Value) -> bool {
    DEFINITION_TYPES
        .iter()
        .any(|kind| resource["Type"] == **kind)
}

#[test]
fn every_part_of_the_definition_is_fresh_when_it_changes() {
    let api = api();
    let before = id(&api, api.value().clone());
    let mut ids = BTreeMap::from([(before, "nothing changed".to_owned())]);
    let mut count = 0;
    for (logical_id, resource) in api.resources() {
        if !is_definition(resource) {
            continue;
        }
        let mut all = mutants(api.value(), &format!("/Resources/{logical_id}/Properties"));
        // The resource itself: gone, and under another name.
        let mut without = api.value().clone();
        let resources = without["Resources"].as_object_mut().unwrap();
        let taken = resources.remove(logical_id).unwrap();
        let mut renamed = without.clone();
        renamed["Resources"][format!("{logical_id}2")] = taken;
        all.push((format!("{logical_id} is gone"), without));
        all.push((format!("{logical_id} is renamed"), renamed));
        for (what, mutant) in all {
            let earlier = ids.insert(id(&api, mutant), what.clone());
            assert_eq!(earlier, None, "{what} has the same ID");
            count += 1;
        }
    }
    assert!(count > 300, "{count}");
}

#[test]
fn everything_else_leaves_the_deployment_alone() {
    let api = api();
    let before = id(&api, api.value().clone());
    let mut count = 0;
    for section in ["Description", "Parameters", "Conditions", "Outputs"] {
        let mut others = mutants(api.value(), &format!("/{section}"));
        count += others.len();
        for (what, mutant) in others.drain(..) {
            assert_eq!(id(&api, mutant), before, "{what}");
        }
    }
    for (logical_id, resource) in api.resources() {
        let here = format!("/Resources/{logical_id}");
        let pointer = match is_definition(resource) {
            true => continue,
            false => format!("{here}/Properties"),
        };
        for (what, mutant) in mutants(api.value(), &pointer) {
            assert_eq!(id(&api, mutant), before, "{what}");
            count += 1;
        }
    }
    assert!(count > 500, "{count}");
}

/// What is said about a resource, and not to API Gateway, is frozen by nobody.
#[test]
fn attributes_of_the_definition_leave_the_deployment_alone() {
    let api = api();
    let before = id(&api, api.value().clone());
    for (logical_id, resource) in api.resources() {
        if !is_definition(resource) {
            continue;
        }
        for (attribute, value) in [
            ("Metadata", json!({ "Waivers": [] })),
            ("DependsOn", json!(["Stage"])),
            ("DeletionPolicy", json!("Delete")),
        ] {
            let mut mutant = api.value().clone();
            mutant["Resources"][logical_id][attribute] = value;
            assert_eq!(id(&api, mutant), before, "{logical_id} {attribute}");
        }
    }
}

/// The text of the definition says everything, so it must not depend on what is not in it.
#[test]
fn the_definition_has_no_conditions() {
    let api = api();
    for (logical_id, resource) in api.resources() {
        if is_definition(resource) {
            assert!(resource.get("Condition").is_none(), "{logical_id}");
            assert!(!resource.to_string().contains("Fn::If"), "{logical_id}");
        }
    }
}
