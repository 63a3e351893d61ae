//! The pictures of the repository's own templates: that nothing is missing from them, that they
//! can be read, and that the README's is the one that the command makes now.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};
use serde_json::Value;

use crate::graph::overview::Overview;
use crate::graph::{Graph, drawing, picture};
use cfnkit_template::flattening::Templates;

mod looks;

use looks::{check_is_self_contained, check_texts, points, rects};

fn read() -> Templates {
    Templates::read(&super::root().join("infra/cfn")).unwrap()
}

#[test]
fn the_picture_in_the_readme_is_what_the_templates_say() {
    let file = "docs/architecture.svg";
    let committed = std::fs::read_to_string(super::root().join(file)).unwrap();
    let current = picture::svg(&Overview::of(&read()));
    assert!(
        committed == current,
        "{file} is stale; run `cargo xtask graph --overview --format svg --output {file}`"
    );
    let readme = std::fs::read_to_string(super::root().join("README.md")).unwrap();
    assert!(readme.contains("](docs/architecture.svg)"));
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

#[test]
fn every_type_of_resource_has_a_service() {
    let graph = Graph::of(&read());
    let resources = graph.stacks.iter().flat_map(|stack| &stack.resources);
    let types: BTreeSet<&str> = resources.map(|one| one.r#type.as_str()).collect();
    let known = crate::graph::known_types();
    let rows = "rows of xtask/src/graph/service.rs";
    let missing: Vec<&&str> = types.difference(&known).collect();
    assert!(missing.is_empty(), "{rows} are missing for {missing:?}");
    let unused: Vec<&&str> = known.difference(&types).collect();
    assert!(unused.is_empty(), "{rows} are of no use: {unused:?}");
}

fn flows(templates: &Templates) -> String {
    let flows = Overview::of(templates).flows.into_iter();
    let flows = flows.map(|flow| format!("{:?} -> {:?}: {:?}\n", flow.from, flow.to, flow.kind));
    flows.collect()
}

#[test]
fn the_overview_follows_a_request_to_the_table() {
    expect_test::expect![[r#"
        Client -> Waf: Request
        Waf -> ApiGateway: Request
        Waf -> Logs: Logs
        Waf -> CloudWatch: Metrics
        ApiGateway -> Lambda: Request
        ApiGateway -> Logs: Logs
        ApiGateway -> XRay: Traces
        ApiGateway -> CloudWatch: Metrics
        Lambda -> Endpoint: Request
        Lambda -> Logs: Logs
        Lambda -> XRay: Traces
        Lambda -> CloudWatch: Metrics
        Endpoint -> DynamoDb: Request
        DynamoDb -> CloudWatch: Metrics
        Vpc -> Logs: Logs
        CloudWatch -> Sns: Notice
    "#]]
    .assert_eq(&flows(&read()));
}

/// Each arrow rests on a property; without that the arrow is not there.
#[test]
fn what_the_templates_do_not_say_is_not_drawn() {
    let fixed = || Value::from("fixed");
    for (stack, pointer, value, flow) in [
        (
            "Api",
            "WebAclAssociation/Properties/ResourceArn",
            fixed(),
            "Waf -> ApiGateway: Request",
        ),
        (
            "Api",
            "PostMethod/Properties/Integration/Uri",
            fixed(),
            "ApiGateway -> Lambda: Request",
        ),
        (
            "Api",
            "WebAclLogging/Properties/LogDestinationConfigs",
            fixed(),
            "Waf -> Logs: Logs",
        ),
        (
            "Api",
            "Stage/Properties/TracingEnabled",
            false.into(),
            "ApiGateway -> XRay: Traces",
        ),
        (
            "Network",
            "DynamoDbEndpoint/Properties/RouteTableIds",
            fixed(),
            "Lambda -> Endpoint: Request",
        ),
        (
            "Network",
            "DynamoDbEndpoint/Properties/PolicyDocument/Statement/0/Resource",
            fixed(),
            "Endpoint -> DynamoDb: Request",
        ),
        (
            "Identity",
            "FunctionPolicy/Properties/PolicyDocument/Statement/0/Resource",
            fixed(),
            "Lambda -> Endpoint: Request",
        ),
        (
            "Network",
            "FlowLog/Properties/LogGroupName",
            fixed(),
            "Vpc -> Logs: Logs",
        ),
        (
            "Function",
            "Function/Properties/LoggingConfig/LogGroup",
            fixed(),
            "Lambda -> Logs: Logs",
        ),
    ] {
        assert!(flows(&read()).contains(flow), "{flow}");
        let templates = changed(stack, &format!("/Resources/{pointer}"), value);
        assert!(
            !flows(&templates).contains(flow),
            "{flow} without {pointer}"
        );
    }
}

#[test]
fn a_changed_limit_makes_the_picture_stale() {
    let before = picture::svg(&Overview::of(&read()));
    let after = changed(
        "Root",
        "/Parameters/StandardQuotaPerDay/Default",
        20000.into(),
    );
    let after = picture::svg(&Overview::of(&after));
    assert!(before.contains("50/s, burst 100, 10,000 a day"));
    assert!(after.contains("50/s, burst 100, 20,000 a day"));
    assert_eq!(before, picture::svg(&Overview::of(&read())));
}

#[test]
fn the_overview_can_be_read() {
    let text = picture::svg(&Overview::of(&read()));
    let svg = Document::parse(&text).unwrap();
    check_texts(&svg, &["region", "frame", "box", "part"]);
    // Parts are in their box or in no box at all, and boxes are apart.
    let boxes = rects(&svg, &["box", "part"]);
    for (index, (_, one)) in boxes.iter().enumerate() {
        for (_, other) in &boxes[index + 1..] {
            let apart = !one.overlaps(other) || one.holds(other) || other.holds(one);
            assert!(apart, "{one:?} {other:?}");
        }
    }
    check_is_self_contained(&svg, &text);
}

#[test]
fn the_whole_graph_can_be_read() {
    let graph = Graph::of(&read());
    let text = drawing::svg(&graph).unwrap();
    assert_eq!(text, drawing::svg(&graph).unwrap());
    let svg = Document::parse(&text).unwrap();
    check_texts(&svg, &["stack", "box"]);
    let boxes = rects(&svg, &["box"]);
    let resources: usize = graph.stacks.iter().map(|one| one.resources.len()).sum();
    assert_eq!(boxes.len(), resources);
    for (index, (_, one)) in boxes.iter().enumerate() {
        for (_, other) in &boxes[index + 1..] {
            assert!(!one.overlaps(other), "{one:?} {other:?}");
        }
    }
    let stacks = rects(&svg, &["stack"]);
    for (index, (_, one)) in stacks.iter().enumerate() {
        assert!(boxes.iter().any(|(_, area)| one.holds(area)));
        for (_, other) in &stacks[index + 1..] {
            assert!(!one.overlaps(other), "{one:?} {other:?}");
        }
    }
    check_is_self_contained(&svg, &text);
}

/// An arrow touches the box that it starts at and the one that it ends at, and no other.
#[test]
fn no_arrow_goes_through_a_box() {
    let text = drawing::svg(&Graph::of(&read())).unwrap();
    let svg = Document::parse(&text).unwrap();
    let boxes = rects(&svg, &["box"]);
    let arrows: Vec<Node<'_, '_>> = svg
        .descendants()
        .filter(|node| node.attribute("class") == Some("arrow"))
        .collect();
    assert_eq!(arrows.len(), Graph::of(&read()).edges.len());
    for arrow in arrows {
        let find = |tag| {
            arrow
                .children()
                .find(|node| node.has_tag_name(tag))
                .unwrap()
        };
        let points = points(find("path").attribute("d").unwrap());
        assert!(points.len() > 2);
        for (_, one) in &boxes {
            let inside = points.iter().any(|(x, y)| {
                let (left, right) = (one.left + 1.0, one.right - 1.0);
                let (top, bottom) = (one.top + 1.0, one.bottom - 1.0);
                *x > left && *x < right && *y > top && *y < bottom
            });
            assert!(!inside, "{:?} goes through {one:?}", find("title").text());
        }
    }
}
