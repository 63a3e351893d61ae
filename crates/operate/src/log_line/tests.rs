use expect_test::expect;

use super::*;

/// As AWS WAF's developer guide shows one, shortened; the rule and the ID are of this service.
const WAF: &str = r#"{
    "timestamp": 1576280412771,
    "formatVersion": 1,
    "webaclId": "arn:aws:wafv2:ap-southeast-2:111122223333:regional/webacl/movies-dev/1EXAMPLE",
    "terminatingRuleId": "RateLimit",
    "terminatingRuleType": "RATE_BASED",
    "action": "BLOCK",
    "terminatingRuleMatchDetails": [],
    "httpSourceName": "APIGW",
    "httpSourceId": "111122223333:a1b2c3d4e5:dev",
    "ruleGroupList": [],
    "rateBasedRuleList": [],
    "nonTerminatingMatchingRules": [{ "ruleId": "CommonRules", "action": "COUNT" }],
    "httpRequest": {
        "clientIp": "192.0.2.44",
        "country": "AU",
        "headers": [{ "name": "Host", "value": "localhost:1989" }],
        "uri": "/dev",
        "args": "",
        "httpVersion": "HTTP/1.1",
        "httpMethod": "POST",
        "requestId": "Ed0AiHF_CGYF-DA="
    }
}"#;

/// As `AccessLogSetting` in `infra/cfn/api.yaml` forms one.
const API: &str = r#"{ "requestId":"5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d",
    "extendedRequestId":"Ed0AiHF_CGYF-DA=", "requestTime":"24/Nov/2026:09:44:02 +0000",
    "sourceIp":"192.0.2.44", "apiKeyId":"-", "method":"POST", "path":"/dev/", "status":"403",
    "responseLatency":"7", "integrationStatus":"-", "errorResponseType":"WAF_FILTERED",
    "xrayTraceId":"1-5759e988-bd862e3fe1be46a994272793" }"#;

/// As the handler writes one.
const FUNCTION: &str = r#"{"timestamp":"2026-11-24T09:44:02.345Z","level":"WARN",
    "message":"request","requestId":"5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d",
    "extendedRequestId":"Ed0AiHF_CGYF-DA=","lambdaRequestId":"8476a536-e9f4-11e8-9739-2dfe598c3fcd",
    "traceId":"1-5759e988-bd862e3fe1be46a994272793","status":422,
    "reason":"/title: a string is missing, and here is more to say of it","durationMs":1.25,
    "_aws":{"Timestamp":1}}"#;

/// As the Lambda developer guide shows one.
const REPORT: &str = r#"{"time":"2023-03-15T12:20:36.321Z","type":"platform.report",
    "record":{"requestId":"d7d0f4b1-5d2e-4d2e-b2f5-a9a4b2b5a2d0","metrics":{"durationMs":300.1,
    "billedDurationMs":301},"status":"success"}}"#;

const FLOW: &str = "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 443 6 20 4249 \
     1418530010 1418530070 ACCEPT OK";

fn line(source: LogSource, text: &str) -> LogLine {
    LogLine::read(source, 1_795_513_442_345, text)
}

#[test]
fn each_layer_says_its_own_in_80_columns() {
    let lines = [
        line(LogSource::Waf, WAF),
        line(LogSource::Api, API),
        line(LogSource::Function, FUNCTION),
        line(LogSource::Function, REPORT),
        line(LogSource::Function, "a panic\nthat is no JSON\n"),
        line(LogSource::Flow, FLOW),
    ];
    let text: Vec<String> = lines.iter().map(LogLine::render).collect();
    let text = text.join("\n");
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    expect![[r#"
        09:44:02.345 waf      BLOCK by RateLimit for 192.0.2.44, counted by CommonRules
                              Ed0AiHF_CGYF-DA=
        09:44:02.345 api      403 POST /dev/ 7 ms WAF_FILTERED
                              5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d
        09:44:02.345 function WARN 422 1.25 ms /title: a string is missing, and here is
                              more to say of it  5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d
        09:44:02.345 function platform.report success 300.1 ms
        09:44:02.345 function a panic that is no JSON
        09:44:02.345 flow     2 123456789010 eni-1235b8ca123456789 172.31.16.139
                              172.31.16.21 20641 443 6 20 4249 1418530010 1418530070
                              ACCEPT OK"#]]
    .assert_eq(&text);
}

#[test]
fn the_ids_of_a_line_lead_to_the_other_layers() {
    let waf = line(LogSource::Waf, WAF);
    assert_eq!(waf.ids(), ["Ed0AiHF_CGYF-DA="]);
    let api = line(LogSource::Api, API);
    assert!(api.ids().contains(&"Ed0AiHF_CGYF-DA="));
    let function = line(LogSource::Function, FUNCTION);
    for id in [
        "5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d",
        "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        "1-5759e988-bd862e3fe1be46a994272793",
    ] {
        assert!(function.ids().contains(&id), "{id}");
    }
    assert_eq!(
        function.trace_id(),
        Some("1-5759e988-bd862e3fe1be46a994272793")
    );
    assert!(line(LogSource::Flow, FLOW).ids().is_empty());
}

#[test]
fn fields_leave_out_what_is_not_there_and_what_is_the_same_in_every_line() {
    let api = line(LogSource::Api, API).fields();
    assert!(api.contains(&"status: 403".to_owned()));
    assert!(!api.iter().any(|field| field.starts_with("apiKeyId")));
    let waf = line(LogSource::Waf, WAF).fields();
    assert!(waf.contains(&"httpRequest.clientIp: 192.0.2.44".to_owned()));
    assert!(waf.iter().all(|line| line.chars().count() <= 76), "{waf:?}");
    let function = line(LogSource::Function, FUNCTION).fields();
    assert!(!function.iter().any(|field| field.starts_with("_aws")));
}
