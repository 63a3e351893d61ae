use expect_test::{Expect, expect};

use super::read;
use crate::service::tests::ORDERS;
use crate::stage_file::tests::root;

/// All problems of a text, one after the other.
fn check(text: &str, expected: Expect) {
    let problems = read("infra/stages/live.json", text, &root(), &ORDERS).err();
    let problems = problems.unwrap_or_default();
    let shown: Vec<String> = problems.iter().map(|one| format!("{one}\n")).collect();
    expected.assert_eq(&anstream::adapter::strip_str(&shown.concat()).to_string());
}

#[test]
fn misspelt_names_are_told_with_the_nearest_right_one() {
    check(
        r#"{
  "Paramters": {},
  "StackPolicy": {},
  "Zoo": 1,
  "Parameters": {
    "WafManagedRule": "count",
    "Xyz": "1"
  },
  "RollbackAlarms": ["ServerErrorAlarmArn", "Endpoint"]
}"#,
        expect![[r#"
            a stage file has no member `Paramters`
             --> infra/stages/live.json:2:3
              |
            2 |   "Paramters": {},
              |   ^^^^^^^^^^^
              |
              = to mend: did you mean `Parameters`?
            a stage file has no member `StackPolicy`
             --> infra/stages/live.json:3:3
              |
            3 |   "StackPolicy": {},
              |   ^^^^^^^^^^^^^
              |
              = to mend: remove it; `aws cloudformation set-stack-policy` sets one
            a stage file has no member `Zoo`
             --> infra/stages/live.json:4:3
              |
            4 |   "Zoo": 1,
              |   ^^^^^
              |
              = to mend: it has: Parameters, Tags, Production, TerminationProtection, RollbackAlarms, MonitoringTimeInMinutes
            infra/cfn/root.yaml has no parameter `WafManagedRule`
             --> infra/stages/live.json:6:5
              |
            6 |     "WafManagedRule": "count",
              |     ^^^^^^^^^^^^^^^^
              |
              = to mend: did you mean `WafManagedRules`?
            infra/cfn/root.yaml has no parameter `Xyz`
             --> infra/stages/live.json:7:5
              |
            7 |     "Xyz": "1"
              |     ^^^^^
              |
              = to mend: it has: Rate, WafManagedRules
            infra/cfn/root.yaml has no output `ServerErrorAlarmArn` with an alarm's ARN
             --> infra/stages/live.json:9:22
              |
            9 |   "RollbackAlarms": ["ServerErrorAlarmArn", "Endpoint"]
              |                      ^^^^^^^^^^^^^^^^^^^^^
              |
              = to mend: did you mean `ServerErrorsAlarmArn`?
            infra/cfn/root.yaml has no output `Endpoint` with an alarm's ARN
             --> infra/stages/live.json:9:45
              |
            9 |   "RollbackAlarms": ["ServerErrorAlarmArn", "Endpoint"]
              |                                             ^^^^^^^^^^
              |
              = to mend: it has: ServerErrorsAlarmArn, LatencyAlarmArn; an alarm's ARN will do, too
        "#]],
    );
}

#[test]
fn what_is_not_for_the_file_to_choose_is_refused() {
    check(
        r#"{
  "Parameters": {"Stage": "dev", "IntakeKey": "k"},
  "Tags": {"stage": "dev", "aws:x": "y"}
}"#,
        expect![[r#"
            the stage is the file's name, and no parameter in it
             --> infra/stages/live.json:2:18
              |
            2 |   "Parameters": {"Stage": "dev", "IntakeKey": "k"},
              |                  ^^^^^^^
              |
              = to mend: remove it; `--stage NAME` reads `NAME.json`
            parameter `IntakeKey` is set by this tool alone
             --> infra/stages/live.json:2:34
              |
            2 |   "Parameters": {"Stage": "dev", "IntakeKey": "k"},
              |                                  ^^^^^^^^^^^
              |
              = to mend: remove it
            the tag `stage` is set by this tool
             --> infra/stages/live.json:3:12
              |
            3 |   "Tags": {"stage": "dev", "aws:x": "y"}
              |            ^^^^^^^
              |
              = to mend: choose another key
            the tag `aws:x` has a prefix that is AWS's own
             --> infra/stages/live.json:3:28
              |
            3 |   "Tags": {"stage": "dev", "aws:x": "y"}
              |                            ^^^^^^^
              |
              = to mend: choose another key
        "#]],
    );
}

#[test]
fn values_that_the_template_does_not_allow_are_refused_where_they_stand() {
    check(
        r#"{
  "Parameters": {
    "Rate": "0",
    "WafManagedRules": "blok"
  }
}"#,
        expect![[r#"
            parameter `Rate` is `0`, which is not allowed
             --> infra/stages/live.json:3:13
              |
            3 |     "Rate": "0",
              |             ^^^
              |
              = allowed: at least 1 (infra/cfn/root.yaml:4:37)
              = to mend: choose another value, or change the rule
            parameter `WafManagedRules` is `blok`, which is not allowed
             --> infra/stages/live.json:4:24
              |
            4 |     "WafManagedRules": "blok"
              |                        ^^^^^^
              |
              = allowed: one of block, count (infra/cfn/root.yaml:8:5)
              = to mend: choose another value, or change the rule
        "#]],
    );
}

#[test]
fn other_types_are_refused() {
    check(
        r#"{
  "Parameters": {"Rate": 60, "WafManagedRules": ["count"]},
  "Tags": {"team": true},
  "Production": "yes",
  "TerminationProtection": "true",
  "RollbackAlarms": "ServerErrorsAlarmArn",
  "MonitoringTimeInMinutes": "10"
}"#,
        expect![[r#"
            parameter `Rate` must be a string
             --> infra/stages/live.json:2:26
              |
            2 |   "Parameters": {"Rate": 60, "WafManagedRules": ["count"]},
              |                          ^^
              |
              = to mend: write `"60"`
            parameter `WafManagedRules` must be a string
             --> infra/stages/live.json:2:49
              |
            2 |   "Parameters": {"Rate": 60, "WafManagedRules": ["count"]},
              |                                                 ^^^^^^^^^
              |
              = to mend: write it in quotes
            tag `team` must be a string
             --> infra/stages/live.json:3:20
              |
            3 |   "Tags": {"team": true},
              |                    ^^^^
              |
              = to mend: write `"true"`
            `Production` is true or false
             --> infra/stages/live.json:4:17
              |
            4 |   "Production": "yes",
              |                 ^^^^^
              |
              = to mend: write `true` or `false`, without quotes
            `TerminationProtection` is true or false
             --> infra/stages/live.json:5:28
              |
            5 |   "TerminationProtection": "true",
              |                            ^^^^^^
              |
              = to mend: write `true` or `false`, without quotes
            `RollbackAlarms` must be a list
             --> infra/stages/live.json:6:21
              |
            6 |   "RollbackAlarms": "ServerErrorsAlarmArn",
              |                     ^^^^^^^^^^^^^^^^^^^^^^
              |
              = to mend: `["ServerErrorsAlarmArn"]` names an output with an alarm's ARN
            `MonitoringTimeInMinutes` is a number from 0 to 180
             --> infra/stages/live.json:7:30
              |
            7 |   "MonitoringTimeInMinutes": "10"
              |                              ^^^^
              |
              = to mend: 10 is usual
        "#]],
    );
    check(
        r#"{"Parameters": [], "RollbackAlarms": [7], "MonitoringTimeInMinutes": 181}"#,
        expect![[r#"
            `Parameters` must be an object of names and values
             --> infra/stages/live.json:1:16
              |
            1 | {"Parameters": [], "RollbackAlarms": [7], "MonitoringTimeInMinutes": 181}
              |                ^^
              |
              = to mend: write `{"NAME": "VALUE"}`
            an alarm must be a string
             --> infra/stages/live.json:1:39
              |
            1 | {"Parameters": [], "RollbackAlarms": [7], "MonitoringTimeInMinutes": 181}
              |                                       ^
              |
              = to mend: write `"7"`
            `MonitoringTimeInMinutes` is a number from 0 to 180
             --> infra/stages/live.json:1:70
              |
            1 | {"Parameters": [], "RollbackAlarms": [7], "MonitoringTimeInMinutes": 181}
              |                                                                      ^^^
              |
              = to mend: 10 is usual
        "#]],
    );
    check(
        "[]",
        expect![[r#"
            a stage file is an object
             --> infra/stages/live.json:1:1
              |
            1 | []
              | ^^
              |
              = to mend: `{"Parameters": {"NAME": "VALUE"}}` is one
        "#]],
    );
}

#[test]
fn what_is_there_twice_is_refused() {
    check(
        "{\n\t\"Tags\": {},\n\t\"Parameters\": {\n\t\t\"Rate\": \"1\",\n\t\t\"Rate\": \"2\"\n\t}\n}",
        expect![[r#"
            `Rate` is there twice
             --> infra/stages/live.json:5:3
              |
            5 |         "Rate": "2"
              |         ^^^^^^
              |
              = the first: infra/stages/live.json:4:3
              = to mend: remove one of the two
        "#]],
    );
    check(
        r#"{"RollbackAlarms": ["LatencyAlarmArn", "LatencyAlarmArn"]}"#,
        expect![[r#"
            alarm `LatencyAlarmArn` is there twice
             --> infra/stages/live.json:1:40
              |
            1 | {"RollbackAlarms": ["LatencyAlarmArn", "LatencyAlarmArn"]}
              |                                        ^^^^^^^^^^^^^^^^^
              |
              = to mend: remove it
        "#]],
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    check(
        r#"{"RollbackAlarms": [], "MonitoringTimeInMinutes": 10}"#,
        expect![[r#"
            `MonitoringTimeInMinutes` is for alarms, and `RollbackAlarms` has none
             --> infra/stages/live.json:1:24
              |
            1 | {"RollbackAlarms": [], "MonitoringTimeInMinutes": 10}
              |                        ^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = to mend: remove the one, or name an alarm in the other
        "#]],
    );
    check(
        r#"{"RollbackAlarms": ["arn:aws:sns:eu-west-1:111122223333:topic"]}"#,
        expect![[r#"
            `arn:aws:sns:eu-west-1:111122223333:topic` is no alarm's ARN
             --> infra/stages/live.json:1:21
              |
            1 | {"RollbackAlarms": ["arn:aws:sns:eu-west-1:111122223333:topic"]}
              |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = to mend: it looks like `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`
        "#]],
    );
    let alarm = "\"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:";
    let six: Vec<String> = (1..=6).map(|number| format!("{alarm}{number}\"")).collect();
    check(
        &format!("{{\"RollbackAlarms\": [\n{}]}}", six.join(",\n")),
        expect![[r#"
            CloudFormation watches at most 5 alarms
             --> infra/stages/live.json:1:2
              |
            1 | {"RollbackAlarms": [
              |  ^^^^^^^^^^^^^^^^
              |
              = to mend: leave some out
        "#]],
    );
}

#[test]
fn broken_json_says_where() {
    check(
        "{\n  \"Parameters\": {},\n}\n",
        expect![[r#"
        not valid JSON: trailing comma
         --> infra/stages/live.json:3:1
          |
        3 | }
          | ^
          |
          = to mend: look at this line and the one above for a comma or a quote too many or too few
    "#]],
    );
    check(
        "{\n  // none\n}\n",
        expect![[r#"
        not valid JSON: key must be a string
         --> infra/stages/live.json:2:3
          |
        2 |   // none
          |   ^
          |
          = to mend: look at this line and the one above for a comma or a quote too many or too few
    "#]],
    );
    check(
        "",
        expect![[r#"
        not valid JSON: EOF while parsing a value
         --> infra/stages/live.json:1:1
          |
        1 |
          | ^
          |
          = to mend: look at this line and the one above for a comma or a quote too many or too few
    "#]],
    );
    check(
        "{} {}",
        expect![[r#"
        not valid JSON: trailing characters
         --> infra/stages/live.json:1:4
          |
        1 | {} {}
          |    ^
          |
          = to mend: look at this line and the one above for a comma or a quote too many or too few
    "#]],
    );
}

#[test]
fn tabs_and_escapes_are_json() {
    let text = "{\t\"Tags\":\r\n\t{\"a\\/\\u00e9\":\t\"\u{e9}\"}}";
    let said = read("infra/stages/live.json", text, &root(), &ORDERS).unwrap();
    assert_eq!(said.tags["a/\u{e9}"], "\u{e9}");
    // Two escapes that are one character, which is read and which AWS does not take.
    check(
        "{\"Tags\": {\"a\": \"\\ud83c\\udfac\"}}",
        expect![[r#"
            the value of the tag `a` has a `\u{1f3ac}`; AWS takes letters, digits, spaces and `_.:/=+-@`
             --> infra/stages/live.json:1:16
              |
            1 | {"Tags": {"a": "\ud83c\udfac"}}
              |                ^^^^^^^^^^^^^^
              |
              = to mend: choose another value
        "#]],
    );
}
