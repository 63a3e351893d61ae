//! The README's picture is drawn by hand, so each figure in it names what it shows.
//!
//! The text of an element with `data-property="Api.Stage/StageName"` is that property of that
//! resource, at the default of every parameter. Where the text is words, or there is none, the
//! attribute ends with what the property has to be: `Api.Stage/TracingEnabled=true`. The text of
//! one with `data-count` is how many things its path leads to. A type instead of the logical ID
//! leads to all resources of that type in the stack, and `*` to all items of a list.

use roxmltree::{Document, Node};
use serde_json::Value;

use super::{changed, read};
use crate::root;
use cfnkit_template::flattening::Flat;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::template::plain_string;
use cfnkit_template::templates::Templates;

const PICTURE: &str = "docs/architecture.svg";

/// What a person has to correct, by line of the picture.
fn problems(picture: &str, templates: &Templates) -> Vec<String> {
    let flat = templates.flatten(&Parameters::new());
    let document = Document::parse(picture).unwrap();
    let elements = document.descendants().filter(Node::is_element);
    let elements = elements.filter(|node| !node.has_tag_name("style"));
    let problems = elements.filter_map(|node| {
        let line = document.text_pos_at(node.range().start).row;
        problem(node, &flat).map(|problem| format!("{PICTURE}:{line}: {problem}"))
    });
    problems.collect()
}

fn problem(node: Node<'_, '_>, flat: &Flat) -> Option<String> {
    let texts = node.children().filter(Node::is_text);
    let text: String = texts.filter_map(|text| text.text()).collect();
    if let Some(path) = node.attribute("data-count") {
        let shown = if text == "no" { "0" } else { &text };
        return difference(path, shown, &found(flat, path).len().to_string());
    }
    if let Some(property) = node.attribute("data-property") {
        let Some((path, required)) = property.split_once('=') else {
            return difference(property, &text.replace(',', ""), &only(flat, property));
        };
        if let Some(difference) = difference(path, required, &only(flat, path)) {
            return Some(difference);
        }
    }
    let mut words = text.split([' ', '(']);
    let figure = words.find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    Some(format!("`{figure}` names no property that is its text"))
}

fn difference(path: &str, shown: &str, expected: &str) -> Option<String> {
    let is_same = shown.eq_ignore_ascii_case(expected);
    (!is_same).then(|| format!("`{path}` is `{expected}`, and the picture has `{shown}`"))
}

fn only(flat: &Flat, path: &str) -> String {
    match found(flat, path).as_slice() {
        [value] => plain_string(value),
        values => format!("{} properties", values.len()),
    }
}

fn found<'a>(flat: &'a Flat, path: &str) -> Vec<&'a Value> {
    let mut keys = path.split('/');
    let resource = keys.next().unwrap_or_default();
    let (stack, name) = resource.split_once('.').unwrap_or_default();
    let mut values = Vec::new();
    for (id, origin) in &flat.origins {
        let resource = &flat.template["Resources"][id];
        let is_named = origin.logical_id == name || resource["Type"] == name;
        if origin.stack == stack && is_named {
            values.push(&resource["Properties"]);
        }
    }
    for key in keys {
        let inner = values.into_iter().flat_map(|value| match key {
            "*" => value.as_array().into_iter().flatten().collect(),
            key => Vec::from_iter(value.get(key)),
        });
        values = inner.collect();
    }
    values
}

#[test]
fn the_figures_in_the_readmes_picture_are_those_of_the_templates() {
    let picture = std::fs::read_to_string(root().join(PICTURE)).unwrap();
    let problems = problems(&picture, &read());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&format!("]({PICTURE})")));
}

#[test]
fn a_figure_that_is_not_what_it_names_is_a_problem() {
    let svg = |element: &str| format!("<svg><style>a {{ x: 1 }}</style>{element}</svg>");
    let quota = "Api.StandardUsagePlan/Quota/Limit";
    let of = |path: &str, text: &str| svg(&format!("<t data-property=\"{path}\">{text}</t>"));
    let subnets = |text: &str| {
        let path = "Network.AWS::EC2::Subnet";
        svg(&format!("<t data-count=\"{path}\">{text}</t> subnets"))
    };
    for right in [
        of(quota, "10,000"),
        of("Api.Stage/TracingEnabled=true", "traced by X-Ray"),
        subnets("2"),
        svg("<t data-count=\"Network.AWS::EC2::NatGateway\">no</t>"),
    ] {
        assert_eq!(problems(&right, &read()), [""; 0], "{right}");
    }
    for wrong in [
        of(quota, "20,000"),
        of(quota, ""),
        of("Api.StandardPlan/Quota/Limit", "10,000"),
        of("Api.AWS::ApiGateway::UsagePlan/Quota/Limit", "10,000"),
        of("Api.Stage/TracingEnabled=false", "not traced"),
        of("Api.Stage/TracingEnabled=true", "traced for 30 days"),
        subnets("3"),
        svg("<t>10,000</t> a day"),
        svg("a day has <t>words</t> 10,000"),
    ] {
        assert_eq!(problems(&wrong, &read()).len(), 1, "{wrong}");
    }
    let default = "/Parameters/StandardQuotaPerDay/Default";
    let templates = changed("Root", default, 20000.into());
    expect_test::expect![
        "docs/architecture.svg:1: `Api.StandardUsagePlan/Quota/Limit` is `20000`, and the picture has `10000`"
    ]
    .assert_eq(&problems(&of(quota, "10,000"), &templates).concat());
}
