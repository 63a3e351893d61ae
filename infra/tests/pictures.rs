//! The graph of the repository's own templates, which has everything that is in them, and the
//! README's picture.

use std::collections::BTreeSet;

use serde_json::Value;

use cfnkit_cli::graph::Graph;
use cfnkit_template::templates::Templates;

mod figures;

fn read() -> Templates {
    Templates::read(&super::root().join("infra/cfn")).unwrap()
}

/// Read from the text, not from what the program makes of it.
#[test]
fn every_resource_of_every_template_is_in_the_graph() {
    let mut expected = BTreeSet::new();
    for entry in std::fs::read_dir(super::root().join("infra/cfn")).unwrap() {
        let path = entry.unwrap().path();
        let stack = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, resources) = text.split_once("\nResources:\n").unwrap();
        for line in resources.lines().take_while(|line| *line != "Outputs:") {
            let name = line
                .strip_prefix("  ")
                .and_then(|line| line.strip_suffix(':'));
            if let Some(name) = name.filter(|name| name.chars().all(|one| one.is_alphanumeric())) {
                expected.insert(match stack.as_str() {
                    "root" => name.to_lowercase(),
                    stack => format!("{stack}.{name}"),
                });
            }
        }
    }
    let graph = Graph::of(&read());
    let mut found = BTreeSet::new();
    for stack in &graph.stacks {
        let name = stack.name.to_lowercase();
        // The stacks of `bootstrap.yaml` and `github-oidc.yaml` are no resources of the root.
        let is_alone = ["bootstrap", "github"].contains(&name.as_str());
        let name = name.replace("github", "github-oidc");
        let resources = stack.resources.iter();
        found.extend(resources.map(|resource| format!("{name}.{}", resource.logical_id)));
        found.extend((!is_alone).then_some(name));
    }
    assert!(expected.len() > 70, "{}", expected.len());
    assert_eq!(found, expected);

    let ids: BTreeSet<String> = found;
    for edge in &graph.edges {
        for end in [&edge.from, &edge.to] {
            let stack = end.stack.to_lowercase().replace("github", "github-oidc");
            let id = format!("{stack}.{}", end.logical_id);
            assert!(
                ids.contains(&id),
                "an edge ends at {end}, which is not there"
            );
        }
    }
}

#[test]
fn the_references_that_make_the_service_are_in_the_graph() {
    let edges = edges(&read());
    for expected in [
        "Api.PostMethod -> Function.Function",
        "Api.Permission -> Function.Function",
        "Api.DeploymentHash -> Api.TimeoutResponse",
        "Api.WebAclAssociation -> Api.Stage",
        "Function.Function -> Data.Table",
        "Function.Function -> Function.LogGroup",
        "Function.Function -> Identity.FunctionRole",
        "Function.Function -> Network.SubnetB",
        "Function.Function -> Bootstrap.AssetBucket",
        "Network.DynamoDbEndpoint -> Data.Table",
        "Network.FlowLog -> Data.FlowLogGroup",
        "Identity.FunctionPolicy -> Data.Table",
        "Observability.ServerErrorsAlarm -> Observability.AlarmTopic",
        "Observability.StandardQuotaAlarm -> Api.StandardApiKey",
        "Data.Table -> Bootstrap.Key",
    ] {
        assert!(edges.contains(expected), "{expected}");
    }
    let backwards = "Data.Table -> Function.Function";
    assert!(!edges.contains(backwards), "{backwards}");
}

fn edges(templates: &Templates) -> BTreeSet<String> {
    let edges = Graph::of(templates).edges.into_iter();
    edges
        .map(|edge| format!("{} -> {}", edge.from, edge.to))
        .collect()
}

/// The templates with one value changed.
fn changed(stack: &str, pointer: &str, value: Value) -> Templates {
    let mut templates = read();
    let template = match stack {
        "Root" => &mut templates.root,
        stack => templates.nested.get_mut(stack).unwrap(),
    };
    let mut whole = template.value().clone();
    *whole.pointer_mut(pointer).unwrap() = value;
    *template = template.with_value(whole);
    templates
}

#[test]
fn a_reference_that_goes_is_gone_from_the_graph() {
    for (stack, pointer, edge) in [
        (
            "Root",
            "/Resources/Api/Properties/Parameters/FunctionArn",
            "Api.PostMethod -> Function.Function",
        ),
        (
            "Data",
            "/Outputs/TableName/Value",
            "Function.Function -> Data.Table",
        ),
        (
            "Observability",
            "/Resources/ErrorsAlarm/Properties/AlarmActions",
            "Observability.ErrorsAlarm -> Observability.AlarmTopic",
        ),
    ] {
        assert!(edges(&read()).contains(edge), "{edge}");
        let mut templates = changed(stack, pointer, "fixed".into());
        if stack == "Observability" {
            let alarm = "/Resources/ErrorsAlarm/Properties/OKActions";
            let template = templates.nested.get_mut(stack).unwrap();
            let mut whole = template.value().clone();
            *whole.pointer_mut(alarm).unwrap() = Value::Null;
            *template = template.with_value(whole);
        }
        assert!(!edges(&templates).contains(edge), "{edge}");
    }
}
