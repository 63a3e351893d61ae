//! What the service promises, read off the templates at the root's defaults, nested stacks
//! followed. One test per part of the system.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::deployed_templates;
use super::flat::{Flat, flatten};
use cfnkit_assembly::assembly::{Cloud, supplied_parameters};
use xtask::service::SERVICE;

mod api;
mod gateway_responses;
mod network;
mod observability;
mod outputs;
mod queries;

fn flat(chosen: &[(&str, &str)]) -> Flat {
    flatten(&deployed_templates(Cloud::Aws), chosen)
}

impl Flat {
    fn of_type(&self, wanted: &str) -> Vec<(&str, &Value)> {
        let found = self
            .resources
            .iter()
            .filter(|(_, resource)| resource["Type"] == wanted);
        found
            .map(|(name, resource)| (name.as_str(), &resource["Properties"]))
            .collect()
    }

    /// The properties of the only resource of a type.
    fn only(&self, wanted: &str) -> &Value {
        match self.of_type(wanted).as_slice() {
            [(_, properties)] => properties,
            found => panic!("expected one {wanted}, found {found:?}"),
        }
    }

    fn properties(&self, name: &str) -> &Value {
        &self.resources[name]["Properties"]
    }

    fn policy_of_role(&self, role: &str) -> &Value {
        let policies = self.properties(role)["ManagedPolicyArns"]
            .as_array()
            .unwrap();
        let [Value::String(policy)] = policies.as_slice() else {
            panic!("{role} has other policies than one of our own: {policies:?}");
        };
        assert!(
            self.properties(role).get("Policies").is_none(),
            "{role} has inline policies"
        );
        let name = policy.trim_matches(['<', '>']);
        &self.properties(name)["PolicyDocument"]["Statement"]
    }
}

fn statement<'a>(statements: &'a Value, action: &str) -> &'a Value {
    let allows = |statement: &&Value| {
        let listed = &statement["Action"];
        let names = listed == action
            || listed
                .as_array()
                .is_some_and(|actions| actions.iter().any(|one| one == action));
        statement["Effect"] == "Allow" && names
    };
    statements
        .as_array()
        .unwrap()
        .iter()
        .find(allows)
        .unwrap_or_else(|| panic!("no {action}"))
}

fn no_wildcard_action(statements: &Value) {
    for statement in statements.as_array().unwrap() {
        let actions = statement["Action"].to_string();
        assert!(!actions.contains('*'), "{actions}");
        assert!(!actions.contains("logs:CreateLogGroup"), "{actions}");
    }
}

#[test]
fn the_endpoint_lets_through_one_action_of_one_role_on_one_table() {
    let flat = flat(&[]);
    let endpoint = flat.only("AWS::EC2::VPCEndpoint");
    assert_eq!(endpoint["VpcEndpointType"], "Gateway");
    assert_eq!(
        endpoint["ServiceName"],
        "com.amazonaws.<AWS::Region>.dynamodb"
    );
    assert_eq!(endpoint["RouteTableIds"], json!(["<Network.RouteTable>"]));
    let associations = flat.of_type("AWS::EC2::SubnetRouteTableAssociation");
    assert_eq!(associations.len(), flat.of_type("AWS::EC2::Subnet").len());
    for (name, association) in associations {
        assert_eq!(
            association["RouteTableId"], "<Network.RouteTable>",
            "{name}"
        );
    }
    assert_eq!(
        endpoint["PolicyDocument"]["Statement"],
        json!([{
            "Effect": "Allow",
            "Principal": "*",
            "Action": "dynamodb:PutItem",
            "Resource": "<Data.Table.Arn>",
            "Condition": { "ArnEquals": { "aws:PrincipalArn": "<Identity.FunctionRole.Arn>" } },
        }])
    );
}

#[test]
fn flow_logs_go_to_their_group_and_nowhere_else() {
    let flat = flat(&[]);
    let log = flat.only("AWS::EC2::FlowLog");
    assert_eq!(log["ResourceType"], "VPC");
    assert_eq!(log["TrafficType"], "ALL");
    assert_eq!(log["LogDestinationType"], "cloud-watch-logs");
    assert_eq!(log["LogGroupName"], "<Data.FlowLogGroup>");
    assert_eq!(
        log["DeliverLogsPermissionArn"],
        "<Identity.FlowLogRole.Arn>"
    );
    let trust = &flat.properties("Identity.FlowLogRole")["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(
        trust[0]["Principal"],
        json!({ "Service": "vpc-flow-logs.amazonaws.com" })
    );
    let statements = flat.policy_of_role("Identity.FlowLogRole");
    assert_eq!(statements.as_array().unwrap().len(), 1);
    no_wildcard_action(statements);
    let resource = statement(statements, "logs:PutLogEvents")["Resource"]
        .as_str()
        .unwrap();
    assert!(
        resource.ends_with(":log-group:<Data.FlowLogGroup>:*"),
        "{resource}"
    );
}

