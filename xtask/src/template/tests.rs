use expect_test::{Expect, expect};

use super::Template;

const TWO_RESOURCES: &str = "\
Parameters:
  Rate:
    Type: Number
    Default: 50
  Name:
    Type: String

Resources:
  # About the first.
  First:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub ${Name}-x
      # Inside the first.

  # About the second.
  Second:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !GetAtt First.TopicName
      Other: !If [IsSet, !Ref Name, !Ref AWS::NoValue]

Outputs:
  Name:
    Value: !Ref Second
";

fn template(text: &str) -> Template {
    Template::parse("example.yaml", text.to_owned()).unwrap()
}

#[test]
fn tags_become_the_long_form() {
    let template = template(TWO_RESOURCES);
    let (_, second) = template.resources().last().unwrap();
    expect![[r#"{"Type":"AWS::SNS::Topic","Properties":{"TopicName":{"Fn::GetAtt":["First","TopicName"]},"Other":{"Fn::If":["IsSet",{"Ref":"Name"},{"Ref":"AWS::NoValue"}]}}}"#]]
    .assert_eq(&second.to_string());
}

#[test]
fn parameters_have_defaults_as_strings() {
    expect![[r#"[Parameter { name: "Rate", default: Some("50") }, Parameter { name: "Name", default: None }]"#]]
        .assert_eq(&format!("{:?}", template(TWO_RESOURCES).parameters()));
}

#[test]
fn resources_know_their_line() {
    let template = template(TWO_RESOURCES);
    assert_eq!(template.at("Second"), "example.yaml:17");
}

#[test]
fn a_resource_is_cut_out_with_its_lines_and_nothing_else() {
    let template = template(TWO_RESOURCES);
    let text = template.text_without(&["First"]);
    let without_lines = |from: usize, to: usize| -> String {
        let lines = TWO_RESOURCES.split_inclusive('\n').enumerate();
        lines
            .filter(|(index, _)| !(from..to).contains(index))
            .map(|(_, line)| line)
            .collect()
    };
    assert_eq!(text, without_lines(9, 14));
    let last = template.text_without(&["Second"]);
    assert_eq!(last, without_lines(16, 21));
}

#[test]
fn broken_templates_are_explained_with_their_place() {
    let check = |text: &str, expected: Expect| {
        let err = Template::parse("broken.yaml", text.to_owned()).unwrap_err();
        expected.assert_eq(&format!("{err:#}"));
    };
    check(
        "Resources:\n  A: [",
        expect![
            "broken.yaml:3:1: not valid YAML: while parsing a node, did not find expected node content"
        ],
    );
    check(
        "Resources:\n  A:\n    Type: X\n  A:\n    Type: Y\n",
        expect!["broken.yaml:4:3: not valid YAML: duplicated key in mapping"],
    );
    check(
        "Resources:\n  A:\n    Properties: {}\n",
        expect!["broken.yaml:2: resource `A` has no `Type`"],
    );
    check(
        "Outputs: {}\n",
        expect!["broken.yaml:1:1: no `Resources` section"],
    );
    check(
        "just text",
        expect!["broken.yaml:1:1: a template is a mapping with a `Resources` section"],
    );
}
