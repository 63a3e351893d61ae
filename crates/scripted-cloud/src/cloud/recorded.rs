//! Answers of the services that a stage is looked at through, in the shapes that their API
//! references document, and the stage's own endpoint. They never change but for the handler.

use serde_json::{Value, json};

use super::http::{Request, Response};
use super::state::State;

/// The value that nobody but who asks for it may see.
pub const KEY_VALUE: &str = "the-value-of-the-standard-key";

/// One request in all logs: API Gateway's ID of it.
pub const REQUEST_ID: &str = "5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d";

const TRACE_ID: &str = "1-5759e988-bd862e3fe1be46a994272793";

/// The current standard key's ID.
pub const CURRENT: &str = "a1b2c3d4e5";

/// The operation that a request is for, if it is one of these.
pub(super) fn operation(request: &Request) -> Option<String> {
    if let Some(target) = request.header("x-amz-target") {
        return target.rsplit('.').next().map(ToOwned::to_owned);
    }
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let name = match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["apikeys", _]) => "GetApiKey",
        ("GET", ["usageplans", _]) => "GetUsagePlan",
        ("GET", ["usageplans", _, "keys"]) => "GetUsagePlanKeys",
        ("GET", ["usageplans", _, "usage"]) => "GetUsage",
        ("GET", ["2016-08-19", "account-settings"]) => "GetAccountSettings",
        ("GET", ["2015-03-31", "functions", _, "configuration"]) => "GetFunctionConfiguration",
        ("POST", ["TraceSummaries"]) => "GetTraceSummaries",
        ("POST", ["Traces"]) => "BatchGetTraces",
        ("POST", ["dev", ..]) => "Invoke",
        _ => return None,
    };
    Some(name.to_owned())
}

impl State {
    /// The answer, if it is one of these operations.
    pub(super) fn recorded(&self, operation: &str, request: &Request) -> Option<Response> {
        let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let part = |index: usize| {
            let mut parts = request.path.trim_matches('/').split('/');
            parts.nth(index).unwrap_or_default().to_owned()
        };
        let answer = match operation {
            "Invoke" => return Some(self.invoke(request)),
            "GetApiKey" => {
                let shows = request.query.get("includeValue").map(String::as_str);
                api_key(&part(1), shows == Some("true"))
            }
            "GetUsagePlan" => json!({
                "id": part(1), "name": part(1), "apiStages": [],
                "throttle": { "burstLimit": 100, "rateLimit": 50.0 },
                "quota": { "limit": 10000, "offset": 0, "period": "DAY" }
            }),
            "GetUsagePlanKeys" => plan_keys(&part(1)),
            "GetUsage" => usage(request),
            "GetMetricData" => metrics(&input),
            "DescribeAlarms" => alarms(),
            "FilterLogEvents" => events(&input),
            "GetTraceSummaries" => json!({
                "TraceSummaries": [{
                    "Id": TRACE_ID, "Duration": 0.029, "ResponseTime": 0.029, "HasFault": true,
                    "HasError": false, "HasThrottle": false,
                    "Http": { "HttpStatus": 503, "HttpMethod": "POST" }
                }],
                "ApproximateTime": 1_795_513_442.0, "TracesProcessedCount": 1
            }),
            "BatchGetTraces" => traces(),
            // What a first deploy would make is not there.
            "GetFunctionConfiguration" => {
                let missing = json!({ "Type": "User", "Message": "Function not found" });
                let refusal = json_answer(404, &missing);
                return Some(refusal.with("x-amzn-errortype", "ResourceNotFoundException"));
            }
            "DescribeLogGroups" => json!({ "logGroups": [] }),
            "GetAccountSettings" => json!({
                "AccountLimit": { "TotalCodeSize": 80_530_636_800_u64,
                    "CodeSizeUnzipped": 262_144_000, "CodeSizeZipped": 52_428_800,
                    "ConcurrentExecutions": self.executions.unwrap_or(1000),
                    "UnreservedConcurrentExecutions": self.executions.unwrap_or(900) },
                "AccountUsage": { "TotalCodeSize": 1, "FunctionCount": 1 }
            }),
            "DescribeTrails" => json!({ "trailList": [{
                "Name": "main", "S3BucketName": "trail-of-another-account",
                "IsMultiRegionTrail": true, "IsOrganizationTrail": true,
                "TrailARN": "arn:aws:cloudtrail:us-east-1:444455556666:trail/main",
                "HasCustomEventSelectors": false
            }] }),
            "GetTrailStatus" => json!({ "IsLogging": true, "LatestDeliveryTime": 1.0 }),
            "GetEventSelectors" => json!({ "EventSelectors": [{
                "ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
                "ExcludeManagementEventSources": []
            }] }),
            "GetServiceQuota" => json!({ "Quota": {
                "ServiceCode": input["ServiceCode"], "QuotaCode": input["QuotaCode"],
                "Value": if input["ServiceCode"] == "vpc" { 5.0 } else { 10_000.0 },
                "Adjustable": true, "GlobalQuota": false
            } }),
            _ => return None,
        };
        Some(json_answer(200, &answer))
    }