#[test]
fn the_table_can_be_recovered() {
    let flat = flat(&[]);
    let table = flat.only("AWS::DynamoDB::Table");
    assert_eq!(
        table["KeySchema"],
        json!([{ "AttributeName": "id", "KeyType": "HASH" }])
    );
    assert_eq!(
        table["AttributeDefinitions"],
        json!([{ "AttributeName": "id", "AttributeType": "S" }])
    );
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
    let recovery = &table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
    assert_eq!(recovery, true);
    assert_eq!(
        table["StreamSpecification"]["StreamViewType"],
        "NEW_AND_OLD_IMAGES"
    );
    assert!(table.get("TableName").is_none());
    let resource = &flat.resources["Data.Table"];
    assert_eq!(resource["DeletionPolicy"], "Retain");
    assert_eq!(resource["UpdateReplacePolicy"], "Retain");
}

#[test]
fn the_function_is_as_documented() {
    let flat = flat(&[]);
    let function = flat.only("AWS::Lambda::Function");
    assert_eq!(function["FunctionName"], "apigw_handler");
    assert_eq!(function["Runtime"], "provided.al2023");
    assert_eq!(function["Architectures"], json!(["arm64"]));
    assert_eq!(function["MemorySize"], "1024");
    assert!(
        function["Timeout"]
            .as_str()
            .unwrap()
            .parse::<u32>()
            .unwrap()
            < 29
    );
    assert_eq!(function["TracingConfig"]["Mode"], "Active");
    // The handler filters by `LOG_LEVEL`, and Lambda drops nothing of what it logs.
    assert_eq!(function["LoggingConfig"]["ApplicationLogLevel"], "DEBUG");
    assert_eq!(function["ReservedConcurrentExecutions"], "100");
    assert_eq!(
        function["VpcConfig"]["SubnetIds"],
        "<Network.SubnetA>,<Network.SubnetB>"
    );
    assert_eq!(
        function["VpcConfig"]["SecurityGroupIds"],
        json!(["<Network.SecurityGroup>"])
    );
    assert_eq!(
        function["Environment"]["Variables"]["TABLE_NAME"],
        "<Data.Table>"
    );
    assert_eq!(function["Environment"]["Variables"]["LOG_LEVEL"], "INFO");
    assert_eq!(function["LoggingConfig"]["LogFormat"], "JSON");
    assert_eq!(function["LoggingConfig"]["LogGroup"], "<Function.LogGroup>");
    let group = flat.properties("Function.LogGroup");
    assert_eq!(group["LogGroupName"], "/aws/lambda/apigw_handler");
    assert_eq!(function["Role"], "<Identity.FunctionRole.Arn>");
}

/// By it a panic's line says which symbols its addresses are of.
#[test]
fn the_function_knows_the_hash_of_its_zip() {
    let flat = flat(&[("HandlerKey", "ba7816bf.zip")]);
    let function = flat.only("AWS::Lambda::Function");
    assert_eq!(function["Code"]["S3Key"], "ba7816bf.zip");
    let variables = &function["Environment"]["Variables"];
    assert_eq!(variables["HANDLER_SHA256"], "ba7816bf");
}

#[test]
fn another_stage_has_names_of_its_own_and_small_accounts_no_reservation() {
    let flat = flat(&[("Stage", "test"), ("ReservedConcurrency", "none")]);
    let function = flat.only("AWS::Lambda::Function");
    assert_eq!(function["FunctionName"], "apigw_handler_test");
    assert!(function.get("ReservedConcurrentExecutions").is_none());
    let group = flat.properties("Function.LogGroup");
    assert_eq!(group["LogGroupName"], "/aws/lambda/apigw_handler_test");
}

#[test]
fn the_function_may_do_what_it_does_and_no_more() {
    let flat = flat(&[]);
    let statements = flat.policy_of_role("Identity.FunctionRole");
    no_wildcard_action(statements);
    let put = statement(statements, "dynamodb:PutItem");
    assert_eq!(put["Action"], "dynamodb:PutItem");
    assert_eq!(put["Resource"], "<Data.Table.Arn>");
    let dynamodb = statements.to_string().matches("dynamodb:").count();
    assert_eq!(dynamodb, 1);
    let logs = statement(statements, "logs:PutLogEvents")["Resource"]
        .as_str()
        .unwrap();
    assert!(
        logs.ends_with(":log-group:/aws/lambda/apigw_handler:*"),
        "{logs}"
    );
    for action in [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
    ] {
        statement(statements, action);
    }
}

