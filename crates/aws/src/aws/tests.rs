//! Calls signed by hand against a server that answers as the services document it, in the shapes
//! of their published models.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::cloudwatch::MetricQuery;
use super::{Connection, account, api_gateway, cloudwatch, logs, xray};
use cfnkit_console::error::chain;

/// What the services were asked: the operation or method and path, and the body.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

const CALLER: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
    <Account>111122223333</Account><UserId>A</UserId><Arn>arn:aws:iam::111122223333:user/a</Arn>\
    </GetCallerIdentityResult></GetCallerIdentityResponse>";

/// A server whose answers `answer` gives by what is asked and how often it was asked before.
async fn serve(answer: fn(&str, usize) -> (u16, Value)) -> (Connection, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                if reader.read_until(b'\n', &mut head).unwrap() == 0 {
                    break;
                }
            }
            let mut headers = [httparse::EMPTY_HEADER; 32];
            let mut request = httparse::Request::new(&mut headers);
            request.parse(&head).unwrap();
            let header = |name: &str| {
                let mut headers = request.headers.iter();
                let found = headers.find(|header| header.name.eq_ignore_ascii_case(name));
                found.map(|header| std::str::from_utf8(header.value).unwrap())
            };
            assert!(
                header("authorization")
                    .unwrap()
                    .starts_with("AWS4-HMAC-SHA256")
            );
            // EC2 would have to answer in XML all the same, and what imitates it does not.
            let path = request.path.unwrap();
            let is_of_gateway = ["/account", "/apikeys", "/usageplans"];
            let is_of_gateway = is_of_gateway.iter().any(|begin| path.starts_with(begin));
            assert_eq!(header("accept") == Some("application/json"), is_of_gateway);
            let length = header("content-length").map_or(0, |length| length.parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let what = match header("x-amz-target") {
                Some(target) => target.rsplit('.').next().unwrap().to_owned(),
                None => format!("{} {}", request.method.unwrap(), request.path.unwrap()),
            };
            let (status, text) = if body.starts_with(b"Action=GetCallerIdentity") {
                (200, CALLER.to_owned())
            } else {
                let mut heard = heard.lock().unwrap();
                let before = heard.iter().filter(|(other, _)| *other == what).count();
                let (status, json) = answer(&what, before);
                let body = serde_json::from_slice(&body).unwrap_or_default();
                heard.push((what, body));
                (status, json.to_string())
            };
            write!(
                reader.get_mut(),
                "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            )
            .unwrap();
        }
    });
    (
        Connection::to_local(&endpoint, |_| ()).await.unwrap(),
        asked,
    )
}

#[tokio::test]
async fn usage_is_read_as_pairs_of_used_and_left() {
    let (connection, _) = serve(|what, _| match what {
        // As `aws apigateway get-usage` shows it, under its name on the wire.
        "GET /usageplans/p1/usage?startDate=2026-11-22&endDate=2026-11-24&keyId=k1" => (
            200,
            json!({ "usagePlanId": "p1", "startDate": "2026-11-22", "endDate": "2026-11-24",
                    "values": { "k1": [[0, 10000], [25, 9975], [7, 9993]] } }),
        ),
        "GET /usageplans/p1/keys?limit=500" => (
            200,
            json!({ "item": [{ "id": "k1", "type": "API_KEY" }], "position": "a=" }),
        ),
        "GET /usageplans/p1/keys?limit=500&position=a%3D" => {
            (200, json!({ "item": [{ "id": "k2", "type": "API_KEY" }] }))
        }
        "GET /apikeys/k1?includeValue=false" => (
            200,
            json!({ "id": "k1", "name": "movies-dev-standard-1", "enabled": true,
                    "createdDate": 1_795_513_442, "stageKeys": [] }),
        ),
        "GET /usageplans/p1" => (
            200,
            json!({ "id": "p1", "throttle": { "burstLimit": 100, "rateLimit": 50.0 },
                    "quota": { "limit": 10000, "offset": 0, "period": "DAY" } }),
        ),
        what => panic!("{what}"),
    })
    .await;
    let usage = api_gateway::usage(&connection, "p1", "k1", "2026-11-22", "2026-11-24");
    assert_eq!(
        usage.await.unwrap().days,
        [(0, 10_000), (25, 9975), (7, 9993)]
    );
    assert_eq!(
        api_gateway::plan_keys(&connection, "p1").await.unwrap(),
        ["k1", "k2"]
    );
    let key = api_gateway::key(&connection, "k1").await.unwrap();
    assert_eq!((key.is_enabled, key.created), (true, 1_795_513_442));
    let plan = api_gateway::plan(&connection, "p1").await.unwrap();
    assert_eq!(
        (plan.quota, plan.quota_period.as_deref()),
        (Some(10_000), Some("DAY"))
    );
}

