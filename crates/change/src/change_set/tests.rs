use cfnkit_template::stack_tree::NESTED_STACK;
use expect_test::expect;

use super::*;

mod escalation;

fn change(action: Action, logical_id: &str, resource_type: &str) -> Change {
    Change::new(action, logical_id, resource_type)
}

fn nested(logical_id: &str, changes: Vec<Change>) -> Change {
    Change {
        nested: Some(changes),
        ..change(Action::Modify, logical_id, NESTED_STACK)
    }
}

fn example() -> Vec<Change> {
    let rate = PropertyChange {
        path: "Throttle.RateLimit".to_owned(),
        before: Some("50".to_owned()),
        after: Some("60".to_owned()),
        ..PropertyChange::default()
    };
    let plan = Change {
        properties: vec![rate],
        ..change(Action::Modify, "StandardPlan", "AWS::ApiGateway::UsagePlan")
    };
    let table = Change {
        replacement: Replacement::Certain,
        ..change(Action::Modify, "Table", "AWS::DynamoDB::Table")
    };
    vec![
        nested(
            "Api",
            vec![
                plan,
                change(Action::Remove, "Old", "AWS::ApiGateway::Deployment"),
            ],
        ),
        nested("Data", vec![table]),
        nested(
            "Identity",
            vec![change(Action::Modify, "Role", "AWS::IAM::Role")],
        ),
        nested("Network", vec![]),
    ]
}