#[test]
fn every_log_group_keeps_a_year() {
    let flat = flat(&[]);
    let groups = flat.of_type("AWS::Logs::LogGroup");
    // Flow, function, access, execution and WAF logs.
    assert_eq!(groups.len(), 5);
    for (name, group) in groups {
        assert_eq!(group["RetentionInDays"], "365", "{name}");
    }
    let execution = flat.properties("Api.ExecutionLogGroup");
    assert_eq!(
        execution["LogGroupName"],
        "API-Gateway-Execution-Logs_<Api.RestApi>/dev"
    );
}

/// One line in one place: each limit of the root moves the properties that it should.
/// What they switch on and choose has tests of its own: the key everywhere, the address of the
/// alarms, the network's two zones and its list of addresses.
const MOVED_ELSEWHERE: [&str; 5] = [
    "AlarmEmail",
    "AvailabilityZoneA",
    "AvailabilityZoneB",
    "DynamoDbPrefixListId",
    "EncryptionKey",
];

#[test]
fn every_parameter_moves_what_it_is_for_and_nothing_else() {
    let before = flat(&[]);
    let mut named = BTreeSet::from(MOVED_ELSEWHERE.map(str::to_owned));
    for (parameter, value, moved) in [
        (
            "FunctionMemoryInMegabytes",
            "512",
            &["Function.Function"][..],
        ),
        ("FunctionTimeoutInSeconds", "5", &["Function.Function"]),
        // The dashboard shows it beside what is in use.
        (
            "ReservedConcurrency",
            "50",
            &["Function.Function", "Observability.Dashboard"],
        ),
        (
            "ConcurrencyAlarmThreshold",
            "40",
            &["Observability.ConcurrencyAlarm", "Observability.Dashboard"],
        ),
        ("StageRateLimitPerSecond", "200", &["Api.Stage"]),
        ("StageBurstLimitInRequests", "400", &["Api.Stage"]),
        (
            "StandardRateLimitPerSecond",
            "60",
            &["Api.StandardUsagePlan"],
        ),
        (
            "StandardBurstLimitInRequests",
            "120",
            &["Api.StandardUsagePlan"],
        ),
        (
            "StandardQuotaPerDay",
            "1",
            &[
                "Api.StandardUsagePlan",
                "Observability.Dashboard",
                "Observability.StandardQuotaAlarm",
            ],
        ),
        ("PremiumRateLimitPerSecond", "60", &["Api.PremiumUsagePlan"]),
        (
            "PremiumBurstLimitInRequests",
            "120",
            &["Api.PremiumUsagePlan"],
        ),
        (
            "PremiumQuotaPerDay",
            "1",
            &[
                "Api.PremiumUsagePlan",
                "Observability.Dashboard",
                "Observability.PremiumQuotaAlarm",
            ],
        ),
        ("StandardKeyGeneration", "2", &["Api.StandardApiKey"]),
        ("PremiumKeyGeneration", "2", &["Api.PremiumApiKey"]),
        ("WafRateLimitPer300Seconds", "100", &["Api.WebAcl"]),
        ("WafManagedRules", "count", &["Api.WebAcl"]),
        ("WafLogs", "all", &["Api.WebAclLogging"]),
        ("TableDeletionProtection", "false", &["Data.Table"]),
        ("LogLevel", "DEBUG", &["Function.Function"]),
        (
            "LogRetentionInDays",
            "30",
            &[
                "Api.AccessLogGroup",
                "Api.ExecutionLogGroup",
                "Api.WebAclLogGroup",
                "Data.FlowLogGroup",
                "Function.LogGroup",
            ],
        ),
    ] {
        let after = flat(&[(parameter, value)]);
        let changed: Vec<&String> = after
            .resources
            .keys()
            .filter(|name| before.resources.get(*name) != after.resources.get(*name))
            .collect();
        assert_eq!(changed, moved, "{parameter}");
        named.insert(parameter.to_owned());
    }
    let root = deployed_templates(Cloud::Aws).root;
    let supplied = supplied_parameters(&root, &SERVICE);
    let parameters = root.parameters().into_iter().map(|one| one.name);
    let chosen: BTreeSet<String> = parameters.filter(|name| !supplied.contains(name)).collect();
    assert_eq!(named, chosen);
}
