//! Every right that the templates give, to whom and for what, as one table: whoever changes one
//! reads it here before it is deployed.

use std::collections::BTreeSet;

use expect_test::expect_file;
use serde_json::Value;

use super::root;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::template::plain_string;
use cfnkit_template::templates::Templates;

/// Actions that may have `*`, and why. An action that is not here needs the ARN of what it is for.
const WITHOUT_RESOURCE: [(&str, &str); 8] = [
    (
        "ec2:AssignPrivateIpAddresses",
        "Lambda's interfaces have no id before it makes them",
    ),
    (
        "ec2:CreateNetworkInterface",
        "Lambda's interfaces have no id before it makes them",
    ),
    (
        "ec2:DeleteNetworkInterface",
        "Lambda's interfaces have no id before it makes them",
    ),
    ("ec2:DescribeNetworkInterfaces", "it knows no resource"),
    ("ec2:DescribeSubnets", "it knows no resource"),
    (
        "ec2:UnassignPrivateIpAddresses",
        "Lambda's interfaces have no id before it makes them",
    ),
    ("xray:PutTelemetryRecords", "it knows no resource"),
    ("xray:PutTraceSegments", "it knows no resource"),
];

/// What the function's role may do for the services around the function. What the code itself
/// asks for is recorded in the handler's tests.
const FOR_SERVICES: [(&str, &str); 14] = [
    ("ec2:AssignPrivateIpAddresses", "Lambda, for the VPC"),
    ("ec2:CreateNetworkInterface", "Lambda, for the VPC"),
    ("ec2:DeleteNetworkInterface", "Lambda, for the VPC"),
    ("ec2:DescribeNetworkInterfaces", "Lambda, for the VPC"),
    ("ec2:DescribeSubnets", "Lambda, for the VPC"),
    ("ec2:UnassignPrivateIpAddresses", "Lambda, for the VPC"),
    (
        "kms:Decrypt",
        "DynamoDB and Lambda, for table and environment",
    ),
    ("kms:DescribeKey", "DynamoDB, for the table"),
    ("kms:Encrypt", "DynamoDB, for the table"),
    ("kms:GenerateDataKey", "DynamoDB, for the table"),
    ("logs:CreateLogStream", "Lambda, for what the code prints"),
    ("logs:PutLogEvents", "Lambda, for what the code prints"),
    ("xray:PutTelemetryRecords", "Lambda's X-Ray daemon"),
    ("xray:PutTraceSegments", "Lambda's X-Ray daemon"),
];

/// One statement of a policy, or a permission of a function.
struct Right {
    resource: String,
    effect: String,
    principal: String,
    actions: Vec<String>,
    on: String,
    condition: String,
}

/// Everything that everything may, wherever a template says so.
fn rights(chosen: &Parameters) -> Vec<Right> {
    let templates = Templates::read(&root().join("infra/cfn")).unwrap();
    let flat = templates.flatten(chosen);
    let resources = flat.template["Resources"].as_object().unwrap();
    let mut rights = Vec::new();
    for (logical_id, resource) in resources {
        statements_in(&resource["Properties"], logical_id, &mut rights);
        let properties = &resource["Properties"];
        if resource["Type"] == "AWS::Lambda::Permission" {
            rights.push(Right {
                resource: logical_id.clone(),
                effect: "Allow".to_owned(),
                principal: short(&properties["Principal"]),
                actions: vec![short(&properties["Action"])],
                on: short(&properties["FunctionName"]),
                condition: format!("SourceArn {}", short(&properties["SourceArn"])),
            });
        }
        for policy in properties["ManagedPolicyArns"]
            .as_array()
            .into_iter()
            .flatten()
        {
            rights.push(Right {
                resource: logical_id.clone(),
                effect: "Has".to_owned(),
                principal: String::new(),
                actions: vec![short(policy)],
                on: String::new(),
                condition: String::new(),
            });
        }
    }
    rights
}

