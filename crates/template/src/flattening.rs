//! All stacks as one template with nothing left to look up: checkers follow neither parameters
//! nor nested stacks, so this is what they are shown. It is judged and never deployed.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value, json};

use crate::intrinsics::{resolved_section, single_entry};
use crate::parameters::Parameters;
use crate::template::{Template, plain_string};
use crate::templates::{BOOTSTRAP, GITHUB, Templates};

#[cfg(test)]
mod tests;

/// Around the name of what only CloudFormation knows, while it is the text of a parameter.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// The flat template, and where its resources were written.
#[derive(Debug)]
pub struct Flat {
    /// Every stack's resources, under logical IDs that begin with the stack's.
    pub template: Value,
    /// By logical ID in the flat template.
    pub origins: BTreeMap<String, Origin>,
}

/// A resource as the repository has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The root's logical ID of the stack, `Bootstrap` or `Github`.
    pub stack: String,
    /// As it is written, in the template of `stack`.
    pub logical_id: String,
}

impl Templates {
    /// Everything that the stacks of a stage, the bootstrap stack and the one of GitHub's role
    /// have, under logical IDs that begin with the stack's: `DataTable` is `Table` of `data.yaml`.
    /// A parameter of the root or of a stack on its own has the value in `chosen`, its default, or
    /// an example of what the deploy supplies.
    pub fn flatten(&self, chosen: &Parameters) -> Flat {
        let bootstrap = parameters_of(&self.bootstrap, chosen, &Parameters::new());
        let mut outputs = outputs_of(&self.bootstrap, BOOTSTRAP, &bootstrap);
        let mut known = BTreeMap::from([(BOOTSTRAP.to_owned(), bootstrap)]);
        if let Some(template) = &self.github {
            let mut supplied = outputs.clone();
            supplied.extend(self.function_name(chosen));
            let github = parameters_of(template, chosen, &supplied);
            outputs.extend(outputs_of(template, GITHUB, &github));
            known.insert(GITHUB.to_owned(), github);
        }
        let root = parameters_of(&self.root, chosen, &outputs);
        let mut flattener = Flattener {
            templates: self,
            stacks: resolved_section(self.root.value(), "Resources", &root),
            parameters: known,
        };
        let mut resources = Map::new();
        let mut origins = BTreeMap::new();
        for stack in self.stacks() {
            let parameters = flattener.parameters(stack);
            for (logical_id, resource) in resources_of(self.of_stack(stack), stack, &parameters) {
                let flat_id = format!("{stack}{logical_id}");
                resources.insert(flat_id.clone(), resource);
                let stack = stack.to_owned();
                origins.insert(flat_id, Origin { stack, logical_id });
            }
        }
        drop_missing_dependencies(&mut resources);
        Flat {
            template: json!({
                "AWSTemplateFormatVersion": "2010-09-09",
                "Description": "All stacks as one; to be judged, not deployed.",
                "Resources": resources,
            }),
            origins,
        }
    }
}

impl Templates {
    /// The name that the root gives its function, where it does: the stack of GitHub's role is told
    /// it by whoever deploys both.
    fn function_name(&self, chosen: &Parameters) -> Option<(String, String)> {
        const NAME: &str = "FunctionName";
        let root = parameters_of(&self.root, chosen, &Parameters::new());
        let resources = resolved_section(self.root.value(), "Resources", &root);
        let pointer = format!("/Properties/Parameters/{NAME}");
        let mut names = resources
            .values()
            .filter_map(|stack| stack.pointer(&pointer)?.as_str());
        Some((NAME.to_owned(), names.next()?.to_owned()))
    }
}

struct Flattener<'a> {
    templates: &'a Templates,
    /// The root's nested stack resources, root parameters resolved.
    stacks: BTreeMap<String, Value>,
    parameters: BTreeMap<String, Parameters>,
}

