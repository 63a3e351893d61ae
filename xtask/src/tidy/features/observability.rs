//! The alarms and the dashboard: that they look at metrics that exist.

use serde_json::{Value, json};

use super::flat;

/// What the handler writes in the namespace `Movies`, by function.
const HANDLER_METRICS: [&str; 6] = [
    "Inserts",
    "Latency",
    "Rejected",
    "StoreErrors",
    "StoreLatency",
    "StoreThrottles",
];

/// Why the handler rejects a request; `Rejected` has a series for each.
const REASONS: [&str; 8] = [
    "invalid",
    "malformed",
    "media-type",
    "method",
    "not-proxy",
    "path",
    "precondition",
    "too-large",
];

/// The dimensions that metrics of a namespace have here, `others` added to them.
fn dimensions(namespace: &str, others: &[(&str, &str)]) -> Vec<(String, String)> {
    let own: &[(&str, &str)] = match namespace {
        "AWS/ApiGateway" => &[("ApiName", "movies-dev"), ("Stage", "dev")],
        "AWS/Lambda" | "Movies" => &[("FunctionName", "apigw_handler")],
        "AWS/DynamoDB" => &[("TableName", "<Data.Table>")],
        other => panic!("{other} is not a namespace of this service"),
    };
    own.iter()
        .chain(others)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn each_alarm_watches_what_it_is_named_after() {
    let flat = flat(&[]);
    let alarms = flat.of_type("AWS::CloudWatch::Alarm");
    let seen: Vec<String> = alarms
        .iter()
        .map(|(name, alarm)| {
            let text = |key: &str| alarm[key].to_string().replace('"', "");
            let statistic = ["Statistic", "ExtendedStatistic"]
                .iter()
                .find_map(|key| alarm.get(*key)?.as_str())
                .unwrap();
            let periods = alarm["EvaluationPeriods"].as_u64().unwrap();
            let breaching = alarm["DatapointsToAlarm"].as_u64().unwrap_or(periods);
            assert_eq!(alarm["ComparisonOperator"], "GreaterThanOrEqualToThreshold");
            format!(
                "{}: {} {} {statistic} >= {} in {breaching} of {periods} x {} s",
                name.strip_prefix("Observability.").unwrap(),
                text("Namespace"),
                text("MetricName"),
                text("Threshold"),
                text("Period"),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            // 80 % of the reserved concurrency.
            "ConcurrencyAlarm: AWS/Lambda ConcurrentExecutions Maximum >= 80 in 1 of 1 x 60 s",
            "ErrorsAlarm: AWS/Lambda Errors Sum >= 1 in 1 of 1 x 60 s",
            "LatencyAlarm: AWS/ApiGateway Latency p99 >= 1000 in 3 of 5 x 60 s",
            "ServerErrorsAlarm: AWS/ApiGateway 5XXError Average >= 0.05 in 3 of 5 x 60 s",
            "StoreErrorsAlarm: Movies StoreErrors Sum >= 1 in 3 of 5 x 60 s",
            "TableThrottlesAlarm: AWS/DynamoDB WriteThrottleEvents Sum >= 1 in 3 of 5 x 60 s",
            "ThrottlesAlarm: AWS/Lambda Throttles Sum >= 1 in 1 of 1 x 60 s",
        ]
    );
}

#[test]
fn each_alarm_finds_its_metric_and_is_quiet_without_traffic() {
    let flat = flat(&[]);
    for (name, alarm) in flat.of_type("AWS::CloudWatch::Alarm") {
        let namespace = alarm["Namespace"].as_str().unwrap();
        let expected: Vec<Value> = dimensions(namespace, &[])
            .into_iter()
            .map(|(name, value)| json!({ "Name": name, "Value": value }))
            .collect();
        assert_eq!(alarm["Dimensions"], Value::Array(expected), "{name}");
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{name}");
        let description = alarm["AlarmDescription"].as_str().unwrap();
        assert!(description.ends_with('.'), "{name}: {description}");
    }
}

/// The name is said twice, because the API's reference is its id.
#[test]
fn the_api_is_watched_by_its_name() {
    let flat = flat(&[("Stage", "test")]);
    let api = flat.only("AWS::ApiGateway::RestApi");
    let alarm = flat.properties("Observability.ServerErrorsAlarm");
    assert_eq!(alarm["Dimensions"][0]["Value"], api["Name"]);
    assert_eq!(alarm["Dimensions"][1]["Value"], "test");
}

fn widgets(chosen: &[(&str, &str)]) -> Vec<Value> {
    let flat = flat(chosen);
    let dashboard = flat.only("AWS::CloudWatch::Dashboard");
    let body = dashboard["DashboardBody"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap_or_else(|err| panic!("{err}: {body}"));
    body["widgets"].as_array().unwrap().clone()
}

#[test]
fn the_dashboard_names_metrics_that_exist() {
    let mut of_the_handler = Vec::new();
    let mut reasons = Vec::new();
    for widget in widgets(&[]) {
        if widget["type"] != "metric" {
            continue;
        }
        let title = widget["properties"]["title"].as_str().unwrap();
        assert_eq!(widget["properties"]["region"], "<AWS::Region>", "{title}");
        for metric in widget["properties"]["metrics"].as_array().unwrap() {
            let parts: Vec<&str> = metric
                .as_array()
                .unwrap()
                .iter()
                .flat_map(Value::as_str)
                .collect();
            let [namespace, name, named @ ..] = parts.as_slice() else {
                panic!("{title}: {metric}");
            };
            let others: &[(&str, &str)] = match *name {
                "Rejected" => {
                    reasons.push(named[3].to_owned());
                    &[("Reason", named[3])]
                }
                "SystemErrors" => &[("Operation", "PutItem")],
                _ => &[],
            };
            let found: Vec<(String, String)> = named
                .chunks(2)
                .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
                .collect();
            assert_eq!(found, dimensions(namespace, others), "{title}: {name}");
            if *namespace == "Movies" {
                of_the_handler.push((*name).to_owned());
            }
        }
    }
    reasons.sort();
    assert_eq!(reasons, REASONS);
    of_the_handler.sort();
    of_the_handler.dedup();
    assert_eq!(of_the_handler, HANDLER_METRICS);
}

#[test]
fn the_dashboard_shows_every_alarm_and_the_limits() {
    let flat = flat(&[]);
    let alarms: Vec<Value> = flat
        .of_type("AWS::CloudWatch::Alarm")
        .iter()
        .map(|(name, _)| format!("<{name}.Arn>").into())
        .collect();
    let widgets = widgets(&[
        ("ReservedConcurrency", "none"),
        ("ConcurrencyAlarmThreshold", "8"),
    ]);
    let mut shown = widgets[0]["properties"]["alarms"]
        .as_array()
        .unwrap()
        .clone();
    shown.sort_by_key(Value::to_string);
    assert_eq!(shown, alarms);

    let titled = |title: &str| {
        let found = widgets
            .iter()
            .find(|widget| widget["properties"]["title"] == title);
        &found.unwrap_or_else(|| panic!("no {title}"))["properties"]
    };
    let line = |properties: &Value| properties["annotations"]["horizontal"][0]["value"].clone();
    assert_eq!(line(titled("Concurrent executions, reserved: none")), 8);
    // The line is where the alarm is.
    let threshold = &flat.properties("Observability.LatencyAlarm")["Threshold"];
    assert_eq!(line(titled("Latency, p99")), *threshold);
}

#[test]
fn the_dashboard_fills_its_rows() {
    for widget in widgets(&[]) {
        let number = |key: &str| widget[key].as_u64().unwrap();
        assert!(number("x") + number("width") <= 24, "{widget}");
    }
    let area =
        |widget: &Value| widget["width"].as_u64().unwrap() * widget["height"].as_u64().unwrap();
    let bottom =
        |widget: &Value| widget["y"].as_u64().unwrap() + widget["height"].as_u64().unwrap();
    let all = widgets(&[]);
    let covered: u64 = all.iter().map(area).sum();
    assert_eq!(
        Some(covered),
        all.iter().map(bottom).max().map(|bottom| bottom * 24)
    );
}

/// The texts that the groups of a pattern match in the handler's source, each once, in order.
fn in_the_handler(file: &str, pattern: &str) -> Vec<String> {
    let path = crate::tidy::root().join("handler/src").join(file);
    let source = std::fs::read_to_string(&path).unwrap();
    let pattern = regex_lite::Regex::new(pattern).unwrap();
    let found = pattern
        .captures_iter(&source)
        .map(|found| found[1].to_owned());
    let found: std::collections::BTreeSet<String> = found.collect();
    found.into_iter().collect()
}

#[test]
fn the_handler_writes_what_is_watched() {
    let metrics = in_the_handler("log/metrics.rs", r#"Metric::new\("(\w+)", "#);
    assert_eq!(metrics, HANDLER_METRICS);
    let reasons = in_the_handler("event.rs", r#"Rejected\("([\w-]+)"\)"#);
    assert_eq!(reasons, REASONS);
    let namespace = in_the_handler("log/metrics.rs", r#"NAMESPACE: &str = "(\w+)""#);
    assert_eq!(namespace, ["Movies"]);
}
