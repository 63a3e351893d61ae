use expect_test::{Expect, expect};

use super::*;
use crate::change_set::render;

const ROOT: &str = "Parameters:\n  Rate: {Type: Number, Default: 50}\nResources:\n  Api:\n    \
    Type: AWS::CloudFormation::Stack\n    Properties:\n      Parameters:\n        Rate: !Ref Rate\n        \
    TableArn: !GetAtt Data.Outputs.Arn\n";
const API: &str = "Parameters:\n  Rate: {Type: Number}\n  TableArn: {Type: String}\nResources:\n  \
    Plan:\n    Type: AWS::ApiGateway::UsagePlan\n    Properties:\n      Throttle:\n        RateLimit: !Ref Rate\n  \
    Key:\n    Type: AWS::ApiGateway::ApiKey\n    Properties:\n      Name: !Ref TableArn\n";

fn tree(rate: &str, api: &str, arn: Option<&str>) -> StackTree {
    let template = |name: &str, text: &str| Template::parse(name, text.to_owned()).unwrap();
    let mut parameters = Parameters::from([("Rate".to_owned(), rate.to_owned())]);
    let root_parameters = parameters.clone();
    if let Some(arn) = arn {
        parameters.insert("TableArn".to_owned(), arn.to_owned());
    }
    let api = StackTree {
        template: template("api.yaml", api),
        parameters,
        nested: BTreeMap::new(),
    };
    StackTree {
        template: template("root.yaml", ROOT),
        parameters: root_parameters,
        nested: BTreeMap::from([("Api".to_owned(), api)]),
    }
}

fn check(old: Option<&StackTree>, new: &StackTree, expected: Expect) {
    // The first line keeps the indentation of the others visible.
    let tree = format!("movies-dev\n{}", render(&compare(old, new)));
    expected.assert_eq(&anstream::adapter::strip_str(&tree).to_string());
}