impl Flattener<'_> {
    fn parameters(&mut self, stack: &str) -> Parameters {
        if let Some(known) = self.parameters.get(stack) {
            return known.clone();
        }
        let passed = self.stacks.get(stack);
        let passed = passed.and_then(|stack| stack.pointer("/Properties/Parameters").cloned());
        let parameters: Parameters = passed
            .as_ref()
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), self.follow(value)))
            .collect();
        self.parameters.insert(stack.to_owned(), parameters.clone());
        parameters
    }

    /// What is passed, where it is another stack's output what that comes to.
    fn follow(&mut self, value: &Value) -> String {
        let output = value.as_object().and_then(single_entry);
        let output = match output {
            Some(("Fn::GetAtt", path)) => path.get(0).zip(path.get(1)),
            _ => None,
        };
        let output = output.and_then(|(stack, path)| {
            Some((stack.as_str()?, path.as_str()?.strip_prefix("Outputs.")?))
        });
        let Some((stack, output)) = output else {
            return as_parameter(value);
        };
        let parameters = self.parameters(stack);
        let mut outputs = outputs_of(self.templates.of_stack(stack), stack, &parameters);
        outputs.remove(output).unwrap_or_default()
    }
}

/// Every parameter with a value: the chosen one, what another stack put out under that name, the
/// default, or an example.
fn parameters_of(template: &Template, chosen: &Parameters, known: &Parameters) -> Parameters {
    let parameters = template.parameters().into_iter().map(|parameter| {
        let name = parameter.name;
        let value = chosen.get(&name).or(known.get(&name)).cloned();
        let value = value
            .or(parameter.default)
            .unwrap_or_else(|| example(&name));
        (name, value)
    });
    parameters.collect()
}

/// Of what a deploy supplies and CloudFormation's rules ask for.
fn example(parameter: &str) -> String {
    match parameter {
        "Repository" => "octo-org/octo-repo".to_owned(),
        "Stage" => "dev".to_owned(),
        name if name.ends_with("PrefixListId") => "pl-02cd2c6b".to_owned(),
        name if name.ends_with("TemplateKey") => format!("{}.yaml", "0".repeat(64)),
        _ => format!("{}.zip", "0".repeat(64)),
    }
}

fn outputs_of(template: &Template, stack: &str, parameters: &Parameters) -> Parameters {
    let outputs = resolved_section(template.value(), "Outputs", parameters);
    let outputs = outputs.into_iter().map(|(name, mut output)| {
        rename(stack, &mut output);
        let value = output.get("Value").map(as_parameter);
        (name, value.unwrap_or_default())
    });
    outputs.collect()
}

