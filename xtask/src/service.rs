//! What is special about this service: its names, what is built for it, and what is asked of it.

use cfnkit_assembly::log_source::LogSource;
use cfnkit_assembly::service::{
    Function, Key, LimitParameters, LogGroup, Probe, Sample, Service, Supplied, Tier,
};

/// The item that smoke requests leave in the table, again and again the same.
const ITEM: &str = r#"{"year":"2023","title":"smoke test","id":"smoke-test"}"#;

/// The movies service.
pub static SERVICE: Service = Service {
    name: "movies",
    about: "Packages and deploys the movies service, and tests this repository",
    default_stage: "dev",
    functions: &[Function {
        name: "handler",
        package: "handler",
        program: "handler",
        profile: "lambda",
        key_parameter: "HandlerKey",
        log_group_output: "FunctionLogGroupName",
        physical_name: Some("apigw_handler"),
        memory_parameter: Some("FunctionMemoryInMegabytes"),
        concurrency_parameter: Some("ReservedConcurrency"),
    }],
    tiers: &[
        Tier {
            name: "standard",
            key_output: "StandardApiKeyId",
            plan_output: "StandardUsagePlanId",
            generation_parameter: "StandardKeyGeneration",
            rate_parameter: "StandardRateLimitPerSecond",
            burst_parameter: "StandardBurstLimitInRequests",
            quota_parameter: "StandardQuotaPerDay",
            word: "Standard",
        },
        Tier {
            name: "premium",
            key_output: "PremiumApiKeyId",
            plan_output: "PremiumUsagePlanId",
            generation_parameter: "PremiumKeyGeneration",
            rate_parameter: "PremiumRateLimitPerSecond",
            burst_parameter: "PremiumBurstLimitInRequests",
            quota_parameter: "PremiumQuotaPerDay",
            word: "Premium",
        },
    ],
    supplied: Supplied::USUAL,
    limits: Some(LimitParameters {
        stage_rate: "StageRateLimitPerSecond",
        stage_burst: "StageBurstLimitInRequests",
        firewall_rate: "WafRateLimitPer300Seconds",
    }),
    advice: &[
        (
            "reserved concurrency",
            "the account must keep {least} executions unreserved: deploy with `--param ReservedConcurrency=none` or less, or ask for more with `aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000`",
        ),
        (
            "prefix list",
            "`{list}` is not of this region: leave out `--param DynamoDbPrefixListId`, so that it is looked up, or find it with `aws ec2 describe-managed-prefix-lists`",
        ),
        (
            "zone without the service",
            "see where `{what}` is with `aws ec2 describe-vpc-endpoint-services --service-names {what}`, and choose other zones with `--param AvailabilityZoneA=..` and `--param AvailabilityZoneB=..` or another region with `--region`",
        ),
        (
            "zone not available",
            "choose two of the zones named above with `--param AvailabilityZoneA={zones}` and `--param AvailabilityZoneB=..`",
        ),
        (
            "zone without Lambda",
            "choose two other zones with `--param AvailabilityZoneA=..` and `--param AvailabilityZoneB=..`: see which there are with `aws ec2 describe-availability-zones --query 'AvailabilityZones[].[ZoneName,ZoneId]'`; `use1-az3` has no Lambda",
        ),
    ],
    switched_on: &[
        ("EncryptionKey", "customer-managed"),
        ("WafLogs", "all"),
        ("AlarmEmail", "on-call@example.com"),
        ("ApiGatewayLogsRole", "true"),
    ],
    endpoint_output: "Endpoint",
    table_output: Some("TableName"),
    health_alarm_output: Some("ServerErrorsAlarmArn"),
    log_groups: &[
        LogGroup {
            source: LogSource::Waf,
            output: "WebAclLogGroupName",
            fixed_prefix: Some("aws-waf-logs-"),
        },
        LogGroup {
            source: LogSource::Api,
            output: "AccessLogGroupName",
            fixed_prefix: None,
        },
        LogGroup {
            source: LogSource::Flow,
            output: "FlowLogGroupName",
            fixed_prefix: None,
        },
    ],
    probes: &[
        Probe {
            name: "with key",
            key: Key::Right,
            method: "POST",
            path: "/",
            body: Some(ITEM),
            expected: &[200],
            message: Some("Successfully inserted data!"),
        },
        Probe {
            name: "without key",
            key: Key::None,
            method: "POST",
            path: "/",
            body: Some(ITEM),
            expected: &[403],
            message: None,
        },
        Probe {
            name: "wrong key",
            key: Key::Wrong,
            method: "POST",
            path: "/",
            body: Some(ITEM),
            expected: &[403],
            message: None,
        },
        // API Gateway's validator says 400, and the handler, where that lets it pass, 400 or 422.
        Probe {
            name: "bad body",
            key: Key::Right,
            method: "POST",
            path: "/",
            body: Some(r#"["no movie"]"#),
            expected: &[400, 422],
            message: None,
        },
        // API Gateway takes it for a request without a signature, and asks for a key first or not.
        Probe {
            name: "unknown path",
            key: Key::Right,
            method: "POST",
            path: "/no/such/path",
            body: Some(ITEM),
            expected: &[403, 404],
            message: None,
        },
    ],
    sample: Some(Sample {
        body: r#"{"year":"2023","title":"kkkg","id":"12"}"#,
        load_body: r#"{"year":"2023","title":"Load test","id":"{id}"}"#,
    }),
};