    /// What `api.yaml` and the handler answer.
    fn invoke(&self, request: &Request) -> Response {
        let key = request.header("x-api-key");
        let is_wrong = self.good_handler.as_ref().is_some_and(|good| {
            let stack = self.stack("movies-dev");
            stack.and_then(|stack| stack.parameters.get("HandlerKey")) != Some(good)
        });
        let is_movie = request.body.starts_with(b"{");
        let (status, message) = match request.path.as_str() {
            "/dev/" if key != Some(KEY_VALUE) => (403, "API key is missing or not valid"),
            "/dev/" if is_wrong => (502, "the function failed"),
            "/dev/" if !is_movie => (400, "the body is not a JSON object"),
            "/dev/" => (200, "Successfully inserted data!"),
            _ => (404, "no such path or method"),
        };
        json_answer(status, &json!({ "message": message }))
    }
}

fn json_answer(status: u16, answer: &Value) -> Response {
    Response::new(status, "application/json", answer.to_string())
}

fn api_key(id: &str, shows_value: bool) -> Value {
    let generation = if id == "f6g7h8i9j0" { 1 } else { 2 };
    let mut key = json!({
        "id": id, "name": format!("movies-dev-standard-{generation}"), "enabled": true,
        "createdDate": 1_795_513_440 + generation, "lastUpdatedDate": 1_795_513_442,
        "stageKeys": []
    });
    if shows_value {
        key["value"] = json!(KEY_VALUE);
    }
    key
}

/// A rotation of the standard key is under way.
fn plan_keys(plan: &str) -> Value {
    match plan {
        "value-of-StandardUsagePlanId" => json!({ "item": [
            { "id": "f6g7h8i9j0", "type": "API_KEY", "name": "movies-dev-standard-1" },
            { "id": CURRENT, "type": "API_KEY", "name": "movies-dev-standard-2" }
        ] }),
        _ => json!({ "item": [
            { "id": "p6q7r8s9t0", "type": "API_KEY", "name": "movies-dev-premium-1" }
        ] }),
    }
}

/// The current key was used today, the other one never.
fn usage(request: &Request) -> Value {
    let mut answer = json!({
        "usagePlanId": "p", "startDate": request.query["startDate"],
        "endDate": request.query["endDate"], "values": {}
    });
    if request.query["keyId"] == CURRENT {
        answer["values"][CURRENT] = json!([[0, 10000], [25, 9975], [1234, 8766]]);
    }
    answer
}

fn metrics(input: &Value) -> Value {
    let results = input["MetricDataQueries"].as_array().unwrap().iter();
    let results = results.map(|query| {
        let metric = &query["MetricStat"]["Metric"];
        let values = match (
            metric["MetricName"].as_str().unwrap(),
            &query["MetricStat"]["Stat"],
        ) {
            // Two data points, as of an hour that is no clock hour.
            // As the developer guide has it: requests are the samples of `Count`.
            ("Count", stat) if stat == "SampleCount" => json!([3600.0, 3600.0]),
            ("4XXError", _) => json!([72.0]),
            ("BlockedRequests", _) => json!([3.0]),
            ("Latency", stat) if stat == "p50" => json!([9.4, 8.1]),
            ("Latency", _) => json!([41.7]),
            ("Invocations", _) => json!([7128.0]),
            ("Duration", _) => json!([6.5]),
            ("ConcurrentExecutions", _) => json!([12.0]),
            ("WriteThrottleEvents", _) => json!([0.0]),
            // A metric without data has none.
            _ => json!([]),
        };
        let times: Vec<u64> = (0..values.as_array().unwrap().len() as u64).collect();
        json!({ "Id": query["Id"], "Label": metric["MetricName"], "Timestamps": times,
                "Values": values, "StatusCode": "Complete" })
    });
    json!({ "MetricDataResults": results.collect::<Vec<_>>(), "Messages": [] })
}