fn resources_of(
    template: &Template,
    stack: &str,
    parameters: &Parameters,
) -> BTreeMap<String, Value> {
    let mut value = template.value().clone();
    if let Some(resources) = value.get_mut("Resources") {
        give_types(template, parameters, resources);
    }
    let mut resources = resolved_section(&value, "Resources", parameters);
    for resource in resources.values_mut() {
        rename(stack, resource);
        let Some(resource) = resource.as_object_mut() else {
            continue;
        };
        resource.remove("Condition");
        let waited_for = match resource.get_mut("DependsOn") {
            Some(Value::Array(items)) => items.iter_mut().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for one in waited_for {
            *one = format!("{stack}{}", plain_string(one)).into();
        }
    }
    resources
}

/// Puts numbers, lists and booleans where the text of a parameter would stand for one: a checker
/// compares with what the property is.
fn give_types(template: &Template, parameters: &Parameters, value: &mut Value) {
    let named = match value.as_object().and_then(single_entry) {
        Some(("Ref", Value::String(name))) => parameters.get_key_value(name),
        _ => None,
    };
    match (named, value) {
        (Some((name, text)), value) => {
            let declared = format!("/Parameters/{name}/Type");
            let declared = template.value().pointer(&declared);
            let declared = declared.and_then(Value::as_str).unwrap_or_default();
            *value = typed(declared, text);
        }
        (None, value) => inside(value, |value| give_types(template, parameters, value)),
    }
}

/// Does something to each part of a value.
fn inside(value: &mut Value, work: impl FnMut(&mut Value)) {
    match value {
        Value::Object(object) => object.values_mut().for_each(work),
        Value::Array(items) => items.iter_mut().for_each(work),
        _ => {}
    }
}

fn typed(declared: &str, text: &str) -> Value {
    let is_list = declared.starts_with("List<") || declared == "CommaDelimitedList";
    let number = text.parse::<Number>().ok();
    let number = number.filter(|number| number.to_string() == text);
    match (text, number) {
        ("true", _) => true.into(),
        ("false", _) => false.into(),
        (_, Some(number)) => Value::Number(number),
        _ if is_list => text.split(',').collect(),
        _ => text.into(),
    }
}

/// Gives references the names of the flat template, and what stood in a parameter its own form.
fn rename(stack: &str, value: &mut Value) {
    let renamed = match &*value {
        Value::String(text) if text.contains(OPEN) => Some(opened(text)),
        Value::Object(object) => match single_entry(object) {
            Some(("Ref", Value::String(name))) => Some(json!({ "Ref": flat_name(stack, name) })),
            Some(("Fn::Sub", Value::String(text))) => {
                Some(json!({ "Fn::Sub": renamed_text(stack, text) }))
            }
            Some(("Fn::GetAtt", Value::Array(path))) => {
                let mut path = path.clone();
                if let Some(Value::String(name)) = path.first_mut() {
                    *name = flat_name(stack, name);
                }
                Some(json!({ "Fn::GetAtt": path }))
            }
            _ => None,
        },
        _ => None,
    };
    match (renamed, value) {
        (Some(renamed), value) => *value = renamed,
        (None, value) => inside(value, |one| rename(stack, one)),
    }
}

fn flat_name(stack: &str, name: &str) -> String {
    match name.starts_with("AWS::") {
        true => name.to_owned(),
        false => format!("{stack}{name}"),
    }
}

/// The text of a `Fn::Sub`, in which parameters may have left names.
fn renamed_text(stack: &str, text: &str) -> String {
    let mut parts = text.split("${");
    let mut renamed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        renamed += "${";
        renamed += &match part.starts_with("AWS::") || part.starts_with('!') {
            true => part.to_owned(),
            false => format!("{stack}{part}"),
        };
    }
    renamed.replace(OPEN, "${").replace(CLOSE, "}")
}

/// Text with names in it as the function that CloudFormation has for it.
fn opened(text: &str) -> Value {
    let name = text.strip_prefix(OPEN);
    let name = name.and_then(|text| text.strip_suffix(CLOSE));
    match name.filter(|name| !name.contains(OPEN)) {
        Some(name) => match name.split_once('.') {
            Some((resource, attribute)) => json!({ "Fn::GetAtt": [resource, attribute] }),
            None => json!({ "Ref": name }),
        },
        None => {
            let text = text.replace("${", "${!");
            json!({ "Fn::Sub": text.replace(OPEN, "${").replace(CLOSE, "}") })
        }
    }
}

/// A value as the text of a parameter, names marked.
fn as_parameter(value: &Value) -> String {
    let marked = |name: String| format!("{OPEN}{name}{CLOSE}");
    match value.as_object().and_then(single_entry) {
        Some(("Ref", name)) => marked(plain_string(name)),
        Some(("Fn::GetAtt", Value::Array(path))) => {
            let path: Vec<String> = path.iter().map(plain_string).collect();
            marked(path.join("."))
        }
        Some(("Fn::Sub", Value::String(text))) => {
            let mut parts = text.split("${");
            let mut result = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                match part.split_once('}') {
                    Some((name, rest)) => result += &(marked(name.to_owned()) + rest),
                    None => result += part,
                }
            }
            result
        }
        _ => plain_string(value),
    }
}

/// What waits for a resource whose condition is false waits for nothing.
fn drop_missing_dependencies(resources: &mut Map<String, Value>) {
    let present: Vec<String> = resources.keys().cloned().collect();
    for resource in resources.values_mut() {
        if let Some(Value::Array(items)) = resource.get_mut("DependsOn") {
            items.retain(|item| present.iter().any(|name| item == name));
        }
    }
}
