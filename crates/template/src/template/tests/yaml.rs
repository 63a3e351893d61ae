//! What YAML says is what CloudFormation would read in it.

use expect_test::expect;

use super::{check, template};

/// Each with the default that a deploy sends.
#[test]
fn a_scalar_is_what_is_written() {
    for (written, sent) in [
        ("012345678901", "012345678901"),
        ("12345678901", "12345678901"),
        ("12345678901234567890", "12345678901234567890"),
        ("123456789012345678901", "123456789012345678901"),
        ("1.10", "1.10"),
        ("1.0", "1.0"),
        ("0777", "0777"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("+5", "+5"),
        ("-0", "-0"),
        ("1_000", "1_000"),
        (".5", ".5"),
        (".inf", ".inf"),
        ("2012-10-17", "2012-10-17"),
        ("12:30:45", "12:30:45"),
        ("!!int 31", "31"),
        ("!!int 0x1F", "0x1F"),
        ("!!float 1.10", "1.10"),
        ("!!str yes", "yes"),
        ("&anchor 0777", "0777"),
        ("!!str 0x1F", "0x1F"),
        ("'0x1F'", "0x1F"),
        ("1.10 # a comment", "1.10"),
        ("|-\n      012", "012"),
        ("|-\n      * 1.10", "* 1.10"),
        ("|-\n      yes", "yes"),
        (">-\n      no", "no"),
        // What YAML 1.1 has for true and false; CloudFormation makes these of them.
        ("true", "true"),
        ("False", "false"),
        ("YES", "true"),
        ("off", "false"),
        ("y", "y"),
        ("'yes'", "yes"),
        ("\"~\"", "~"),
    ] {
        let text = format!("Parameters:\n  A:\n    Default: {written}\nResources: {{}}\n");
        let parameters = template(&text).parameters();
        assert_eq!(parameters[0].default.as_deref(), Some(sent), "{written}");
    }
}

#[test]
fn keys_are_what_is_written() {
    let numbers = template("Mappings: {A: {012345678901: 1, on: 2, 1.10: 3}}\nResources: {}\n");
    expect![[r#"{"012345678901":1,"on":2,"1.10":3}"#]]
        .assert_eq(&numbers.value()["Mappings"]["A"].to_string());
    let tagged = template("A: !Base64 0777\nResources: {}\n");
    assert_eq!(tagged.value()["A"]["Fn::Base64"], "0777");
    let place = numbers.value_at("/Mappings/A/1.10").unwrap();
    assert_eq!(place.to_string(), "example.yaml:1:46");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    let template = template("\u{feff}Resources:\n  A: {Type: T}\n");
    assert_eq!(template.text(), "Resources:\n  A: {Type: T}\n");
    let place = template.key("/Resources").unwrap();
    assert_eq!(place.to_string(), "example.yaml:1:1");
}

#[test]
fn what_cloudformation_does_not_take_is_refused_where_it_stands() {
    check(
        "Resources:\n  A: &a {Type: T}\n  B: *a\n",
        expect![[r#"
        error: `*a` is an alias, which CloudFormation does not take
         --> broken.yaml:3:6
          |
        3 |   B: *a
          |      ^^
          |
          = to mend: write out what it stands for
    "#]],
    );
    check(
        "Resources:\n  A: &a\n    Type: T\n  B:\n    <<: *a\n",
        expect![[r#"
            error: `<<` is YAML's merge key, which CloudFormation does not take
             --> broken.yaml:5:5
              |
            5 |     <<: *a
              |     ^^
              |
              = to mend: write out what is merged
        "#]],
    );
    check(
        "Resources:\n  A:\n    Type: T\n  B:\n    <<: {Type: T}\n",
        expect![[r#"
            error: `<<` is YAML's merge key, which CloudFormation does not take
             --> broken.yaml:5:5
              |
            5 |     <<: {Type: T}
              |     ^^
              |
              = to mend: write out what is merged
        "#]],
    );
    check(
        "Resources:\n  &a A: {Type: T}\nOutputs:\n  *a : {Value: x}\n",
        expect![[r#"
            error: `*a` is an alias, which CloudFormation does not take
             --> broken.yaml:4:3
              |
            4 |   *a : {Value: x}
              |   ^^
              |
              = to mend: write out what it stands for
        "#]],
    );
    check(
        "Resources:\n  A:\n    Type: &a |\n      * T\n    Other: [1, *a]\n",
        expect![[r#"
            error: `*a` is an alias, which CloudFormation does not take
             --> broken.yaml:5:16
              |
            5 |     Other: [1, *a]
              |                ^^
              |
              = to mend: write out what it stands for
        "#]],
    );
    check(
        "Resources:\n  A:\n    Type: T\n    Properties:\n",
        expect![[r#"
            error: `Properties` has no value, and CloudFormation takes no null
             --> broken.yaml:4:5
              |
            4 |     Properties:
              |     ^^^^^^^^^^
              |
              = to mend: write a value, `''` for an empty text, or remove the key
        "#]],
    );
    check(
        "Resources: {A: {Type: T, Properties: {B: [~]}}}\n",
        expect![[r#"
            error: no value is here, and CloudFormation takes no null
             --> broken.yaml:1:43
              |
            1 | Resources: {A: {Type: T, Properties: {B: [~]}}}
              |                                           ^
              |
              = to mend: write a value, `''` for an empty text, or remove the key
        "#]],
    );
    check(
        "Parameters: {A: {Default: ~}}\nResources: {}\n",
        expect![[r#"
            error: `Default` has no value, and CloudFormation takes no null
             --> broken.yaml:1:18
              |
            1 | Parameters: {A: {Default: ~}}
              |                  ^^^^^^^
              |
              = to mend: write a value, `''` for an empty text, or remove the key
        "#]],
    );
    check(
        "Resources:\n  A: {Type: T}\n  'A': {Type: T}\n",
        expect![[r#"
            error: `A` is there twice
             --> broken.yaml:3:3
              |
            3 |   'A': {Type: T}
              |   ^^^
              |
              = to mend: rename one of the two, or remove it
        "#]],
    );
    check(
        "Mappings: {A: {1: x, '1': y}}\nResources: {}\n",
        expect![[r#"
            error: `1` is there twice
             --> broken.yaml:1:22
              |
            1 | Mappings: {A: {1: x, '1': y}}
              |                      ^^^
              |
              = to mend: rename one of the two, or remove it
        "#]],
    );
    check(
        "Resources:\n  Fn::ForEach::Topics:\n    - Name\n    - [A, B]\n    - {'Topic${Name}': {Type: T}}\n",
        expect![[r#"
            error: `Fn::ForEach::Topics` is a loop, which needs the transform `AWS::LanguageExtensions`
             --> broken.yaml:2:3
              |
            2 |   Fn::ForEach::Topics:
              |   ^^^^^^^^^^^^^^^^^^^
              |
              = to mend: write out what it repeats; transforms are not expanded here, and a deploy does not allow them
        "#]],
    );
    check(
        "Resources: {A: {Type: T}}\nOutputs:\n  Fn::ForEach::Names: [N, [A], {}]\n",
        expect![[r#"
            error: `Fn::ForEach::Names` is a loop, which needs the transform `AWS::LanguageExtensions`
             --> broken.yaml:3:3
              |
            3 |   Fn::ForEach::Names: [N, [A], {}]
              |   ^^^^^^^^^^^^^^^^^^
              |
              = to mend: write out what it repeats; transforms are not expanded here, and a deploy does not allow them
        "#]],
    );
    check(
        "Resources:\n  A:\n    Type: T\n    Properties:\n      B: {{resolve:ssm:/a/b:1}}\n",
        expect![[r#"
            error: `{{..}}` without quotes is a mapping inside a mapping, and no text
             --> broken.yaml:5:10
              |
            5 |       B: {{resolve:ssm:/a/b:1}}
              |          ^^^^^^^^^^^^^^^^^^^^^
              |
              = to mend: put the whole value in quotes, as in `'{{resolve:ssm:NAME}}'`
        "#]],
    );
    check(
        "Resources:\n  A:\n    Type: T\n    B: {{resolve:secretsmanager:a:SecretString:b}}-x\n",
        expect![[r#"
            error: not valid YAML: while parsing a block mapping, did not find expected key
             --> broken.yaml:4:51
              |
            4 |     B: {{resolve:secretsmanager:a:SecretString:b}}-x
              |                                                   ^
              |
              = to mend: put the whole value in quotes, as in `'{{resolve:ssm:NAME}}'`
        "#]],
    );
    check(
        "Resources: {A: {Type: T, ? [a] : b}}\n",
        expect![[r#"
        error: a key must be a string
         --> broken.yaml:1:28
          |
        1 | Resources: {A: {Type: T, ? [a] : b}}
          |                            ^^
          |
          = to mend: write the value out, without YAML's own extras
    "#]],
    );
    check(
        "Resources:\n  A:\n    Type: T\n    Action: *\n",
        expect![[r#"
            error: not valid YAML: while scanning an anchor or alias, did not find expected alphabetic or numeric character
             --> broken.yaml:4:13
              |
            4 |     Action: *
              |             ^
              |
              = to mend: `*` begins an alias in YAML; as text it stands in quotes: `'*'`
        "#]],
    );
    check(
        "Resources:\n  A:\n    Type: T\n    Action: @b\n",
        expect![[r#"
            error: not valid YAML: unexpected character: `@'
             --> broken.yaml:4:13
              |
            4 |     Action: @b
              |             ^
              |
              = to mend: a value that begins with `@`, `%` or a backtick must be in quotes
        "#]],
    );
    check(
        "Resources:\n  A:\n    Type: T\n    B: c: d\n",
        expect![[r#"
            error: not valid YAML: mapping values are not allowed in this context
             --> broken.yaml:4:9
              |
            4 |     B: c: d
              |         ^
              |
              = to mend: a value with `: ` in it must be in quotes; else look at the indentation
        "#]],
    );
    check(
        "Resources:\n  A:\n\t  Type: T\n",
        expect![[r#"
        error: not valid YAML: tabs disallowed within this context (block indentation)
         --> broken.yaml:3:4
          |
        3 |       Type: T
          |       ^
          |
          = to mend: YAML has no tabs; indent with spaces
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
        "",
        expect![[r#"
        error: the template is empty
         --> broken.yaml:1:1
          |
        1 |
          | ^
          |
          = to mend: a template is a mapping with a `Resources` section
    "#]],
    );
    check(
        "# Nothing.\n",
        expect![[r#"
        error: the template is empty
         --> broken.yaml:1:1
          |
        1 | # Nothing.
          | ^
          |
          = to mend: a template is a mapping with a `Resources` section
    "#]],
    );
}
