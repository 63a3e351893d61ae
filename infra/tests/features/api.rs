//! The API, its keys and its WAF.

use serde_json::{Value, json};

use cfnkit_assembly::service::Probe;
use xtask::service::SERVICE;

use super::{Flat, flat};

#[test]
fn the_api_asks_for_a_key_validates_and_is_traced() {
    let flat = flat(&[]);
    let api = flat.only("AWS::ApiGateway::RestApi");
    assert_eq!(api["EndpointConfiguration"]["Types"], json!(["REGIONAL"]));
    assert_eq!(
        api["SecurityPolicy"],
        "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    );
    assert_eq!(api["EndpointAccessMode"], "STRICT");
    let post = flat.properties("Api.PostMethod");
    assert_eq!(post["HttpMethod"], "POST");
    assert_eq!(post["ResourceId"], "<Api.RestApi.RootResourceId>");
    assert_eq!(
        post["RequestModels"]["application/json"],
        "<Api.MovieModel>"
    );
    for (name, method) in flat.of_type("AWS::ApiGateway::Method") {
        assert_eq!(method["ApiKeyRequired"], true, "{name}");
        let validator = &method["RequestValidatorId"];
        assert_eq!(validator, "<Api.RequestValidator>", "{name}");
        assert_eq!(method["Integration"]["Type"], "AWS_PROXY", "{name}");
        let uri = method["Integration"]["Uri"].as_str().unwrap();
        let function = "functions/<Function.Function.Arn>/invocations";
        assert!(uri.contains(function), "{name}: {uri}");
    }
    let deployment = flat.only("AWS::ApiGateway::Deployment");
    assert!(deployment.get("StageName").is_none());

    let stage = flat.only("AWS::ApiGateway::Stage");
    assert_eq!(stage["StageName"], "dev");
    assert_eq!(stage["TracingEnabled"], true);
    assert_eq!(
        stage["MethodSettings"],
        json!([{
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "MetricsEnabled": true,
            "LoggingLevel": "ERROR",
            "DataTraceEnabled": false,
            "ThrottlingRateLimit": "100",
            "ThrottlingBurstLimit": "200",
        }])
    );
    assert_eq!(flat.of_type("AWS::ApiGateway::Account"), []);
}

/// A resource's path below the stage, with the names of what is variable in braces.
fn path_of(flat: &Flat, resource: &str) -> String {
    let name = resource.trim_matches(['<', '>']);
    if name.ends_with(".RootResourceId") {
        return "/".to_owned();
    }
    let resource = flat.properties(name);
    let part = resource["PathPart"].as_str().unwrap();
    let parent = path_of(flat, resource["ParentId"].as_str().unwrap());
    format!("{}/{part}", parent.trim_end_matches('/'))
}

/// Logical ID, method and path of everything that the API answers.
fn methods(flat: &Flat) -> Vec<(&str, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let methods = flat.of_type("AWS::ApiGateway::Method").into_iter();
    let methods = methods.map(|(name, method)| {
        let path = path_of(flat, &text(&method["ResourceId"]));
        (name, text(&method["HttpMethod"]), path)
    });
    methods.collect()
}

fn is_variable(part: &str) -> bool {
    part.starts_with('{')
}

/// One without the right is deployed all the same, and answers 500.
#[test]
fn every_method_may_invoke_the_function() {
    let flat = flat(&[]);
    let mut expected: Vec<String> = methods(&flat)
        .into_iter()
        .map(|(_, method, path)| {
            let parts = path.split('/');
            let parts = parts.map(|part| if is_variable(part) { "*" } else { part });
            let path = parts.collect::<Vec<&str>>().join("/");
            format!("<Api.RestApi>/dev/{method}{path}")
        })
        .collect();
    expected.sort();
    let mut found = Vec::new();
    for (name, permission) in flat.of_type("AWS::Lambda::Permission") {
        assert_eq!(
            permission["Principal"], "apigateway.amazonaws.com",
            "{name}"
        );
        let source = permission["SourceArn"].as_str().unwrap();
        found.push(source.rsplit_once(':').unwrap().1);
    }
    found.sort_unstable();
    assert_eq!(found, expected);
}

/// Whether a request's path is one of a resource's.
fn is_of(path: &str, resource: &str) -> bool {
    let (path, resource) = (path.split('/'), resource.split('/'));
    let mut pairs = path.clone().zip(resource.clone());
    path.count() == resource.count() && pairs.all(|(one, other)| is_variable(other) || one == other)
}

/// Who reads the pages, and who deploys: each learns of every method.
#[test]
fn every_method_is_on_the_page_in_the_changelog_and_among_the_probes() {
    let flat = flat(&[]);
    let mut missing = Vec::new();
    for (_, method, path) in methods(&flat) {
        let words = format!("`{method} {path}`");
        for page in ["docs/src/api.md", "CHANGELOG.md"] {
            let text = std::fs::read_to_string(crate::root().join(page)).unwrap();
            if !text.contains(&words) {
                missing.push(format!("{words} in {page}"));
            }
        }
        let succeeds = |probe: &Probe| {
            probe.method == method && is_of(probe.path, &path) && probe.expected[0] < 300
        };
        if !SERVICE.probes.iter().any(succeeds) {
            missing.push(format!("a probe of {words} that succeeds"));
        }
    }
    assert_eq!(missing, [""; 0]);
}

/// A member that API Gateway refused would never meet the handler, whose 422 points at it.
#[test]
fn the_model_asks_for_an_object_and_leaves_its_members_to_the_handler() {
    let flat = flat(&[]);
    let model = flat.only("AWS::ApiGateway::Model");
    assert_eq!(model["ContentType"], "application/json");
    let schema = model["Schema"].as_object().unwrap();
    let keys: Vec<&str> = schema.keys().map(String::as_str).collect();
    assert_eq!(keys, ["$schema", "title", "type", "properties"]);
    assert_eq!(schema["type"], "object");
    let properties = schema["properties"].as_object().unwrap();
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["id", "title", "year"]);
    for (name, property) in properties {
        let keywords: Vec<&String> = property.as_object().unwrap().keys().collect();
        assert_eq!(keywords, ["description"], "{name}");
    }
    let validator = flat.only("AWS::ApiGateway::RequestValidator");
    assert_eq!(validator["ValidateRequestBody"], true);
}

