//! The nested stacks as one set of resources, parameters followed through the root: what a
//! property comes to at the root's defaults. What only CloudFormation knows is a name in angle
//! brackets, as in `<Data.Table.Arn>`.

use std::collections::BTreeMap;

use serde_json::Value;

use cfnkit_assembly::assembly::AssembledTemplates;
use cfnkit_template::intrinsics::{resolved_resources, single_entry};
use cfnkit_template::parameters::Parameters;
use cfnkit_template::template::plain_string;

/// Resources by `Stack.LogicalId`, and the root's outputs.
pub(super) struct Flat {
    pub(super) resources: BTreeMap<String, Value>,
    pub(super) outputs: BTreeMap<String, String>,
}

pub(super) fn flatten(templates: &AssembledTemplates, chosen: &[(&str, &str)]) -> Flat {
    let mut parameters: Parameters = templates
        .root
        .parameters()
        .into_iter()
        .map(|parameter| {
            let value = parameter
                .default
                .unwrap_or_else(|| format!("<{}>", parameter.name));
            (parameter.name, value)
        })
        .collect();
    parameters.extend(
        chosen
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into())),
    );
    let mut flattener = Flattener {
        templates,
        stacks: resolved_resources(&templates.root, &parameters),
        parameters: BTreeMap::new(),
    };
    let mut resources = BTreeMap::new();
    for (stack, nested) in &templates.nested {
        let parameters = flattener.parameters_of(stack);
        for (logical_id, mut resource) in resolved_resources(&nested.template, &parameters) {
            name_references(stack, &mut resource);
            resources.insert(format!("{stack}.{logical_id}"), resource);
        }
    }
    let outputs = templates.root.value()["Outputs"].as_object().unwrap();
    let outputs = outputs
        .iter()
        .map(|(name, output)| (name.clone(), flattener.follow(&output["Value"])));
    Flat {
        outputs: outputs.collect(),
        resources,
    }
}

struct Flattener<'a> {
    templates: &'a AssembledTemplates,
    /// The root's nested stack resources, root parameters resolved.
    stacks: BTreeMap<String, Value>,
    parameters: BTreeMap<String, Parameters>,
}

impl Flattener<'_> {
    fn parameters_of(&mut self, stack: &str) -> Parameters {
        if let Some(known) = self.parameters.get(stack) {
            return known.clone();
        }
        let passed = self.stacks[stack]["Properties"]["Parameters"].clone();
        let passed = passed.as_object().unwrap();
        let parameters: Parameters = passed
            .iter()
            .map(|(name, value)| (name.clone(), self.follow(value)))
            .collect();
        self.parameters.insert(stack.to_owned(), parameters.clone());
        parameters
    }

    /// The value, with the output of a nested stack replaced by what it comes to there.
    fn follow(&mut self, value: &Value) -> String {
        let Some(("Fn::GetAtt", path)) = value.as_object().and_then(single_entry) else {
            return plain_string(value);
        };
        let stack = path[0].as_str().unwrap();
        let output = path[1].as_str().unwrap().strip_prefix("Outputs.").unwrap();
        let parameters = self.parameters_of(stack);
        let template = &self.templates.nested[stack].template;
        // An output resolves as a property does.
        let carrier = format!(
            "Resources: {{It: {{Type: T, Properties: {{Value: {}}}}}}}",
            template.value()["Outputs"][output]["Value"]
        );
        let carrier = cfnkit_template::template::Template::parse("output", carrier).unwrap();
        let mut resolved = resolved_resources(&carrier, &parameters)
            .remove("It")
            .unwrap();
        name_references(stack, &mut resolved);
        plain_string(&resolved["Properties"]["Value"])
    }
}

/// Turns the references that are left into names: `{"Ref": "Table"}` into `<Data.Table>`.
fn name_references(stack: &str, value: &mut Value) {
    let named = match value.as_object().and_then(single_entry) {
        Some(("Ref", Value::String(name))) if name.starts_with("AWS::") => {
            Some(format!("<{name}>"))
        }
        Some(("Ref", Value::String(name))) => Some(format!("<{stack}.{name}>")),
        Some(("Fn::GetAtt", Value::Array(path))) => Some(format!(
            "<{stack}.{}.{}>",
            path[0].as_str().unwrap(),
            path[1].as_str().unwrap()
        )),
        Some(("Fn::Sub", Value::String(text))) => Some(name_substitutions(stack, text)),
        _ => None,
    };
    match (named, value) {
        (Some(named), value) => *value = Value::String(named),
        (None, Value::Object(object)) => {
            object
                .values_mut()
                .for_each(|value| name_references(stack, value));
        }
        (None, Value::Array(items)) => {
            items
                .iter_mut()
                .for_each(|value| name_references(stack, value));
        }
        _ => {}
    }
}

/// `${Table}` becomes `<Data.Table>`; other braces are text.
fn name_substitutions(stack: &str, text: &str) -> String {
    let mut parts = text.split("${");
    let mut named = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap();
        named += &match name.starts_with("AWS::") {
            true => format!("<{name}>"),
            false => format!("<{stack}.{name}>"),
        };
        named += rest;
    }
    named
}
