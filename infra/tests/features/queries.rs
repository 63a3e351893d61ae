//! The saved queries: that they read what is there to be read.

use serde_json::Value;

use super::flat;

/// A query reads a log group of ours, and only members that its lines have.
#[test]
fn saved_queries_read_what_is_logged() {
    let flat = flat(&[]);
    let queries = flat.of_type("AWS::Logs::QueryDefinition");
    assert!(queries.len() >= 4);
    let format = &flat.properties("Api.Stage")["AccessLogSetting"]["Format"];
    let access: Value = serde_json::from_str(format.as_str().unwrap()).unwrap();
    let access: Vec<String> = access.as_object().unwrap().keys().cloned().collect();
    let source = std::fs::read_to_string(crate::root().join("docs/src/monitoring.md")).unwrap();
    let line = source
        .lines()
        .find(|line| line.starts_with("{\"timestamp\""))
        .unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let function: Vec<String> = line.as_object().unwrap().keys().cloned().collect();
    // From AWS's description of WAF's log.
    let waf = ["action", "httpRequest", "labels", "terminatingRuleId"].map(String::from);
    let words = regex_lite::Regex::new(r"@?[A-Za-z]+(\.[A-Za-z0-9]+)*").unwrap();
    let language = [
        "and",
        "as",
        "by",
        "count",
        "desc",
        "earliest",
        "fields",
        "filter",
        "first",
        "ispresent",
        "last",
        "latest",
        "limit",
        "requests",
        "sort",
        "stats",
        "@timestamp",
    ];
    for (name, query) in queries {
        let known: &[String] = match query["LogGroupNames"][0].as_str().unwrap() {
            "<Api.AccessLogGroup>" => &access,
            "<Api.WebAclLogGroup>" => &waf,
            "<Function.LogGroup>" => &function,
            other => panic!("{name} reads {other}"),
        };
        let text = query["QueryString"]
            .as_str()
            .unwrap()
            .replace("\"BLOCK\"", "");
        let mut members = 0;
        for word in words.find_iter(&text).map(|word| word.as_str()) {
            let first = word.split('.').next().unwrap();
            if language.contains(&word) {
                continue;
            }
            assert!(known.iter().any(|one| one == first), "{name}: {word}");
            members += 1;
        }
        assert!(members > 0, "{name}");
    }
}
