use cfnkit_scripted_cloud::rule::{Rule, in_any_order};
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use cfnkit_change::change_set::{callouts, render};
use cfnkit_console::error::chain;

mod values;

/// The answer to one call of DescribeChangeSet, as CloudFormation sends it.
pub(super) fn answer(id: &str, with_values: bool, token: Option<&str>, result: String) -> Rule {
    let with_values = with_values.to_string();
    let mut asked = vec![
        ("ChangeSetName", id),
        ("IncludePropertyValues", &with_values),
    ];
    asked.extend(token.map(|token| ("NextToken", token)));
    Rule::of("DescribeChangeSet", asked).answered(&result)
}

pub(super) fn page(changes: &[String], next: Option<&str>) -> String {
    let next = next.map(|token| format!("<NextToken>{token}</NextToken>"));
    format!(
        "<Status>CREATE_COMPLETE</Status><Changes>{}</Changes>{}",
        changes.concat(),
        next.unwrap_or_default()
    )
}

fn resource(logical_id: &str, resource_type: &str, rest: &str) -> String {
    change("Modify", logical_id, resource_type, rest)
}

pub(super) fn change(action: &str, logical_id: &str, resource_type: &str, rest: &str) -> String {
    format!(
        "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action>\
         <LogicalResourceId>{logical_id}</LogicalResourceId>\
         <ResourceType>{resource_type}</ResourceType>{rest}</ResourceChange></member>"
    )
}

fn stack(logical_id: &str, change_set: &str) -> String {
    let details = "<Scope><member>Properties</member></Scope><Replacement>False</Replacement>\
        <Details><member><Target><Attribute>Properties</Attribute>\
        <RequiresRecreation>Never</RequiresRecreation></Target><Evaluation>Dynamic</Evaluation>\
        <ChangeSource>Automatic</ChangeSource></member></Details>";
    let id = format!("<ChangeSetId>{change_set}</ChangeSetId>");
    resource(
        logical_id,
        "AWS::CloudFormation::Stack",
        &format!("{details}{id}"),
    )
}

fn detail(path: &str, values: &str, evaluation: &str, source: &str) -> String {
    let name = path.split('/').nth(2).unwrap_or_default();
    format!(
        "<member><Target><Attribute>Properties</Attribute><Name>{name}</Name>\
         <RequiresRecreation>Always</RequiresRecreation><Path>{path}</Path>{values}\
         <AttributeChangeType>Modify</AttributeChangeType></Target>\
         <Evaluation>{evaluation}</Evaluation>{source}</member>"
    )
}

pub(super) async fn check(rules: &[Rule], expected: Expect) {
    let cfn = Client::new(&in_any_order(rules.to_vec()));
    let text = match read(&cfn, "root").await {
        Ok(Listed { changes, .. }) => {
            format!("movies-dev\n{}{}", render(&changes), callouts(&changes))
        }
        Err(err) => chain(&err),
    };
    expected.assert_eq(&anstream::adapter::strip_str(&text).to_string());
}

