//! The alarms and the dashboard: that they look at metrics that exist.

use serde_json::{Value, json};

use super::flat;

/// What the handler writes in the namespace `Movies`, by function.
const HANDLER_METRICS: [&str; 7] = [
    "Inserts",
    "Latency",
    "Panics",
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
        "AWS/WAFV2" => &[("WebACL", "movies-dev"), ("Region", "<AWS::Region>")],
        other => panic!("{other} is not a namespace of this service"),
    };
    own.iter()
        .chain(others)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The metrics of an alarm: its own, or those that its expression is made of.
fn metrics(alarm: &Value) -> Vec<Value> {
    match alarm["Metrics"].as_array() {
        None => vec![alarm.clone()],
        Some(metrics) => metrics
            .iter()
            .filter_map(|one| {
                let stat = one.get("MetricStat")?;
                let mut metric = stat["Metric"].clone();
                metric["Statistic"] = stat["Stat"].clone();
                metric["Period"] = stat["Period"].clone();
                Some(metric)
            })
            .collect(),
    }
}

fn expression(alarm: &Value) -> Option<&str> {
    let metrics = alarm["Metrics"].as_array()?;
    metrics.iter().find_map(|one| one["Expression"].as_str())
}

#[test]
fn each_alarm_watches_what_it_is_named_after() {
    let flat = flat(&[]);
    let mut seen = String::new();
    for (name, alarm) in flat.of_type("AWS::CloudWatch::Alarm") {
        let periods = alarm["EvaluationPeriods"].as_u64().unwrap();
        let breaching = alarm["DatapointsToAlarm"].as_u64().unwrap_or(periods);
        assert_eq!(alarm["ComparisonOperator"], "GreaterThanOrEqualToThreshold");
        let text = |value: &Value| value.to_string().replace('"', "");
        let metrics: Vec<String> = metrics(alarm)
            .iter()
            .map(|metric| {
                let statistic = ["Statistic", "ExtendedStatistic"]
                    .iter()
                    .find_map(|key| metric.get(*key)?.as_str())
                    .unwrap();
                format!(
                    "{} {} {statistic} in {} s",
                    text(&metric["Namespace"]),
                    text(&metric["MetricName"]),
                    text(&metric["Period"]),
                )
            })
            .collect();
        seen += &format!(
            "{} >= {} in {breaching} of {periods}: {}{}\n",
            name.strip_prefix("Observability.").unwrap(),
            text(&alarm["Threshold"]),
            metrics.join(", "),
            expression(alarm)
                .map(|expression| format!("\n  {expression}"))
                .unwrap_or_default()
        );
    }
    // The concurrency's is 80 % of what is reserved, the quotas' a percentage.
    expect_test::expect![[r#"
        BlockedShareAlarm >= 20 in 2 of 3: AWS/WAFV2 AllowedRequests Sum in 300 s, AWS/WAFV2 BlockedRequests Sum in 300 s
          IF(SUM([allowed, blocked]) >= 100, 100 * blocked / SUM([allowed, blocked]), 0)
        ConcurrencyAlarm >= 80 in 1 of 1: AWS/Lambda ConcurrentExecutions Maximum in 60 s
        ErrorsAlarm >= 1 in 1 of 1: AWS/Lambda Errors Sum in 60 s
        LatencyAlarm >= 1000 in 3 of 5: AWS/ApiGateway Latency p99 in 60 s
        PanicsAlarm >= 1 in 1 of 1: Movies Panics Sum in 60 s
        PremiumQuotaAlarm >= 80 in 1 of 1: Movies KeyRequests Sum in 86400 s
          100 * used / 50000
        ServerErrorsAlarm >= 0.05 in 3 of 5: AWS/ApiGateway 5XXError Average in 60 s
        StandardQuotaAlarm >= 80 in 1 of 1: Movies KeyRequests Sum in 86400 s
          100 * used / 10000
        StoreErrorsAlarm >= 1 in 3 of 5: Movies StoreErrors Sum in 60 s
        TableSystemErrorsAlarm >= 1 in 3 of 5: AWS/DynamoDB SystemErrors Sum in 60 s
        TableThrottlesAlarm >= 1 in 3 of 5: AWS/DynamoDB WriteThrottleEvents Sum in 60 s
        ThrottlesAlarm >= 1 in 1 of 1: AWS/Lambda Throttles Sum in 60 s
    "#]].assert_eq(&seen);
}

#[test]
fn each_alarm_finds_its_metrics_and_is_quiet_without_traffic() {
    let flat = flat(&[]);
    for (name, alarm) in flat.of_type("AWS::CloudWatch::Alarm") {
        for metric in metrics(alarm) {
            let namespace = metric["Namespace"].as_str().unwrap();
            let others: &[(&str, &str)] = match metric["MetricName"].as_str().unwrap() {
                "SystemErrors" => &[("Operation", "PutItem")],
                "AllowedRequests" | "BlockedRequests" => &[("Rule", "ALL")],
                _ => &[],
            };
            let expected = match (metric["MetricName"].as_str(), name) {
                (Some("KeyRequests"), "Observability.StandardQuotaAlarm") => {
                    vec![("ApiKeyId".to_owned(), "<Api.StandardApiKey>".to_owned())]
                }
                (Some("KeyRequests"), "Observability.PremiumQuotaAlarm") => {
                    vec![("ApiKeyId".to_owned(), "<Api.PremiumApiKey>".to_owned())]
                }
                _ => dimensions(namespace, others),
            };
            let expected: Vec<Value> = expected
                .into_iter()
                .map(|(name, value)| json!({ "Name": name, "Value": value }))
                .collect();
            assert_eq!(metric["Dimensions"], Value::Array(expected), "{name}");
        }
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{name}");
        let description = alarm["AlarmDescription"].as_str().unwrap();
        assert!(description.ends_with('.'), "{name}: {description}");
        let topic = json!(["<Observability.AlarmTopic>"]);
        assert_eq!(alarm["AlarmActions"], topic, "{name}");
        assert_eq!(alarm["OKActions"], topic, "{name}");
    }
}

#[test]
fn alarms_are_mailed_where_an_address_is_given() {
    let type_name = "AWS::SNS::Subscription";
    assert!(flat(&[]).of_type(type_name).is_empty());
    let flat = flat(&[("AlarmEmail", "on-call@example.com")]);
    let subscription = flat.only(type_name);
    assert_eq!(subscription["Endpoint"], "on-call@example.com");
    assert_eq!(subscription["TopicArn"], "<Observability.AlarmTopic>");
}

/// What a key used is counted from the access log, under the name that alarms and dashboard have.
#[test]
fn the_access_log_counts_the_requests_of_each_key() {
    let flat = flat(&[]);
    let filter = flat.properties("Api.KeyRequests");
    assert_eq!(filter["LogGroupName"], "<Api.AccessLogGroup>");
    let counted = &filter["MetricTransformations"][0];
    assert_eq!(counted["MetricNamespace"], "Movies");
    assert_eq!(counted["MetricName"], "KeyRequests");
    assert_eq!(counted["Dimensions"][0]["Key"], "ApiKeyId");
    let member = counted["Dimensions"][0]["Value"].as_str().unwrap();
    let format = &flat.properties("Api.Stage")["AccessLogSetting"]["Format"];
    let logged: Value = serde_json::from_str(format.as_str().unwrap()).unwrap();
    let logged = &logged[member.strip_prefix("$.").unwrap()];
    assert_eq!(logged, "$context.identity.apiKeyId");
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

fn dashboard(chosen: &[(&str, &str)]) -> Value {
    let flat = flat(chosen);
    let dashboard = flat.only("AWS::CloudWatch::Dashboard");
    let body = dashboard["DashboardBody"].as_str().unwrap();
    serde_json::from_str(body).unwrap_or_else(|err| panic!("{err}: {body}"))
}

fn widgets(chosen: &[(&str, &str)]) -> Vec<Value> {
    dashboard(chosen)["widgets"].as_array().unwrap().clone()
}

#[test]
fn the_dashboard_names_metrics_that_exist() {
    let mut of_the_handler = Vec::new();
    let mut reasons = Vec::new();
    let mut waf_rules = Vec::new();
    let mut keys = Vec::new();
    for widget in widgets(&[]) {
        if widget["type"] != "metric" {
            continue;
        }
        let title = widget["properties"]["title"].as_str().unwrap();
        assert_eq!(widget["properties"]["region"], "<AWS::Region>", "{title}");
        for metric in widget["properties"]["metrics"].as_array().unwrap() {
            if metric[0].get("expression").is_some() {
                continue;
            }
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
                "BlockedRequests" | "CountedRequests" => {
                    waf_rules.push(named[5].to_owned());
                    &[("Rule", named[5])]
                }
                "KeyRequests" => {
                    keys.push(named[1].to_owned());
                    continue;
                }
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
    assert_eq!(keys, ["<Api.StandardApiKey>", "<Api.PremiumApiKey>"]);
    let flat = flat(&[]);
    let rules = flat.only("AWS::WAFv2::WebACL")["Rules"].as_array().unwrap();
    let mut rules: Vec<&Value> = rules
        .iter()
        .map(|rule| &rule["VisibilityConfig"]["MetricName"])
        .collect();
    rules.sort_by_key(|rule| rule.to_string());
    waf_rules.sort();
    waf_rules.dedup();
    assert_eq!(
        waf_rules.iter().map(|rule| json!(rule)).collect::<Vec<_>>(),
        rules.into_iter().cloned().collect::<Vec<_>>()
    );
    of_the_handler.sort();
    of_the_handler.dedup();
    assert_eq!(of_the_handler, HANDLER_METRICS);
}

/// The rule of a managed group has the series of the group alone: what single rules of it are set
/// to count is in series with dimensions of their own.
#[test]
fn the_dashboard_finds_what_single_rules_of_managed_groups_count() {
    let flat = flat(&[]);
    let web_acl = flat.only("AWS::WAFv2::WebACL");
    let name = web_acl["VisibilityConfig"]["MetricName"].as_str().unwrap();
    let dimensions = "ManagedRuleGroup,ManagedRuleGroupRule,Region,WebACL";
    let search = format!(
        "SEARCH('{{AWS/WAFV2,{dimensions}}} \"CountedRequests\" WebACL=\"{name}\"', \
         'Sum')"
    );
    let widgets = widgets(&[]);
    let metrics = widgets
        .iter()
        .filter_map(|widget| widget["properties"]["metrics"].as_array());
    let searches: Vec<&Value> = metrics
        .flatten()
        .map(|metric| &metric[0]["expression"])
        .filter(|one| one.as_str().is_some_and(|text| text.contains("SEARCH")))
        .collect();
    assert_eq!(searches, [&json!(search)]);
}

/// A point is at the begin of its period, so a shorter window may hold none.
#[test]
fn the_dashboard_shows_a_point_of_each_period() {
    let dashboard = dashboard(&[]);
    let seconds = |window: &Value| {
        let text = window.as_str().unwrap();
        let unit = match text.strip_suffix('H') {
            Some(_) => 3600,
            None => 86400,
        };
        let number = text.trim_matches(|one: char| !one.is_ascii_digit());
        number.parse::<u64>().unwrap() * unit
    };
    for widget in dashboard["widgets"].as_array().unwrap() {
        let Some(period) = widget["properties"]["period"].as_u64() else {
            continue;
        };
        let own = widget["properties"].get("start");
        let window = seconds(own.unwrap_or(&dashboard["start"]));
        assert!(2 * period <= window, "{widget}");
    }
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
    let concurrency = titled("Concurrent executions, reserved: none");
    assert_eq!(line(concurrency), 8);
    assert_eq!(concurrency["annotations"]["horizontal"][1]["value"], 1000);
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
    let path = crate::root().join("handler/src").join(file);
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
    let reasons = in_the_handler("event/ending.rs", r#"Rejected\("([\w-]+)"\)"#);
    assert_eq!(reasons, REASONS);
    let namespace = in_the_handler("log/metrics.rs", r#"NAMESPACE: &str = "(\w+)""#);
    assert_eq!(namespace, ["Movies"]);
}
