//! Operators: weakenings that fit wherever their pattern stands, so that a resource that is added
//! later is mutated without anybody's doing.

use serde_json::{Value, json};

use super::Mutant;

/// Without one of these a control is gone, whatever else refers to it.
const CONTROLS: [&str; 19] = [
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::UsagePlanKey",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::EC2::FlowLog",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPCEndpoint",
    "AWS::IAM::ManagedPolicy",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
];

/// Properties by resource type that protect by being there.
const PROTECTING: [(&str, &[&str]); 17] = [
    (
        "AWS::ApiGateway::Method",
        &["ApiKeyRequired", "RequestModels", "RequestValidatorId"],
    ),
    (
        "AWS::ApiGateway::Stage",
        &["AccessLogSetting", "MethodSettings", "TracingEnabled"],
    ),
    (
        "AWS::ApiGateway::UsagePlan",
        &["ApiStages", "Quota", "Throttle"],
    ),
    (
        "AWS::CloudWatch::Alarm",
        &["AlarmActions", "AlarmDescription", "TreatMissingData"],
    ),
    (
        "AWS::DynamoDB::Table",
        &[
            "DeletionProtectionEnabled",
            "PointInTimeRecoverySpecification",
            "SSESpecification",
            "StreamSpecification",
        ],
    ),
    ("AWS::EC2::SecurityGroup", &["SecurityGroupEgress"]),
    ("AWS::EC2::Subnet", &["MapPublicIpOnLaunch"]),
    ("AWS::EC2::VPCEndpoint", &["PolicyDocument"]),
    (
        "AWS::KMS::Key",
        &["EnableKeyRotation", "PendingWindowInDays"],
    ),
    (
        "AWS::Lambda::Function",
        &[
            "KmsKeyArn",
            "LoggingConfig",
            "ReservedConcurrentExecutions",
            "TracingConfig",
            "VpcConfig",
        ],
    ),
    ("AWS::Lambda::Permission", &["SourceArn"]),
    ("AWS::Logs::LogGroup", &["KmsKeyId", "RetentionInDays"]),
    (
        "AWS::S3::Bucket",
        &[
            "BucketEncryption",
            "LifecycleConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "VersioningConfiguration",
        ],
    ),
    ("AWS::SNS::Topic", &["KmsMasterKeyId"]),
    ("AWS::WAFv2::LoggingConfiguration", &["RedactedFields"]),
    ("AWS::WAFv2::WebACL", &["Rules"]),
    ("AWS::ApiGateway::RestApi", &["EndpointConfiguration"]),
];

/// Every mutant of one template.
pub(super) fn mutants(stack: &str, template: &Value) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    // The root has nested stacks only, which are the others' business.
    if stack == "Root" {
        return mutants;
    }
    let resources = template["Resources"].as_object().unwrap();
    for (logical_id, resource) in resources {
        let here = format!("/Resources/{logical_id}");
        let mut add = |what: &str, change: &dyn Fn(&mut Value)| {
            let mut template = template.clone();
            change(&mut template);
            mutants.push(Mutant {
                name: format!("{stack}.{logical_id}: {what}"),
                stack: stack.to_owned(),
                template,
            });
        };
        let kind = resource["Type"].as_str().unwrap();
        if CONTROLS.contains(&kind) {
            add("is dropped", &|template| remove(template, &here));
        }
        for property in PROTECTING
            .iter()
            .filter(|(one, _)| *one == kind)
            .flat_map(|(_, properties)| *properties)
        {
            let pointer = format!("{here}/Properties/{property}");
            if template.pointer(&pointer).is_some() {
                let what = format!("{property} is dropped");
                add(&what, &|template| remove(template, &pointer));
            }
        }
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            let kept = resource[policy].as_str();
            if kept.is_some_and(|policy| policy.starts_with("Retain"))
                && kind != "AWS::IAM::Role"
                && kind != "AWS::ApiGateway::Account"
                && kind != "AWS::S3::BucketPolicy"
            {
                let pointer = format!("{here}/{policy}");
                let what = format!("{policy} is Delete");
                add(&what, &|template| set(template, &pointer, json!("Delete")));
            }
        }
        let mut pointers = Vec::new();
        pointers_below(
            &resource["Properties"],
            &format!("{here}/Properties"),
            &mut pointers,
        );
        for pointer in &pointers {
            let value = template.pointer(pointer).unwrap();
            let short = pointer.strip_prefix(&here).unwrap();
            if let Value::Bool(set_to) = value {
                let what = format!("{short} is {}", !set_to);
                add(&what, &|template| set(template, pointer, json!(!set_to)));
            }
            if value.get("Effect").is_some() {
                for (what, change) in weaker_statements(kind, value) {
                    let what = format!("{short}: {what}");
                    add(&what, &|template| set(template, pointer, change.clone()));
                }
            }
        }
    }
    mutants
}

/// The ways to weaken one statement of a policy.
fn weaker_statements(kind: &str, statement: &Value) -> Vec<(String, Value)> {
    let mut weaker = Vec::new();
    let mut with = |what: &str, key: &str, value: Value| {
        let mut statement = statement.clone();
        if statement[key] != value {
            statement[key] = value;
            weaker.push((what.to_owned(), statement));
        }
    };
    if statement["Effect"] == "Deny" {
        with("a denial allows", "Effect", json!("Allow"));
        with("a denial is about nothing", "Action", json!("s3:None"));
    } else {
        let first = match &statement["Action"] {
            Value::Array(actions) => actions[0].as_str(),
            action => action.as_str(),
        };
        let service = first.unwrap().split(':').next().unwrap();
        with("every action", "Action", json!("*"));
        with(
            "every action of the service",
            "Action",
            json!(format!("{service}:*")),
        );
        if first != Some("iam:PassRole") {
            with("one more action", "Action", json!([first, "iam:PassRole"]));
        }
        // In a key's policy it is the key, and these say it for lack of anything narrower.
        if statement.get("Resource").is_some() && kind != "AWS::KMS::Key" {
            with("every resource", "Resource", json!("*"));
        }
        if statement.get("Principal").is_some() {
            with("every principal", "Principal", json!("*"));
            with("every account", "Principal", json!({ "AWS": "*" }));
        }
    }
    if statement.get("Condition").is_some() {
        let mut statement = statement.clone();
        statement.as_object_mut().unwrap().remove("Condition");
        weaker.push(("no condition".to_owned(), statement));
    }
    weaker
}

fn pointers_below(value: &Value, pointer: &str, pointers: &mut Vec<String>) {
    pointers.push(pointer.to_owned());
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers_below(value, &format!("{pointer}/{key}"), pointers);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers_below(value, &format!("{pointer}/{index}"), pointers);
            }
        }
        _ => {}
    }
}

/// The pointer of what holds a value, and the value's key in there.
fn parent_and_key(pointer: &str) -> (&str, String) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    (parent, key.replace("~1", "/").replace("~0", "~"))
}

pub(super) fn remove(template: &mut Value, pointer: &str) {
    let (parent, key) = parent_and_key(pointer);
    let parent = template.pointer_mut(parent).unwrap();
    match parent {
        Value::Object(object) => object.remove(&key).map(drop).unwrap(),
        Value::Array(items) => {
            items.remove(key.parse().unwrap());
        }
        other => panic!("{pointer} is in {other}"),
    }
}

pub(super) fn set(template: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = parent_and_key(pointer);
    let parent = template
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("no {pointer}"));
    match parent {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        parent => parent[key] = value,
    }
}
