//! What can be known about templates without an account: CloudFormation's limits, and whether a
//! nested stack is given and gives what it should.

use serde_json::Value;

use cfnkit_template::references::outputs_read;
use cfnkit_template::source::{Problem, nearest};
use cfnkit_template::template::Template;

/// CloudFormation's limit for a template in S3.
const BYTES: usize = 1_000_000;
const RESOURCES: usize = 500;
const PARAMETERS: usize = 200;

pub(super) fn missing_template(root: &Template, logical_id: &str, file: &str) -> Problem {
    Problem::new(format!("nested stack `{logical_id}` has no template"))
        .at(root.resource(logical_id))
        .mend(format!(
            "write `infra/cfn/{file}`: a nested stack's template has its logical ID as name"
        ))
}

pub(super) fn check_size(template: &Template) -> Result<(), Problem> {
    // The place is the first thing that is too much.
    let beyond = |section: &str, limit: usize| {
        let (name, _) = template.section(section).nth(limit)?;
        Some(name.to_owned())
    };
    let resource = beyond("Resources", RESOURCES).and_then(|id| template.resource(&id));
    let parameter = beyond("Parameters", PARAMETERS);
    let parameter = parameter.and_then(|name| template.key(&format!("/Parameters/{name}")));
    let limits = [
        (
            "bytes",
            template.text().len(),
            BYTES,
            Some(template.byte(BYTES)),
        ),
        ("resources", template.resource_count(), RESOURCES, resource),
        (
            "parameters",
            template.parameters().len(),
            PARAMETERS,
            parameter,
        ),
    ];
    for (what, actual, limit, place) in limits {
        if actual > limit {
            let name = template.name();
            let title = format!("{name} has {actual} {what}; CloudFormation takes at most {limit}");
            let problem = Problem::new(title).at(place);
            return Err(problem.mend("move what belongs together into a nested stack of its own"));
        }
    }
    Ok(())
}

/// What the root passes must be what the nested template declares, and the outputs it reads
/// must be there.
pub(super) fn check_interface(
    root: &Template,
    logical_id: &str,
    nested: &Template,
) -> Result<(), Problem> {
    let file = nested.name();
    let resource = root.resources().find(|(id, _)| *id == logical_id);
    let passed = resource
        .and_then(|(_, resource)| resource.pointer("/Properties/Parameters"))
        .and_then(Value::as_object);
    let passed: Vec<&String> = passed
        .into_iter()
        .flat_map(|passed| passed.keys())
        .collect();
    let declared = nested.parameters();
    let parameters = format!("/Resources/{logical_id}/Properties/Parameters");
    for name in &passed {
        if !declared.iter().any(|parameter| parameter.name == **name) {
            let choices = declared.iter().map(|parameter| parameter.name.as_str());
            let advice = match nearest(name, choices) {
                Some(choice) => format!("did you mean `{choice}`?"),
                None => format!("declare it under `Parameters` in {file}, or do not pass it"),
            };
            return Err(Problem::new(format!(
                "nested stack `{logical_id}` is given `{name}`, which {file} does not declare"
            ))
            .at(root.key(&format!("{parameters}/{name}")))
            .mend(advice));
        }
    }
    for parameter in &declared {
        if parameter.default.is_none() && !passed.contains(&&parameter.name) {
            let name = &parameter.name;
            let place = root.key(&parameters);
            return Err(Problem::new(format!(
                "nested stack `{logical_id}` is not given `{name}`, which {file} needs"
            ))
            .at(place.or_else(|| root.resource(logical_id)))
            .mend(format!(
                "pass `{name}` here, or give it a `Default` in {file}"
            )));
        }
    }
    let outputs: Vec<&str> = nested.section("Outputs").map(|(name, _)| name).collect();
    for (output, pointer) in outputs_read(root, logical_id) {
        if !outputs.contains(&output.as_str()) {
            let advice = match nearest(&output, outputs.iter().copied()) {
                Some(choice) => format!("did you mean `{choice}`?"),
                None => format!("add `{output}` to the `Outputs` of {file}"),
            };
            return Err(Problem::new(format!(
                "{} reads `{logical_id}.Outputs.{output}`, which {file} does not have",
                root.name()
            ))
            .at(root.value_at(&pointer))
            .mend(advice));
        }
    }
    Ok(())
}