fn alarms() -> Value {
    let alarm = |name: &str, state: &str, reason: &str| {
        json!({ "AlarmName": format!("movies-dev-Observability-1ABCDEFGHIJK-{name}-2LMNOPQRSTUV"),
                "StateValue": state, "StateReason": reason, "ActionsEnabled": true })
    };
    json!({ "CompositeAlarms": [], "MetricAlarms": [
        alarm("ServerErrorsAlarm", "ALARM", "Threshold Crossed: 3 datapoints"),
        alarm("LatencyAlarm", "OK", "Threshold Crossed: no datapoints were received"),
        alarm("ThrottlesAlarm", "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    ] })
}

/// The lines that each group has.
fn lines(group: &str) -> Vec<(i64, Value)> {
    match group {
        "value-of-WebAclLogGroupName" => vec![(
            1_795_513_442_100,
            json!({ "timestamp": 1_795_513_442_100_i64, "formatVersion": 1,
                "terminatingRuleId": "Default_Action", "terminatingRuleType": "REGULAR",
                "action": "ALLOW",
                "nonTerminatingMatchingRules": [{ "ruleId": "CommonRules", "action": "COUNT" }],
                "httpRequest": { "clientIp": "192.0.2.44", "country": "AU", "uri": "/dev/",
                    "httpMethod": "POST", "requestId": "Ed0AiHF_CGYF-DA=" } }),
        )],
        "value-of-AccessLogGroupName" => vec![
            (
                1_795_513_442_345,
                json!({ "requestId": REQUEST_ID, "extendedRequestId": "Ed0AiHF_CGYF-DA=",
                    "sourceIp": "192.0.2.44", "apiKeyId": CURRENT, "method": "POST",
                    "path": "/dev/", "status": "503", "responseLatency": "29",
                    "integrationStatus": "200", "errorResponseType": "-",
                    "xrayTraceId": TRACE_ID }),
            ),
            (
                1_795_513_443_000,
                json!({ "requestId": "another", "extendedRequestId": "other=", "method": "POST",
                    "path": "/dev/", "status": "429", "responseLatency": "2",
                    "errorResponseType": "THROTTLED", "xrayTraceId": "1-other" }),
            ),
        ],
        "value-of-FunctionLogGroupName" => vec![(
            1_795_513_442_340,
            json!({ "timestamp": "2026-11-24T09:44:02.340Z", "level": "ERROR",
                "message": "request", "requestId": REQUEST_ID,
                "extendedRequestId": "Ed0AiHF_CGYF-DA=",
                "lambdaRequestId": "8476a536-e9f4-11e8-9739-2dfe598c3fcd", "traceId": TRACE_ID,
                "status": 503, "reason": "the table throttles", "attempts": 3,
                "durationMs": 19.25, "_aws": { "Timestamp": 1 } }),
        )],
        _ => Vec::new(),
    }
}

/// `"a"` finds what contains it, `?"a" ?"b"` what contains any of them.
fn events(input: &Value) -> Value {
    let pattern = input["filterPattern"].as_str().unwrap_or_default();
    let terms: Vec<&str> = pattern.split('"').skip(1).step_by(2).collect();
    let group = input["logGroupName"].as_str().unwrap();
    let found = lines(group)
        .into_iter()
        .map(|(time, line)| (time, line.to_string()));
    let found = found
        .filter(|(_, line)| terms.is_empty() || terms.iter().any(|term| line.contains(term)))
        .enumerate()
        .map(|(index, (time, line))| {
            json!({ "eventId": index.to_string(), "timestamp": time, "message": line,
                    "ingestionTime": time, "logStreamName": "s" })
        });
    json!({ "events": found.collect::<Vec<_>>(), "searchedLogStreams": [] })
}

fn traces() -> Value {
    let documents = [
        json!({ "id": "1111111111111111", "name": "movies-dev/dev", "trace_id": TRACE_ID,
            "origin": "AWS::ApiGateway::Stage", "start_time": 1478293361.271,
            "end_time": 1478293361.300, "fault": true, "http": { "response": { "status": 503 } },
            "subsegments": [{ "id": "1111111111111112", "name": "Lambda", "namespace": "aws",
                "start_time": 1478293361.272, "end_time": 1478293361.299 }] }),
        json!({ "id": "3333333333333333", "name": "apigw_handler",
            "parent_id": "1111111111111112", "trace_id": TRACE_ID,
            "origin": "AWS::Lambda::Function", "start_time": 1478293361.275,
            "end_time": 1478293361.294, "subsegments": [{ "id": "4444444444444444",
                "name": "DynamoDB", "namespace": "aws", "start_time": 1478293361.280,
                "end_time": 1478293361.290, "throttle": true,
                "http": { "response": { "status": 400 } } }] }),
    ];
    let segments = documents
        .iter()
        .map(|document| json!({ "Id": document["id"], "Document": document.to_string() }));
    json!({ "Traces": [{ "Id": TRACE_ID, "Duration": 0.029, "LimitExceeded": false,
        "Segments": segments.collect::<Vec<_>>() }], "UnprocessedTraceIds": [] })
}