/// A policy is whatever has statements, whatever the property that holds it is called.
fn statements_in(value: &Value, logical_id: &str, rights: &mut Vec<Right>) {
    match value {
        Value::Object(object) => {
            // A rule of a web ACL has one too, which is no list.
            if let Some(Value::Array(statements)) = object.get("Statement") {
                for statement in statements {
                    for key in ["NotAction", "NotResource", "NotPrincipal"] {
                        assert!(statement.get(key).is_none(), "{logical_id} has {key}");
                    }
                    let actions = match &statement["Action"] {
                        Value::Array(actions) => actions.iter().map(short).collect(),
                        one => vec![short(one)],
                    };
                    rights.push(Right {
                        resource: logical_id.to_owned(),
                        effect: short(&statement["Effect"]),
                        principal: optional(statement.get("Principal")),
                        actions,
                        on: optional(statement.get("Resource")),
                        condition: optional(statement.get("Condition")),
                    });
                }
            }
            object
                .values()
                .for_each(|value| statements_in(value, logical_id, rights));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| statements_in(value, logical_id, rights)),
        _ => {}
    }
}

fn optional(value: Option<&Value>) -> String {
    value.map(short).unwrap_or_default()
}

/// References as `<DataTable.Arn>`, lists with commas, objects with their keys.
fn short(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let parts = object
                .iter()
                .map(|(key, value)| match (key.as_str(), value) {
                    ("Ref", name) => format!("<{}>", plain_string(name)),
                    ("Fn::GetAtt", path) => {
                        format!("<{}.{}>", plain_string(&path[0]), plain_string(&path[1]))
                    }
                    ("Fn::Sub", text) => plain_string(text)
                        .replace("${AWS::Partition}", "aws")
                        .replace("${AWS::Region}:${AWS::AccountId}", "here")
                        .replace("::${AWS::AccountId}", ":here")
                        .replace("${", "<")
                        .replace('}', ">"),
                    (key, value) => format!("{key} {}", short(value)),
                });
            parts.collect::<Vec<_>>().join("; ")
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(short).collect();
            items.join(", ")
        }
        scalar => plain_string(scalar),
    }
}

fn with_key() -> Parameters {
    let chosen = [
        ("EncryptionKey", "customer-managed"),
        ("ApiGatewayLogsRole", "true"),
    ];
    chosen
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn table(rights: &[Right]) -> String {
    let mut text = String::new();
    for right in rights {
        text += &format!("{}: {}", right.resource, right.effect);
        for (word, value) in [
            ("", &right.principal),
            ("", &right.actions.join(", ")),
            ("on ", &right.on),
            ("if ", &right.condition),
        ] {
            if !value.is_empty() {
                text += &format!("\n  {word}{value}");
            }
        }
        text += "\n";
    }
    text
}

/// `UPDATE_EXPECT=1` writes the file; read what changed in it.
#[test]
fn every_right_is_written_down() {
    expect_file!["privilege/rights.txt"].assert_eq(&table(&rights(&with_key())));
}

/// Without the key there is nothing else, only less.
#[test]
fn without_the_key_nothing_speaks_of_it() {
    let all: BTreeSet<String> = rights(&with_key())
        .iter()
        .map(|one| table(std::slice::from_ref(one)))
        .collect();
    let fewer = rights(&Parameters::new());
    for right in &fewer {
        assert!(
            all.contains(&table(std::slice::from_ref(right))),
            "{}",
            table(std::slice::from_ref(right))
        );
        assert!(
            !right
                .actions
                .iter()
                .any(|action| action.starts_with("kms:"))
        );
    }
    assert!(fewer.len() > 10);
}

#[test]
fn only_actions_that_know_no_resource_have_all() {
    let mut seen = BTreeSet::new();
    for right in rights(&with_key()) {
        // In a key's policy it is the key. `deploy_role` looks at the deploy role's.
        let is_elsewhere = right.resource == "BootstrapKey" || right.resource.starts_with("Github");
        if right.effect != "Allow" || is_elsewhere || right.on != "*" {
            continue;
        }
        for action in right.actions {
            let known = WITHOUT_RESOURCE.iter().any(|(one, _)| *one == action);
            assert!(known, "{}: {action} on every resource", right.resource);
            seen.insert(action);
        }
    }
    assert_eq!(seen.len(), WITHOUT_RESOURCE.len(), "{seen:?}");
}

#[test]
fn the_functions_role_has_what_code_and_services_need() {
    let rights = rights(&with_key());
    let mut allowed = BTreeSet::new();
    for right in &rights {
        if right.resource == "IdentityFunctionPolicy" && right.effect == "Allow" {
            allowed.extend(right.actions.iter().map(String::as_str));
        }
    }
    let for_services = FOR_SERVICES.iter().map(|(action, _)| *action);
    // The one call that the handler makes: `handler/tests/it/privileges.rs` records it.
    let expected: BTreeSet<&str> = for_services.chain(["dynamodb:PutItem"]).collect();
    assert_eq!(allowed, expected);
}
