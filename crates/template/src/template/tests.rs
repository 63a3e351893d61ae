use expect_test::{Expect, expect};

use super::Template;

mod yaml;

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

/// Holds what is said of a text that is no template.
fn check(text: &str, expected: Expect) {
    let err = Template::parse("broken.yaml", text.to_owned()).unwrap_err();
    let text = format!("error: {err:#}\n");
    expected.assert_eq(&anstream::adapter::strip_str(&text).to_string());
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
fn everything_knows_its_place() {
    let template = template(TWO_RESOURCES);
    let check = |place: Option<crate::source::Place>, expected: &str| {
        assert_eq!(
            place.map(|place| place.to_string()).unwrap_or_default(),
            expected
        );
    };
    check(template.resource("Second"), "example.yaml:17:3");
    check(
        template.key("/Resources/Second/Properties/Other"),
        "example.yaml:21:7",
    );
    check(
        template.value_at("/Resources/Second/Properties/Other/Fn::If/1/Ref"),
        "example.yaml:21:26",
    );
    check(template.key("/Outputs/Name"), "example.yaml:24:3");
    check(template.key("/Resources/Third"), "");
}

#[test]
fn places_stay_those_of_the_file() {
    let template = template(TWO_RESOURCES);
    let text = template
        .text_without(&["First"])
        .replace("Second", "Second1a2b");
    let derived = template.with_renamed(text, "Second", "Second1a2b").unwrap();
    for logical_id in ["Second1a2b", "Second"] {
        let place = derived.resource(logical_id).unwrap();
        assert_eq!(place.to_string(), "example.yaml:17:3");
    }
}

#[test]
fn what_is_not_ascii_does_not_move_a_place() {
    let template = template("# Ünïcödé.\r\nResources:\r\n  'Tö': {Type: T, 'é': !Ref Gr}\r\n");
    let place = template.value_at("/Resources/Tö/é/Ref").unwrap();
    assert_eq!(place.to_string(), "example.yaml:3:24");
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
    check(
        "Resources:\n  A: [",
        expect![[r#"
            error: not valid YAML: while parsing a node, did not find expected node content
             --> broken.yaml:2:7
              |
            2 |   A: [
              |       ^
              |
              = to mend: from here on it makes no sense; look above, too, for a bracket or a quote that is not closed, and at the indentation
        "#]],
    );
    check(
        "Resources:\n  A:\n    Type: T\n   B: 1\n",
        expect![[r#"
            error: not valid YAML: while parsing a block mapping, did not find expected key
             --> broken.yaml:4:4
              |
            4 |    B: 1
              |    ^
              |
              = to mend: from here on it makes no sense; look above, too, for a bracket or a quote that is not closed, and at the indentation
        "#]],
    );
    check(
        "Resources:\n  A:\n    Type: X\n  A:\n    Type: Y\n",
        expect![[r#"
            error: not valid YAML: duplicated key in mapping
             --> broken.yaml:4:3
              |
            4 |   A:
              |   ^
              |
              = to mend: rename one of the two, or remove it
        "#]],
    );
    check(
        "Resources:\n  A:\n    Type: !!x Y\n",
        expect![[r#"
            error: unknown tag `!!x`
             --> broken.yaml:3:11
              |
            3 |     Type: !!x Y
              |           ^^^^^
              |
              = to mend: write the value out, without YAML's own extras
        "#]],
    );
    check(
        "Resources: {}\n---\nResources: {}\n",
        expect![[r#"
            error: expected one YAML document, found 2
             --> broken.yaml:3:1
              |
            3 | Resources: {}
              | ^
              |
              = to mend: a template has no `---` between its parts
        "#]],
    );
    check(
        "Resources:\n  A:\n    Properties: {}\n",
        expect![[r#"
        error: resource `A` has no `Type`
         --> broken.yaml:2:3
          |
        2 |   A:
          |   ^
          |
          = to mend: add `Type: AWS::SERVICE::RESOURCE` below it
    "#]],
    );
    check(
        "Outputs: {}\n",
        expect![[r#"
        error: no `Resources` section
         --> broken.yaml:1:1
          |
        1 | Outputs: {}
          | ^
          |
          = to mend: a template declares at least one resource
    "#]],
    );
    check(
        "just text",
        expect![[r#"
        error: a template is a mapping with a `Resources` section
         --> broken.yaml:1:1
          |
        1 | just text
          | ^^^^^^^^^
    "#]],
    );
}