#[test]
fn nothing_deployed_means_everything_is_added() {
    check(
        None,
        &tree("50", API, None),
        expect![[r#"
            movies-dev
              + Api  AWS::CloudFormation::Stack
                + Key   AWS::ApiGateway::ApiKey
                + Plan  AWS::ApiGateway::UsagePlan
        "#]],
    );
}

#[test]
fn the_same_again_is_no_change() {
    check(
        Some(&tree("50", API, Some("arn"))),
        &tree("50", API, None),
        expect![[r#"
            movies-dev
        "#]],
    );
}

/// A digit at the beginning or the end is part of the value, in a property and in a default.
#[test]
fn a_number_that_is_written_differently_is_a_change() {
    for (old, new, is_change) in [
        ("012345678901", "12345678901", true),
        ("1.10", "1.1", true),
        ("0x1F", "31", true),
        ("1e3", "1000", true),
        ("100000000000000000001", "100000000000000000002", true),
        ("'50'", "50", false),
        ("True", "true", false),
    ] {
        let template = |value: &str| {
            let api = API.replace("Name: !Ref TableArn", &format!("Name: {value}"));
            let root = ROOT.replace("Default: 50", &format!("Default: {value}"));
            let mut tree = tree("50", &api, None);
            tree.template = Template::parse("root.yaml", root).unwrap();
            tree
        };
        let (old_tree, new_tree) = (template(old), template(new));
        let changes = compare(Some(&old_tree), &new_tree);
        assert_eq!(!changes.is_empty(), is_change, "{old} -> {new}");
        let default = |tree: &StackTree| tree.template.parameters()[0].default.clone();
        assert_eq!(
            default(&old_tree) != default(&new_tree),
            is_change,
            "{old} -> {new}"
        );
    }
}

#[test]
fn a_root_parameter_is_followed_to_the_property_it_feeds() {
    check(
        Some(&tree("50", API, Some("arn"))),
        &tree("60", API, None),
        expect![[r#"
            movies-dev
              ~ Api  AWS::CloudFormation::Stack
                ~ Plan  AWS::ApiGateway::UsagePlan
                  └─ Throttle.RateLimit: 50 -> 60
        "#]],
    );
}

#[test]
fn added_and_removed_resources_are_found() {
    let renamed = API.replace("  Key:\n", "  NewKey:\n");
    check(
        Some(&tree("50", API, Some("arn"))),
        &tree("50", &renamed, None),
        expect![[r#"
            movies-dev
              ~ Api  AWS::CloudFormation::Stack  [security]
                + NewKey  AWS::ApiGateway::ApiKey  [security]
                - Key     AWS::ApiGateway::ApiKey  [security]
        "#]],
    );
}

fn stack(text: &str, parameters: &[(&str, &str)], nested: &[(&str, StackTree)]) -> StackTree {
    let own = |text: &&str| (*text).to_owned();
    StackTree {
        template: Template::parse("root.yaml", text.to_owned()).unwrap(),
        parameters: parameters.iter().map(|(n, v)| (own(n), own(v))).collect(),
        nested: nested
            .iter()
            .map(|(n, tree)| (own(n), tree.clone()))
            .collect(),
    }
}

const DASHBOARD: &str = "Parameters:
  Threshold: {Type: Number}
Resources:
  Dashboard:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardBody: !Sub |
        {\"widgets\": [
          {\"type\": \"alarm\", \"properties\": {\"title\": \"${AWS::Region}: alarms\"}},
          {\"type\": \"metric\", \"properties\": {\"title\": \"Errors\", \"annotations\": [{\"value\": ${Threshold}}]}}
        ]}
";

#[test]
fn of_a_document_only_the_members_that_differ_are_shown() {
    let old = stack(DASHBOARD, &[("Threshold", "10")], &[]);
    check(
        Some(&old),
        &stack(DASHBOARD, &[("Threshold", "20")], &[]),
        expect![[r#"
            movies-dev
              ~ Dashboard  AWS::CloudWatch::Dashboard
                └─ DashboardBody.widgets.1.properties.annotations.0.value: 10 -> 20
        "#]],
    );
    let other = DASHBOARD
        .replace("Errors", "Failures")
        .replace("alarm\"", "text\"");
    check(
        Some(&old),
        &stack(&other, &[("Threshold", "10")], &[]),
        expect![[r#"
            movies-dev
              ~ Dashboard  AWS::CloudWatch::Dashboard
                └─ DashboardBody.widgets
                   ├─ 0.type: alarm -> text
                   └─ 1.properties.title: Errors -> Failures
        "#]],
    );
    let spaced = DASHBOARD.replace("[\n", "[ \n\n");
    check(
        Some(&old),
        &stack(&spaced, &[("Threshold", "10")], &[]),
        expect![[r#"
            movies-dev
              ~ Dashboard  AWS::CloudWatch::Dashboard
                └─ DashboardBody (other text, same content)
        "#]],
    );
}

#[test]
fn another_type_is_another_resource() {
    let text = |kind: &str| {
        format!(
            "Resources:\n  Store: {{Type: '{kind}', UpdateReplacePolicy: Retain, Properties: {{A: 1}}}}\n"
        )
    };
    let old = stack(&text("AWS::S3::Bucket"), &[], &[]);
    let new = stack(&text("AWS::DynamoDB::Table"), &[], &[]);
    check(
        Some(&old),
        &new,
        expect![[r#"
        movies-dev
          ! Store  AWS::DynamoDB::Table  [replaced, the old one is retained]
            └─ Type: AWS::S3::Bucket -> AWS::DynamoDB::Table
    "#]],
    );
}

#[test]
fn what_a_nested_stack_is_beside_its_template_counts() {
    let root = "Resources:\n  Data: {Type: 'AWS::CloudFormation::Stack'}\n";
    let data = || ("Data", stack("Resources:\n  A: {Type: T}\n", &[], &[]));
    let kept = root.replace("Stack'", "Stack', DeletionPolicy: Retain");
    let (old, new) = (stack(root, &[], &[data()]), stack(&kept, &[], &[data()]));
    check(
        Some(&old),
        &new,
        expect![[r#"
        movies-dev
          ~ Data  AWS::CloudFormation::Stack
            └─ DeletionPolicy: Retain (new)
    "#]],
    );
    let totals = crate::change_set::totals(&compare(Some(&old), &new));
    assert_eq!(totals.summary(), "1 to change");
}

fn beside(old: &StackTree, new: &StackTree) -> String {
    let tags = BTreeMap::from([("stage".to_owned(), "dev".to_owned())]);
    let text = sections::sections((old, &tags), (new, &BTreeMap::new())).render();
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn what_differs_beside_the_resources_is_listed() {
    let text = "Description: One.\nParameters:\n  Rate: {Type: Number}\n  Key: {Type: String, NoEcho: true, Default: abc}\n  \
        Pin: {Type: String, NoEcho: true}\nConditions:\n  IsBig: !Equals [!Ref Rate, 1]\nResources:\n  A: {Type: T}\n\
        Outputs:\n  Name: {Value: !Ref A}\n";
    let edited = text
        .replace("One.", "Two.")
        .replace("abc", "xyz")
        .replace("Rate, 1", "Rate, 2")
        .replace("!Ref A}", "!GetAtt A.Arn}\n  More: {Value: 1}");
    let child = |text: &str| ("Child", stack(text, &[], &[]));
    let old = stack(
        text,
        &[("Rate", "50"), ("Key", "****"), ("Gone", "1")],
        &[child(text)],
    );
    let new = stack(
        &edited,
        &[("Rate", "60"), ("Key", "hunter2"), ("Pin", "1234")],
        &[child(&edited)],
    );
    expect![[r#"
        parameters:
          ├─ Gone: 1 (removed)
          ├─ Key (secret, cannot be compared)
          ├─ Pin: (secret, new)
          └─ Rate: 50 -> 60
        tags:
          └─ stage: dev (removed)
        conditions:
          ├─ IsBig.Fn::Equals.1: 1 -> 2
          └─ Child / IsBig.Fn::Equals.1: 1 -> 2
        description:
          ├─ Description: One. -> Two.
          └─ Child / Description: One. -> Two.
        outputs:
          ├─ More.Value: 1 (new)
          ├─ Name.Value: ${A} -> ${A.Arn}
          ├─ Child / More.Value: 1 (new)
          └─ Child / Name.Value: ${A} -> ${A.Arn}
        declarations of parameters:
          ├─ Key.Default: (secret, changed)
          └─ Child / Key.Default: (secret, changed)
    "#]]
    .assert_eq(&beside(&old, &new));
}

#[test]
fn comments_and_order_are_no_change_of_a_resource_but_are_told() {
    let old = stack(
        "Resources:\n  A: {Type: T, Properties: {B: 1, C: 2}}\n",
        &[],
        &[],
    );
    let new = stack(
        "# New.\nResources:\n  A: {Type: T, Properties: {C: 2, B: '1'}}\n",
        &[],
        &[],
    );
    assert_eq!(compare(Some(&old), &new), []);
    let tags = BTreeMap::new();
    let sections = sections::sections((&old, &tags), (&new, &tags));
    assert!(!sections.is_empty());
    expect![[r#"
        root.yaml: other comments or layout, same content
    "#]]
    .assert_eq(&sections.render());
    assert!(sections::sections((&old, &tags), (&old, &tags)).is_empty());
}

const DEPLOYED_API: &str = "Resources:
  RestApi: {Type: 'AWS::ApiGateway::RestApi', Properties: {Name: movies}}
  PostMethod:
    Type: AWS::ApiGateway::Method
    Properties: {HttpMethod: POST, ResourceId: !GetAtt RestApi.RootResourceId, ApiKeyRequired: true}
  DeploymentOld: {Type: 'AWS::ApiGateway::Deployment', Properties: {RestApiId: !Ref RestApi}}
  Stage: {Type: 'AWS::ApiGateway::Stage', Properties: {DeploymentId: !Ref DeploymentOld}}
";

#[test]
fn a_new_deployment_is_one_line_with_what_is_new() {
    let root = "Resources:\n  Api: {Type: 'AWS::CloudFormation::Stack'}\n";
    let edited = DEPLOYED_API
        .replace("DeploymentOld", "DeploymentNew")
        .replace("ApiKeyRequired: true", "ApiKeyRequired: false");
    let old = stack(root, &[], &[("Api", stack(DEPLOYED_API, &[], &[]))]);
    let new = stack(root, &[], &[("Api", stack(&edited, &[], &[]))]);
    let changes = compare(Some(&old), &new);
    assert!(needs_explanation(&changes));
    let changes = explained(changes, &old, &new);
    let tree = format!("movies-dev\n{}", render(&changes));
    expect![[r#"
        movies-dev
          ~ Api  AWS::CloudFormation::Stack  [security]
            ~ PostMethod     AWS::ApiGateway::Method  [security]
              └─ ApiKeyRequired: true -> false
            ~ Stage          AWS::ApiGateway::Stage
              └─ DeploymentId: ${DeploymentOld} -> ${DeploymentNew}
            ~ DeploymentNew  AWS::ApiGateway::Deployment  [redeploys the API]
              ├─ POST / changed: ApiKeyRequired
              └─ takes the place of DeploymentOld
    "#]]
    .assert_eq(&anstream::adapter::strip_str(&tree).to_string());
    let totals = crate::change_set::totals(&changes);
    assert_eq!((totals.added, totals.modified, totals.removed), (1, 2, 1));
}

/// Where a secret can be in a template, given as a parameter or written there.
const PLACES: [&str; 12] = [
    "{MasterUserPassword: HERE}",
    "{Nested: {ClientSecret: HERE}}",
    "{Environment: {Variables: {AUTH_TOKEN: HERE, X: 1}}}",
    "{Environment: [{Name: DB_PASSWORD, Value: HERE}, {Name: X, Value: 1}]}",
    "{Secrets: [{Name: HERE}]}",
    "{Document: '{\"a\": {\"password\": \"HERE\"}}'}",
    "{Document: !Sub '{\"a\": [{\"Key\": \"token\", \"Value\": \"HERE\"}]}'}",
    "{Plain: !Ref Hidden}",
    "{Text: !Sub 'x-${Hidden}-y'}",
    "{Text: !Join ['', [a, !Ref Hidden]]}",
    "{Any: !If [IsHidden, !Ref Hidden, b]}",
    "{Tags: [{Key: a, Value: !Ref Hidden}]}",
];

fn with_secret(place: usize, secret: &str, no_echo: bool, is_new: bool) -> StackTree {
    let properties = PLACES[place].replace("HERE", secret);
    let resource = match is_new {
        true => format!("{{Type: AWS::X::Y, Properties: {properties}, Metadata: {{a: 1}}}}"),
        false => format!("{{Type: AWS::X::Y, Properties: {properties}}}"),
    };
    let child = format!(
        "Parameters:\n  Hidden: {{Type: String}}\nConditions:\n  IsHidden: !Equals [!Ref Hidden, a]\n\
         Resources:\n  R: {resource}\n"
    );
    let root = format!(
        "Parameters:\n  Hidden: {{Type: String, NoEcho: {no_echo}, Default: {secret}}}\nConditions:\n  \
         IsHidden: !Equals [!Ref Hidden, a]\nResources:\n  R: {resource}\n  Child:\n    \
         Type: AWS::CloudFormation::Stack\n    Properties: {{Parameters: {{Hidden: !Ref Hidden}}}}\n"
    );
    let child = stack(&child, &[("Hidden", secret)], &[]);
    stack(&root, &[("Hidden", secret)], &[("Child", child)])
}

proptest::proptest! {
    #[test]
    fn a_secret_is_never_shown(
        place in 0..PLACES.len(),
        other in 0..PLACES.len(),
        old in "zq[a-z0-9]{8}",
        new in "zq[a-z0-9]{8}",
        was_hidden in proptest::bool::ANY,
    ) {
        let old_tree = with_secret(place, &old, was_hidden, false);
        let new_tree = with_secret(other, &new, true, true);
        let tags = BTreeMap::new();
        let mut text = sections::sections((&old_tree, &tags), (&new_tree, &tags)).render();
        for before in [None, Some(&old_tree)] {
            let changes = compare(before, &new_tree);
            text.push_str(&render(&changes));
            text.push_str(&crate::change_set::callouts(&changes));
        }
        proptest::prop_assert!(text.contains('R'));
        proptest::prop_assert!(!text.contains(&old) && !text.contains(&new), "{}", text);
    }
}