#[test]
fn the_access_log_tells_who_and_what_and_never_the_key() {
    let flat = flat(&[]);
    let setting = &flat.only("AWS::ApiGateway::Stage")["AccessLogSetting"];
    let format = setting["Format"].as_str().unwrap();
    let fields: Value = serde_json::from_str(format).unwrap();
    let values: Vec<&str> = fields
        .as_object()
        .unwrap()
        .values()
        .map(|v| v.as_str().unwrap())
        .collect();
    for wanted in [
        "$context.requestId",
        "$context.extendedRequestId",
        "$context.identity.sourceIp",
        "$context.identity.userAgent",
        "$context.identity.apiKeyId",
        "$context.httpMethod",
        "$context.path",
        "$context.tlsVersion",
        "$context.cipherSuite",
        "$context.status",
        "$context.responseLatency",
        "$context.integration.latency",
        "$context.error.message",
        "$context.wafResponseCode",
        "$context.xrayTraceId",
    ] {
        assert!(values.contains(&wanted), "{wanted}");
    }
    assert!(!values.contains(&"$context.identity.apiKey"));
    let destination = setting["DestinationArn"].as_str().unwrap();
    assert!(
        destination.ends_with(":log-group:<Api.AccessLogGroup>"),
        "{destination}"
    );
}

#[test]
fn both_tiers_have_a_key_and_their_limits_on_this_stage() {
    let flat = flat(&[]);
    for (tier, rate, burst, quota) in [
        ("Standard", "50", "100", "10000"),
        ("Premium", "100", "200", "50000"),
    ] {
        let plan = flat.properties(&format!("Api.{tier}UsagePlan"));
        assert_eq!(
            plan["Throttle"],
            json!({ "RateLimit": rate, "BurstLimit": burst })
        );
        assert_eq!(plan["Quota"], json!({ "Limit": quota, "Period": "DAY" }));
        assert_eq!(
            plan["ApiStages"],
            json!([{ "ApiId": "<Api.RestApi>", "Stage": "<Api.Stage>" }])
        );
        let link = flat.properties(&format!("Api.{tier}UsagePlanKey"));
        assert_eq!(link["UsagePlanId"], format!("<Api.{tier}UsagePlan>"));
        assert_eq!(link["KeyId"], format!("<Api.{tier}ApiKey>"));
        // A rotation makes another key, and the one before stays valid in its plan.
        for part in ["ApiKey", "UsagePlanKey"] {
            let resource = &flat.resources[&format!("Api.{tier}{part}")];
            assert_eq!(resource["UpdateReplacePolicy"], "Retain");
            assert_eq!(resource["DeletionPolicy"], "Delete");
        }
        assert_eq!(
            flat.properties(&format!("Api.{tier}ApiKey"))["Name"],
            format!("movies-dev-{}-1", tier.to_lowercase())
        );
        assert_eq!(
            flat.outputs[&format!("{tier}ApiKeyId")],
            format!("<Api.{tier}ApiKey>")
        );
    }
    assert_eq!(
        flat.outputs["Endpoint"],
        "https://<Api.RestApi>.execute-api.<AWS::Region>.<AWS::URLSuffix>/<Api.Stage>"
    );
}

#[test]
fn the_waf_blocks_floods_and_logs_without_the_key() {
    let flat = flat(&[]);
    let acl = flat.only("AWS::WAFv2::WebACL");
    assert_eq!(acl["Scope"], "REGIONAL");
    let rule = &acl["Rules"][0];
    let rate = &rule["Statement"]["RateBasedStatement"];
    assert_eq!(rate["Limit"], "2000");
    assert_eq!(rate["EvaluationWindowSec"], 300);
    assert_eq!(rate["AggregateKeyType"], "IP");
    assert_eq!(rule["Action"], json!({ "Block": {} }));
    for visibility in [&acl["VisibilityConfig"], &rule["VisibilityConfig"]] {
        assert_eq!(visibility["CloudWatchMetricsEnabled"], true);
        assert_eq!(visibility["SampledRequestsEnabled"], true);
    }
    let association = flat.only("AWS::WAFv2::WebACLAssociation");
    assert_eq!(association["WebACLArn"], "<Api.WebAcl.Arn>");
    let stage = association["ResourceArn"].as_str().unwrap();
    assert!(
        stage.ends_with("::/restapis/<Api.RestApi>/stages/<Api.Stage>"),
        "{stage}"
    );
    let logging = flat.only("AWS::WAFv2::LoggingConfiguration");
    assert_eq!(
        logging["RedactedFields"],
        json!([{ "SingleHeader": { "Name": "x-api-key" } }])
    );
    assert_eq!(
        acl["DataProtectionConfig"]["DataProtections"],
        json!([
            {
                "Action": "SUBSTITUTION",
                "Field": { "FieldType": "SINGLE_HEADER", "FieldKeys": ["x-api-key"] },
            },
            { "Action": "SUBSTITUTION", "Field": { "FieldType": "BODY" } },
        ])
    );
    let group = flat.properties("Api.WebAclLogGroup");
    assert!(
        group["LogGroupName"]
            .as_str()
            .unwrap()
            .starts_with("aws-waf-logs-")
    );
}