#[tokio::test]
async fn logs_are_read_page_by_page_and_through_throttling() {
    let (connection, asked) = serve(|what, before| match (what, before) {
        ("FilterLogEvents", 0) => (
            400,
            json!({ "__type": "ThrottlingException", "message": "Rate exceeded" }),
        ),
        ("FilterLogEvents", 1) => (
            200,
            json!({ "events": [{ "eventId": "2", "timestamp": 20, "message": "b", "ingestionTime": 21,
                                 "logStreamName": "s" }],
                    "searchedLogStreams": [], "nextToken": "more" }),
        ),
        ("FilterLogEvents", 2) => (
            200,
            json!({ "events": [{ "eventId": "1", "timestamp": 10, "message": "a" }] }),
        ),
        (what, _) => panic!("{what}"),
    })
    .await;
    let found = logs::find(&connection, "group", (0, 30), "\"id\"")
        .await
        .unwrap();
    let messages: Vec<&str> = found
        .events
        .iter()
        .map(|event| event.message.as_str())
        .collect();
    assert_eq!((messages, found.is_cut_off), (vec!["a", "b"], false));
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[1].1["filterPattern"], "\"id\"");
    assert_eq!(asked[2].1["nextToken"], "more");
}

#[tokio::test]
async fn a_refusal_keeps_its_code_and_is_not_repeated() {
    let (connection, asked) = serve(|_, _| {
        (
            400,
            json!({ "__type": "com.amazonaws.logs#ResourceNotFoundException",
                    "message": "The specified log group does not exist." }),
        )
    })
    .await;
    let err = logs::find(&connection, "group", (0, 30), "")
        .await
        .unwrap_err();
    let refusal = err.call().unwrap();
    assert_eq!(
        (refusal.status, refusal.code.as_str()),
        (400, "ResourceNotFoundException")
    );
    assert!(chain(&err).contains("does not exist"));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn metrics_and_alarms_are_found_by_their_ids() {
    let (connection, asked) = serve(|what, before| match what {
        "GetMetricData" => (
            200,
            json!({ "MetricDataResults": [
                { "Id": "errors", "Label": "5XXError", "Timestamps": [], "Values": [],
                  "StatusCode": "Complete" },
                { "Id": "requests", "Label": "Count", "Timestamps": [1.0, 2.0],
                  "Values": [3.0, 4.0], "StatusCode": "Complete" }
            ], "Messages": [] }),
        ),
        "DescribeAlarms" if before == 0 => (
            200,
            json!({ "MetricAlarms": [], "CompositeAlarms": [], "NextToken": "more" }),
        ),
        "DescribeAlarms" => (
            200,
            json!({ "MetricAlarms": [{ "AlarmName": "movies-dev-Observability-1-ErrorsAlarm-2",
                "StateValue": "ALARM", "StateReason": "Threshold Crossed" }], "CompositeAlarms": [] }),
        ),
        what => panic!("{what}"),
    })
    .await;
    let query = |id, name| MetricQuery {
        id,
        namespace: "AWS/ApiGateway",
        name,
        dimensions: vec![("ApiName", "movies-dev".to_owned())],
        statistic: "Sum",
    };
    let queries = [query("requests", "Count"), query("errors", "5XXError")];
    let metrics = cloudwatch::metrics(&connection, &queries, (0, 3600), 3600).await;
    let expected = [("requests", vec![3.0, 4.0]), ("errors", vec![])];
    assert_eq!(metrics.unwrap(), expected.into());
    let wanted = asked.lock().unwrap()[0].1["MetricDataQueries"][0]["MetricStat"].clone();
    assert_eq!(
        wanted["Metric"]["Dimensions"],
        json!([{ "Name": "ApiName", "Value": "movies-dev" }])
    );
    let alarms = cloudwatch::alarms(&connection, "movies-dev-")
        .await
        .unwrap();
    assert_eq!(alarms[0].state, "ALARM");
    assert_eq!(asked.lock().unwrap()[2].1["NextToken"], "more");
}

#[tokio::test]
async fn traces_are_found_and_their_documents_parsed() {
    let (connection, asked) = serve(|what, _| match what {
        "POST /TraceSummaries" => (
            200,
            json!({ "TraceSummaries": [
                { "Id": "1-5759e988-aaaaaaaaaaaaaaaaaaaaaaaa", "Duration": 0.03, "ResponseTime": 0.029,
                  "HasFault": true, "HasError": false, "HasThrottle": false,
                  "Http": { "HttpStatus": 503, "HttpMethod": "POST" } },
                { "Id": "1-5759e989-bbbbbbbbbbbbbbbbbbbbbbbb", "ResponseTime": 0.01 }
            ], "ApproximateTime": 1.0, "TracesProcessedCount": 2 }),
        ),
        "POST /Traces" => (
            200,
            json!({ "Traces": [{ "Id": "1-5759e988-aaaaaaaaaaaaaaaaaaaaaaaa", "Duration": 0.03,
                "Segments": [{ "Id": "11", "Document": "{\"id\":\"11\",\"name\":\"movies-dev/dev\",\"start_time\":1.0,\"end_time\":1.03}" }]
            }], "UnprocessedTraceIds": [] }),
        ),
        what => panic!("{what}"),
    })
    .await;
    let summaries = xray::summaries(&connection, (0, 60), "service(\"x\")", 10)
        .await
        .unwrap();
    assert!(
        summaries[0].id.starts_with("1-5759e989"),
        "the newest first"
    );
    assert_eq!(
        (summaries[1].status, summaries[1].trouble),
        (Some(503), Some("fault"))
    );
    let ids = vec![summaries[1].id.clone()];
    let traces = xray::traces(&connection, &ids).await.unwrap();
    assert_eq!(traces[0].segments[0]["name"], "movies-dev/dev");
    assert_eq!(
        asked.lock().unwrap()[0].1["FilterExpression"],
        "service(\"x\")"
    );
}

#[tokio::test]
async fn an_account_tells_its_trails_quotas_and_concurrency() {
    let (connection, _) = serve(|what, _| match what {
        "DescribeTrails" => (
            200,
            json!({ "trailList": [{ "Name": "main", "S3BucketName": "logs", "IsMultiRegionTrail": true,
                "TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main",
                "IsOrganizationTrail": false, "HasCustomEventSelectors": true }] }),
        ),
        "GetTrailStatus" => (200, json!({ "IsLogging": true, "LatestDeliveryTime": 1.0 })),
        "GetEventSelectors" => (
            200,
            json!({ "TrailARN": "x", "EventSelectors": [{ "ReadWriteType": "All",
                "IncludeManagementEvents": true, "DataResources": [],
                "ExcludeManagementEventSources": [] }] }),
        ),
        "GetServiceQuota" => (
            200,
            json!({ "Quota": { "ServiceCode": "vpc", "QuotaCode": "L-F678F1CE", "Value": 5.0,
                "Unit": "None", "Adjustable": true, "GlobalQuota": false } }),
        ),
        "GET /2016-08-19/account-settings" => (
            200,
            json!({ "AccountLimit": { "TotalCodeSize": 80530636800_u64,
                "CodeSizeUnzipped": 262144000, "CodeSizeZipped": 52428800,
                "ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900 },
                "AccountUsage": { "TotalCodeSize": 1, "FunctionCount": 1 } }),
        ),
        what => panic!("{what}"),
    })
    .await;
    let trails = account::trails(&connection).await.unwrap();
    assert!(trails[0].is_multi_region && trails[0].bucket == "logs");
    assert!(account::is_logging(&connection, &trails[0]).await.unwrap());
    assert!(
        account::logs_management_events(&connection, &trails[0])
            .await
            .unwrap()
    );
    assert_eq!(
        account::quota(&connection, "vpc", "L-F678F1CE")
            .await
            .unwrap(),
        5.0
    );
    assert_eq!(
        account::concurrency(&connection).await.unwrap(),
        (1000, 900)
    );
}