#[test]
fn the_tree_shows_what_changes_and_names_what_does_not() {
    // The first line keeps the indentation of the others visible.
    let tree = format!("movies-dev\n{}", render(&example()));
    let plain = anstream::adapter::strip_str(&tree).to_string();
    expect![[r#"
        movies-dev
          ~ Api       AWS::CloudFormation::Stack
            ~ StandardPlan  AWS::ApiGateway::UsagePlan
              └─ Throttle.RateLimit: 50 -> 60
            - Old           AWS::ApiGateway::Deployment
          ! Data      AWS::CloudFormation::Stack  [replaces Table]
            ! Table  AWS::DynamoDB::Table  [replaced]
          ~ Identity  AWS::CloudFormation::Stack  [security]
            ~ Role  AWS::IAM::Role  [security]
          = unchanged: Network
    "#]]
    .assert_eq(&plain);
}

#[test]
fn totals_count_resources_and_not_nested_stacks() {
    assert_eq!(
        totals(&example()).summary(),
        "2 to change, 1 to replace, 1 to delete"
    );
    assert_eq!(totals(&[]).summary(), "no resource changes");
}

fn property(path: &str, before: &str, after: &str) -> PropertyChange {
    let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    PropertyChange {
        path: path.to_owned(),
        before: value(before),
        after: value(after),
        ..PropertyChange::default()
    }
}

fn modified(logical_id: &str, resource_type: &str, properties: &[PropertyChange]) -> Change {
    Change {
        properties: properties.to_vec(),
        ..change(Action::Modify, logical_id, resource_type)
    }
}

fn check(changes: &[Change], expected: expect_test::Expect) {
    // The first line keeps the indentation of the others visible.
    let tree = format!("movies-dev\n{}", render(changes));
    let plain = anstream::adapter::strip_str(&tree).to_string();
    expected.assert_eq(&plain);
    assert!(
        plain.lines().all(|line| line.chars().count() <= 80),
        "{plain}"
    );
}

#[test]
fn properties_are_grouped_by_path() {
    let plan = modified(
        "StandardPlan",
        "AWS::ApiGateway::UsagePlan",
        &[
            property("Throttle.RateLimit", "50", "60"),
            property("Description", "Low volume.", ""),
            property("Throttle.BurstLimit", "100", "120"),
            property("Quota", "", "{\"Limit\":500,\"Period\":\"DAY\"}"),
            property(
                "Tags",
                r#"[{"Key":"stage","Value":"dev"},{"Key":"team","Value":"a"}]"#,
                r#"[{"Key":"team","Value":"b"},{"Key":"stage","Value":"dev"},{"Key":"new","Value":"x"}]"#,
            ),
        ],
    );
    check(
        &[nested("Api", vec![plan])],
        expect![[r#"
            movies-dev
              ~ Api  AWS::CloudFormation::Stack
                ~ StandardPlan  AWS::ApiGateway::UsagePlan
                  ├─ Throttle
                  │  ├─ RateLimit: 50 -> 60
                  │  └─ BurstLimit: 100 -> 120
                  ├─ Description: Low volume. (removed)
                  ├─ Quota
                  │  ├─ Limit: 500 (new)
                  │  └─ Period: DAY (new)
                  └─ Tags
                     ├─ team.Value: a -> b
                     └─ new
                        ├─ Key: new (new)
                        └─ Value: x (new)
        "#]],
    );
}

#[test]
fn long_values_are_shortened_around_what_differs() {
    let long = |middle: &str| format!("{}{middle}{}", "begin ".repeat(30), " end".repeat(30));
    let log = modified(
        "Stage",
        "AWS::ApiGateway::Stage",
        &[
            property("Format", &long("one"), &long("another")),
            property("Added", "", &"x".repeat(200)),
            property(
                &format!("Variables.{}", "Long".repeat(30)),
                "a",
                "two\nlines\u{1b}[31m",
            ),
        ],
    );
    check(
        &[log],
        expect![[r#"
        movies-dev
          ~ Stage  AWS::ApiGateway::Stage
            ├─ Format:
            │    - …n begin one end end…
            │    + …n begin another end end…
            ├─ Added:
            │    + xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            └─ Variables.LongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLon
               gLongLongLongLongLongLongLongLongLongLongLongLongLongLong:
                 - a
                 + two\nlines\u{1b}[31m
    "#]],
    );
}

#[test]
fn policies_are_shown_whole_and_member_by_member() {
    let document = |action: &str, more: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Write","Effect":"Allow","Action":["{action}"],"Resource":"arn:aws:dynamodb:eu-west-1:123456789012:table/movies-dev-Data-1ABCDEF-Table-XYZ"}}{more}]}}"#
        )
    };
    let more = r#",{"Sid":"Read","Effect":"Allow","Action":"dynamodb:GetItem","Resource":"arn:aws:dynamodb:eu-west-1:123456789012:table/movies-dev-Data-1ABCDEF-Table-XYZ/index/by-the-name-of-the-movie"}"#;
    let policy = modified(
        "Policy",
        "AWS::IAM::RolePolicy",
        &[property(
            "PolicyDocument",
            &document("dynamodb:PutItem", ""),
            &document("dynamodb:*", more),
        )],
    );
    check(
        &[nested("Identity", vec![policy])],
        expect![[r#"
        movies-dev
          ~ Identity  AWS::CloudFormation::Stack  [security]
            ~ Policy  AWS::IAM::RolePolicy  [security]
              └─ PolicyDocument.Statement
                 ├─ Write.Action.0: dynamodb:PutItem -> dynamodb:*
                 └─ Read
                    ├─ Sid: Read (new)
                    ├─ Effect: Allow (new)
                    ├─ Action: dynamodb:GetItem (new)
                    └─ Resource:
                         + arn:aws:dynamodb:eu-west-1:123456789012:table/movies-dev-Data
                           -1ABCDEF-Table-XYZ/index/by-the-name-of-the-movie
    "#]],
    );
}

#[test]
fn secrets_are_masked() {
    let function = modified(
        "Function",
        "AWS::Lambda::Function",
        &[
            property("Environment.Variables.DB_PASSWORD", "hunter1", "hunter2"),
            property("Environment.Variables.NEW_TOKEN", "", "hunter2"),
            property("Environment.Variables.OLD_SECRET", "hunter1", ""),
            property(
                "Environment.Variables.FROM_SECRET",
                "{{resolve:secretsmanager:a:SecretString:b}}",
                "{{resolve:secretsmanager:c:SecretString:b}}",
            ),
            property("Masked", "****", "****"),
            property("Connection", "mysql://u:****@a", "mysql://u:****@b"),
            property(
                "Document",
                r#"{"password":"hunter1","a":1}"#,
                r#"{"password":"hunter2","a":2}"#,
            ),
            property(
                "Cut",
                "{\"password\":\"hunter1\",\"a\":",
                "{\"password\":\"hunter2\",\"a\":",
            ),
            property(
                "Whole",
                "",
                r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"token":"hunter2"}"#,
            ),
        ],
    );
    let key = modified(
        "Key",
        "AWS::ApiGateway::ApiKey",
        &[property("Value", "hunter1", "hunter2")],
    );
    check(
        &[function, key],
        expect![[r#"
        movies-dev
          ~ Function  AWS::Lambda::Function
            ├─ Environment.Variables
            │  ├─ DB_PASSWORD: (secret, changed)
            │  ├─ NEW_TOKEN: (secret, new)
            │  ├─ OLD_SECRET: (secret, removed)
            │  └─ FROM_SECRET:
            │       - {{resolve:secretsmanager:a:SecretString:b}}
            │       + {{resolve:secretsmanager:c:SecretString:b}}
            ├─ Masked: (secret, changed)
            ├─ Connection: (secret, changed)
            ├─ Document
            │  ├─ a: 1 -> 2
            │  └─ password: (secret, changed)
            ├─ Cut: (secret, changed)
            └─ Whole: {"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"token":"****"} (new)
          ~ Key       AWS::ApiGateway::ApiKey  [security]
            └─ Value: (secret, changed)
    "#]],
    );
}

fn json() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
    use proptest::prelude::*;
    use serde_json::Value;
    let name = || prop_oneof!["[ab]", Just("Key".to_owned()), Just("token".to_owned())];
    let scalar = prop_oneof![
        (0..3_u8).prop_map(Value::from),
        "[012a]".prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::from(r#"{"a": 1, "b": [2]}"#)),
        Just(serde_json::json!({"Fn::Sub": "{\"a\": \"${x}\"}"})),
        Just(serde_json::json!({"Ref": "a"})),
    ];
    scalar.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest::proptest! {
    /// What differs is never lost on the way to its parts, and what is the same never shown.
    #[test]
    fn values_differ_where_they_are_not_the_same(before in json(), after in json()) {
        use super::difference::{differences, expanded, is_same};
        let found = differences("T", "P", Some(&before), Some(&after));
        proptest::prop_assert_eq!(found.is_empty(), is_same(&before, &after));
        for leaf in found {
            let again = expanded("T", &leaf);
            proptest::prop_assert_eq!(&again.iter().flat_map(|leaf| expanded("T", leaf)).collect::<Vec<_>>(), &again);
        }
    }

    #[test]
    fn no_line_is_wider_than_the_screen(
        id in "[A-Z][a-zA-Z0-9]{0,40}",
        path in "[A-Z][a-z]{0,30}(\\.[A-Za-z0-9]{1,50}){0,5}",
        before in proptest::option::of("\\PC{0,300}"),
        after in proptest::option::of("[ -~]{0,300}"),
        cause in "[a-z ]{1,120}",
        depth in 0..3_usize,
    ) {
        let property = PropertyChange { path, before, after, source: Source::Changed(cause), ..PropertyChange::default() };
        let mut change = Change {
            replacement: Replacement::Certain,
            fate: Some(Fate::Snapshot),
            ..modified(&id, "AWS::SomeService::SomeResourceWithALongName", &[property])
        };
        for level in 0..depth {
            change = nested(&format!("Level{level}"), vec![change]);
        }
        let text = format!("{}{}", render(std::slice::from_ref(&change)), callouts(&[change]));
        let plain = anstream::adapter::strip_str(&text).to_string();
        for line in plain.lines() {
            proptest::prop_assert!(line.chars().count() <= 80, "{}", line);
        }
    }
}
