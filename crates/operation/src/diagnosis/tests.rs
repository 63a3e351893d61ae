use expect_test::{Expect, expect};

use super::*;
use cfnkit_template::parameters::Parameters;

/// Two small stacks.
fn small_tree() -> StackTree {
    let stack = |file: &str, text: &str| StackTree {
        template: Template::parse(&format!("infra/cfn/{file}"), text.to_owned()).unwrap(),
        parameters: Parameters::new(),
        nested: std::collections::BTreeMap::new(),
    };
    let mut root = stack(
        "root.yaml",
        "Resources:\n  Api:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: x\n",
    );
    let api = stack(
        "api.yaml",
        "Resources:
  # Deleted with the stack.
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub aws-waf-logs-movies-${StageName}
      RetentionInDays: 365

  Stage:
    Type: AWS::ApiGateway::Stage
    Properties:
      StageName: dev
      MethodSettings:
        - ResourcePath: /*
          HttpMethod: \"*\"
          LogingLevel: ERROR
        - HttpMethod: GET
",
    );
    root.nested.insert("Api".to_owned(), api);
    root
}

fn failure(logical_id: &str, resource_type: &str, reason: &str) -> Failure {
    Failure {
        stack: "movies-dev-Api-1A2B3C4D5E6F".to_owned(),
        logical_id: logical_id.to_owned(),
        resource_type: resource_type.to_owned(),
        status: "CREATE_FAILED".to_owned(),
        reason: Some(reason.to_owned()),
        ..Failure::default()
    }
}

fn check(failure: &Failure, expected: Expect) {
    let tree = small_tree();
    let sources = Sources {
        root_stack: "movies-dev",
        tree: Some(&tree),
        advice: &[],
    };
    let text = format!("error: {}\n", render(failure, &sources));
    expected.assert_eq(&anstream::adapter::strip_str(&text).to_string());
}

#[test]
fn a_known_cause_points_at_its_property_and_says_what_to_do() {
    let reason = r#"Resource handler returned message: "Resource of type 'AWS::Logs::LogGroup' with identifier '{"/properties/LogGroupName":"aws-waf-logs-movies-dev"}' already exists." (RequestToken: 258db5a1-23c6-5e4b-4d23-7a469fc2de96, HandlerErrorCode: AlreadyExists)"#;
    check(
        &failure("Logs", "AWS::Logs::LogGroup", reason),
        expect![[r#"
        error: Api / Logs was not created
         --> infra/cfn/api.yaml:6:7
          |
        6 |       LogGroupName: !Sub aws-waf-logs-movies-${StageName}
          |       ^^^^^^^^^^^^
          |
          = CloudFormation: Resource handler returned message: "Resource of type 'AWS::Logs::LogGroup' with identifier '{"/properties/LogGroupName":"aws-waf-logs-movies-dev"}' already exists." (RequestToken: 258db5a1-23c6-5e4b-4d23-7a469fc2de96, HandlerErrorCode: AlreadyExists)
          = to mend: the log group `aws-waf-logs-movies-dev` is left from an earlier stack, or the service made it; if its logs can go, delete it with `aws logs delete-log-group --log-group-name aws-waf-logs-movies-dev` and deploy again
    "#]],
    );
}

#[test]
fn a_property_that_the_words_name_is_pointed_at() {
    let reason = "Properties validation failed for resource Stage with message:\n#/MethodSettings/0: extraneous key [LogingLevel] is not permitted";
    check(
        &failure("Stage", "AWS::ApiGateway::Stage", reason),
        expect![[r#"
            error: Api / Stage was not created
              --> infra/cfn/api.yaml:16:11
               |
            16 |           LogingLevel: ERROR
               |           ^^^^^^^^^^^
               |
               = CloudFormation: Properties validation failed for resource Stage with message:\n#/MethodSettings/0: extraneous key [LogingLevel] is not permitted
               = to mend: look up `LogingLevel` in the resource type's reference, also its upper and lower case; `cargo xtask lint` finds such before a deploy
        "#]],
    );
}

#[test]
fn of_what_is_missing_the_place_is_what_it_is_missing_from() {
    let reason = "Properties validation failed for resource Stage with message:\n#/MethodSettings/1: required key [ResourcePath] not found";
    check(
        &failure("Stage", "AWS::ApiGateway::Stage", reason),
        expect![[r#"
            error: Api / Stage was not created
              --> infra/cfn/api.yaml:17:11
               |
            17 |         - HttpMethod: GET
               |           ^^^^^^^^^^^^^^^
               |
               = CloudFormation: Properties validation failed for resource Stage with message:\n#/MethodSettings/1: required key [ResourcePath] not found
               = to mend: look up `ResourcePath` in the resource type's reference, also its upper and lower case; `cargo xtask lint` finds such before a deploy
        "#]],
    );
    let reason = "Model validation failed (#/Variables/Unheard: failed)";
    check(
        &failure("Stage", "AWS::ApiGateway::Stage", reason),
        expect![[r#"
            error: Api / Stage was not created
              --> infra/cfn/api.yaml:11:5
               |
            11 |     Properties:
               |     ^^^^^^^^^^
               |
               = CloudFormation: Model validation failed (#/Variables/Unheard: failed)
        "#]],
    );
}

#[test]
fn an_unknown_cause_has_its_place_and_its_words() {
    let failure = failure(
        "Stage",
        "AWS::ApiGateway::Stage",
        "Something new \u{1b}[2J happened",
    );
    check(
        &failure,
        expect![[r#"
        error: Api / Stage was not created
         --> infra/cfn/api.yaml:9:3
          |
        9 |   Stage:
          |   ^^^^^
          |
          = CloudFormation: Something new \u{1b}[2J happened
    "#]],
    );
}

#[test]
fn a_resource_that_is_no_longer_in_the_file_is_said_to_be_gone() {
    let reason =
        r#"Resource handler returned message: "Rate exceeded" (HandlerErrorCode: Throttling)"#;
    let failure = Failure {
        status: "DELETE_FAILED".to_owned(),
        ..failure("OldStage", "AWS::ApiGateway::Stage", reason)
    };
    check(
        &failure,
        expect![[r#"
        error: Api / OldStage was not deleted
         |
         = template: infra/cfn/api.yaml has no `OldStage` any more
         = CloudFormation: Resource handler returned message: "Rate exceeded" (HandlerErrorCode: Throttling)
         = to mend: the service takes fewer calls per second than this deploy made, or another one runs beside it: deploy again in some minutes
    "#]],
    );
}

#[test]
fn early_validation_names_the_part_of_the_template() {
    let failure = Failure {
        status: VALIDATION_FAILED.to_owned(),
        path: Some("/Resources/Stage/Properties/MethodSettings/0/LogingLevel".to_owned()),
        ..failure(
            "Stage",
            "AWS::ApiGateway::Stage",
            "Unsupported property [LogingLevel]",
        )
    };
    check(
        &failure,
        expect![[r#"
        error: Api / Stage does not pass CloudFormation's validation
          --> infra/cfn/api.yaml:16:11
           |
        16 |           LogingLevel: ERROR
           |           ^^^^^^^^^^^
           |
           = CloudFormation: Unsupported property [LogingLevel]
           = to mend: look up `LogingLevel` in the resource type's reference, also its upper and lower case; `cargo xtask lint` finds such before a deploy
    "#]],
    );
    let failure = Failure {
        reason: None,
        path: Some("Resources.Stage.Properties.MethodSettings.1".to_owned()),
        ..failure
    };
    check(
        &failure,
        expect![[r#"
        error: Api / Stage does not pass CloudFormation's validation
          --> infra/cfn/api.yaml:17:11
           |
        17 |         - HttpMethod: GET
           |           ^^^^^^^^^^^^^^^
           |
           = CloudFormation: no reason given
    "#]],
    );
}

#[test]
fn a_nested_stack_that_failed_as_a_whole_is_shown_in_the_root() {
    let reason = "S3 error: Access Denied For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html";
    check(
        &failure("", NESTED_STACK, reason),
        expect![[r#"
        error: Api was not created
         --> infra/cfn/root.yaml:2:3
          |
        2 |   Api:
          |   ^^^
          |
          = CloudFormation: S3 error: Access Denied For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
          = to mend: whoever deploys (or the role of `--role-arn`) needs `s3:GetObject` on the asset bucket: `cargo xtask bootstrap` sets its policy
    "#]],
    );
}

#[test]
fn a_report_begins_with_the_cause_and_ends_with_the_state() {
    let tree = small_tree();
    let sources = Sources {
        root_stack: "movies-dev",
        tree: Some(&tree),
        advice: &[],
    };
    let failures = [
        failure("Stage", "AWS::ApiGateway::Stage", "No"),
        failure("Logs", "AWS::Logs::LogGroup", "Neither"),
        failure("Logs", "AWS::Logs::LogGroup", "Neither"),
    ];
    let verdict = "`movies-dev` was not deployed; it is ROLLBACK_COMPLETE; every event: target/x";
    let text = format!("error: {}\n", report(&failures, verdict, &sources));
    expect![[r#"
        error: Api / Stage was not created
         --> infra/cfn/api.yaml:9:3
          |
        9 |   Stage:
          |   ^^^^^
          |
          = CloudFormation: No

        error: Api / Logs was not created
         --> infra/cfn/api.yaml:3:3
          |
        3 |   Logs:
          |   ^^^^
          |
          = CloudFormation: Neither

        `movies-dev` was not deployed; it is ROLLBACK_COMPLETE; every event: target/x
    "#]]
    .assert_eq(&anstream::adapter::strip_str(&text).to_string());
}

#[test]
fn without_templates_there_is_no_place() {
    let sources = Sources {
        root_stack: "movies-dev",
        tree: None,
        advice: &[],
    };
    let text = render(&failure("Stage", "T", "No"), &sources);
    expect![[r#"
        Api / Stage was not created
         |
         = CloudFormation: No"#]]
    .assert_eq(&anstream::adapter::strip_str(&text).to_string());
}