#[tokio::test]
async fn what_either_answer_lists_is_there_once() {
    let plain = |id: &str| resource(id, "AWS::SNS::Topic", "<Replacement>False</Replacement>");
    let detailed = |id: &str| {
        let values = "<BeforeValue>a</BeforeValue><AfterValue>b</AfterValue>";
        let detail = detail(
            "/Properties/DisplayName",
            values,
            "Static",
            "<ChangeSource>DirectModification</ChangeSource>",
        );
        resource(
            id,
            "AWS::SNS::Topic",
            &format!("<Details>{detail}</Details>"),
        )
    };
    let rules = [
        answer(
            "root",
            false,
            None,
            page(&[plain("A"), plain("B")], Some("2")),
        ),
        // The second page repeats a resource, and its own token.
        answer(
            "root",
            false,
            Some("2"),
            page(&[plain("B"), plain("C")], Some("2")),
        ),
        // The detailed answer has lost `B`, and knows of `D`.
        answer("root", true, None, page(&[detailed("A")], Some("x"))),
        answer(
            "root",
            true,
            Some("x"),
            page(&[detailed("C"), detailed("D")], None),
        ),
    ];
    check(
        &rules,
        expect![[r#"
        movies-dev
          ~ A  AWS::SNS::Topic
            └─ DisplayName: a -> b
          ~ B  AWS::SNS::Topic
          ~ C  AWS::SNS::Topic
            └─ DisplayName: a -> b
          ~ D  AWS::SNS::Topic
            └─ DisplayName: a -> b
    "#]],
    )
    .await;
}

#[tokio::test]
async fn pages_and_nested_change_sets_are_merged() {
    let plan =
        |logical_id: &str, rest: &str| resource(logical_id, "AWS::ApiGateway::UsagePlan", rest);
    let limit = |values: &str| {
        let limit = detail("/Properties/Throttle/RateLimit", values, "Static", "");
        format!("<Replacement>False</Replacement><Details>{limit}</Details>")
    };
    let (unknown, known) = (limit(""), limit("<AfterValue>60</AfterValue>"));
    let nested = format!("{unknown}<ChangeSetId>nested</ChangeSetId>");
    let rules = [
        answer("root", false, None, page(&[plan("A", &unknown)], Some("2"))),
        answer("root", false, Some("2"), page(&[plan("B", &nested)], None)),
        // The detailed answer has lost `B`.
        answer("root", true, None, page(&[plan("A", &known)], None)),
        answer("nested", false, None, page(&[plan("C", &unknown)], None)),
        answer("nested", true, None, page(&[plan("C", &unknown)], None)),
    ];
    let cfn = Client::new(&in_any_order(rules));
    let listed = read(&cfn, "root").await.unwrap();
    let ids = |changes: &[Change]| -> Vec<String> {
        changes
            .iter()
            .map(|change| change.logical_id.clone())
            .collect()
    };
    assert_eq!(listed.change_sets, ["root", "nested"]);
    let changes = listed.changes;
    assert_eq!(ids(&changes), ["A", "B"]);
    assert_eq!(changes[0].action, Action::Modify);
    assert_eq!(changes[0].properties[0].path, "Throttle.RateLimit");
    assert_eq!(changes[0].properties[0].after.as_deref(), Some("60"));
    assert_eq!(ids(changes[1].nested.as_deref().unwrap()), ["C"]);
}

#[tokio::test]
async fn nested_change_sets_that_cannot_be_read_say_why() {
    let root = || {
        page(
            &[
                stack("Gone", "gone"),
                stack("Failed", "failed"),
                stack("Same", "same"),
                stack("Deleted", "deleted"),
            ],
            None,
        )
    };
    let of = |status: &str, reason: &str| {
        format!("<Status>{status}</Status><StatusReason>{reason}</StatusReason><Changes/>")
    };
    let gone = |id: &str, with_values: bool| {
        let text = format!("ChangeSet [{id}] does not exist");
        let rule = answer(id, with_values, None, String::new());
        rule.refused(404, "ChangeSetNotFound", &text)
    };
    let mut rules = Vec::new();
    for with_values in [false, true] {
        rules.extend([
            answer("root", with_values, None, root()),
            gone("gone", with_values),
            answer(
                "failed",
                with_values,
                None,
                of("FAILED", "Unresolved resource dependencies [X]"),
            ),
            answer(
                "same",
                with_values,
                None,
                of(
                    "FAILED",
                    "The submitted information didn't contain changes.",
                ),
            ),
            answer("deleted", with_values, None, of("DELETE_COMPLETE", "")),
        ]);
    }
    check(
        &rules,
        expect![[r#"
        movies-dev
          ~ Gone     AWS::CloudFormation::Stack
            └─ its change set is gone
          ~ Failed   AWS::CloudFormation::Stack
            └─ its change set failed: Unresolved resource dependencies [X]
          ~ Deleted  AWS::CloudFormation::Stack
            └─ its change set is deleted
          = unchanged: Same
    "#]],
    )
    .await;
    check(&[gone("root", false)], expect!["change set `root` is gone"]).await;
}

#[tokio::test]
async fn values_reasons_and_policies_are_read() {
    let open = "<BeforeValue>arn:aws:dynamodb:eu-west-1:123456789012:table/movies</BeforeValue>\
        <AfterValue>{{changeSet:KNOWN_AFTER_APPLY}}</AfterValue>";
    // The shape that CloudFormation gives a value from another stack: two reasons, and neither
    // says that nothing changes.
    let details = [
        detail(
            "/Properties/TableArn",
            open,
            "Dynamic",
            "<ChangeSource>DirectModification</ChangeSource>",
        ),
        detail(
            "/Properties/TableArn",
            open,
            "Static",
            "<ChangeSource>ParameterReference</ChangeSource><CausingEntity>TableArn</CausingEntity>",
        ),
    ];
    let values = "<BeforeValue>hunter1</BeforeValue><AfterValue>hunter2</AfterValue>";
    let secret = detail("/Properties/Environment/0/Value", values, "Static", "");
    let cut = "<BeforeValue>{&quot;a&quot;:1,&quot;b</BeforeValue><AfterValue>{&quot;a&quot;:1,&quot;b</AfterValue>";
    let cut = detail("/Properties/Body", cut, "Static", "");
    let context = |value: &str, body: &str| {
        let json = format!(
            r#"{{"Properties":{{"Environment":[{{"Name":"DB_PASSWORD","Value":"{value}"}}],"Body":"{{\"a\":1,\"b\":{body}}}"}}}}"#
        );
        json.replace('"', "&quot;")
    };
    let rest = format!(
        "<PolicyAction>ReplaceAndRetain</PolicyAction><Replacement>True</Replacement>\
         <Details>{}{secret}{cut}</Details><BeforeContext>{}</BeforeContext><AfterContext>{}</AfterContext>",
        details.concat(),
        context("hunter1", "1"),
        context("hunter2", "2"),
    );
    let only_context = format!(
        "<BeforeContext>{}</BeforeContext><AfterContext>{}</AfterContext>",
        context("hunter1", "3"),
        context("hunter2", "4"),
    );
    let changes = [
        resource("Table", "AWS::DynamoDB::Table", &rest),
        resource("Other", "AWS::X::Y", &only_context),
    ];
    let rules = [
        answer("root", false, None, page(&changes, None)),
        answer("root", true, None, page(&changes, None)),
    ];
    check(
        &rules,
        expect![[r#"
            movies-dev
              ! Table  AWS::DynamoDB::Table  [replaced, the old one is retained]
                ├─ TableArn:
                │    - arn:aws:dynamodb:eu-west-1:123456789012:table/movies
                │    + (known after the deploy)
                │    (from TableArn)
                ├─ Environment.0.Value: (secret, changed)
                └─ Body.b: 1 -> 2
              ~ Other  AWS::X::Y
                ├─ Body.b: 3 -> 4
                └─ Environment.DB_PASSWORD: (secret, changed)
            replaced:
              ! Table  AWS::DynamoDB::Table
                 because of TableArn, Environment.0.Value, Body.b
                 the old one is retained, and with it its items
        "#]],
    )
    .await;
    let cfn = Client::new(&in_any_order(rules));
    let read = read(&cfn, "root").await.unwrap().changes;
    let reasons = &read[0].properties[0].reasons;
    assert_eq!(reasons.len(), 2);
    assert!(reasons[0].is_dynamic && !reasons[1].is_dynamic);
    assert_eq!(reasons[1].entity.as_deref(), Some("TableArn"));
    assert_eq!(read[0].fate, Some(Fate::Retained));
}

fn named(id: u8, values: bool) -> types::ResourceChange {
    let target = types::ResourceTargetDefinition::builder()
        .name("P")
        .set_after_value(values.then(|| "v".to_owned()))
        .build();
    let detail = types::ResourceChangeDetail::builder()
        .target(target)
        .build();
    types::ResourceChange::builder()
        .logical_resource_id(format!("R{id}"))
        .details(detail)
        .build()
}

proptest! {
    /// However the two answers repeat and drop resources, each is there once, with its values
    /// where one of the answers had them.
    #[test]
    fn merging_loses_and_doubles_nothing(
        plain in prop::collection::vec(0..8_u8, 0..12),
        detailed in prop::collection::vec(0..8_u8, 0..12),
    ) {
        let of = |ids: &[u8], values| ids.iter().map(|id| named(*id, values)).collect();
        let merged = merged(of(&plain, false), of(&detailed, true)).unwrap();
        let mut ids: Vec<String> =
            merged.iter().map(|change| change.logical_resource_id().unwrap().to_owned()).collect();
        for change in &merged {
            let id: u8 = change.logical_resource_id().unwrap()[1..].parse().unwrap();
            let value = change.details()[0].target().unwrap().after_value();
            prop_assert_eq!(value.is_some(), detailed.contains(&id));
        }
        ids.sort();
        let mut expected: Vec<String> =
            plain.iter().chain(&detailed).map(|id| format!("R{id}")).collect();
        expected.sort();
        expected.dedup();
        prop_assert_eq!(ids, expected);
    }

    /// Wherever CloudFormation puts a secret that it does not mask itself, nobody sees it.
    #[test]
    fn a_secret_of_a_change_set_is_never_shown(
        place in 0..5_usize,
        with_context in any::<bool>(),
        with_details in any::<bool>(),
        old in "zq[a-z0-9]{8}",
        new in "zq[a-z0-9]{8}",
    ) {
        let (path, pattern) = [
            ("/Properties/MasterUserPassword", "HERE"),
            ("/Properties/Environment/Variables/API_TOKEN", "HERE"),
            ("/Properties/Environment/0/Value", "HERE"),
            ("/Properties/Body", r#"{"a":{"password":"HERE"}}"#),
            ("/Properties/Body", r#"{"a":{"password":"HERE","b"#),
        ][place];
        let value = |secret: &str| pattern.replace("HERE", secret);
        let context = |secret: &str| {
            let value = serde_json::json!(value(secret));
            let properties = match place {
                0 => serde_json::json!({"MasterUserPassword": value}),
                1 => serde_json::json!({"Environment": {"Variables": {"API_TOKEN": value}}}),
                2 => serde_json::json!({"Environment": [{"Name": "TOKEN", "Value": value}]}),
                _ => serde_json::json!({"Body": value}),
            };
            serde_json::json!({ "Properties": properties }).to_string()
        };
        let target = types::ResourceTargetDefinition::builder()
            .path(path)
            .before_value(value(&old))
            .after_value(value(&new))
            .build();
        let detail = types::ResourceChangeDetail::builder().target(target).build();
        let change = types::ResourceChange::builder()
            .resource_type("AWS::X::Y")
            .set_details(with_details.then(|| vec![detail]))
            .set_before_context(with_context.then(|| context(&old)))
            .set_after_context(with_context.then(|| context(&new)))
            .build();
        let change = Change {
            properties: properties(&change),
            ..Change::new(Action::Modify, "R", "AWS::X::Y")
        };
        let text = render(&[change]);
        prop_assert_eq!(text.contains("secret"), (with_context || with_details) && old != new);
        prop_assert!(!text.contains(&old) && !text.contains(&new), "{}", text);
    }
}
