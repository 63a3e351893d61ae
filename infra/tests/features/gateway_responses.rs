//! What API Gateway answers by itself: the same problem documents as the handler's.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::flat;

/// What `$context.error.messageString` may come to; it brings its own quotes.
const MESSAGES: [&str; 3] = [
    r#""Internal server error""#,
    r#" "a \"quoted\" part""#,
    "null",
];

/// The properties of each gateway response, by its type.
fn responses() -> BTreeMap<String, Value> {
    let flat = flat(&[]);
    let found = flat.of_type("AWS::ApiGateway::GatewayResponse");
    found
        .into_iter()
        .map(|(_, properties)| {
            let response_type = properties["ResponseType"].as_str().unwrap();
            (response_type.to_owned(), properties.clone())
        })
        .collect()
}

/// The body as a client gets it.
fn body(response: &Value, message: &str) -> Value {
    let templates = response["ResponseTemplates"].as_object().unwrap();
    assert_eq!(templates.len(), 1);
    let text = templates["application/json"]
        .as_str()
        .unwrap()
        .replace("\"$context.requestId\"", "\"a-request\"")
        .replace("$context.error.messageString", message);
    // Every other variable, and the request id without quotes, is text that nothing escapes.
    assert!(!text.contains('$'), "{text}");
    serde_json::from_str(&text).unwrap_or_else(|err| panic!("{err}: {text}"))
}

fn phrase(status: &str) -> &'static str {
    match status {
        "400" => "Bad Request",
        "403" => "Forbidden",
        "404" => "Not Found",
        "413" => "Content Too Large",
        "415" => "Unsupported Media Type",
        "429" => "Too Many Requests",
        "504" => "Gateway Timeout",
        other => panic!("no phrase for {other}"),
    }
}

#[test]
fn each_kind_of_answer_has_its_status() {
    let statuses: Vec<(String, String)> = responses()
        .into_iter()
        .map(|(response_type, response)| {
            let status = response["StatusCode"].as_str().unwrap_or("its own");
            (response_type, status.to_owned())
        })
        .collect();
    let expected = [
        ("BAD_REQUEST_BODY", "400"),
        // A status here would be that of every type that is not declared.
        ("DEFAULT_4XX", "its own"),
        ("DEFAULT_5XX", "its own"),
        ("INTEGRATION_FAILURE", "504"),
        ("INTEGRATION_TIMEOUT", "504"),
        ("INVALID_API_KEY", "403"),
        // An unknown path, by a request with an `Authorization` header.
        ("INVALID_SIGNATURE", "404"),
        // Told apart from a missing key.
        ("MISSING_AUTHENTICATION_TOKEN", "404"),
        ("QUOTA_EXCEEDED", "429"),
        ("REQUEST_TOO_LARGE", "413"),
        ("THROTTLED", "429"),
        ("UNSUPPORTED_MEDIA_TYPE", "415"),
        ("WAF_FILTERED", "403"),
    ];
    let expected = expected.map(|(name, status)| (name.to_owned(), status.to_owned()));
    assert_eq!(statuses, expected);
}

#[test]
fn each_answer_is_a_problem_document() {
    for (response_type, response) in responses() {
        for message in MESSAGES {
            let body = body(&response, message);
            assert_eq!(body["type"], "about:blank", "{response_type}");
            assert_eq!(body["requestId"], "a-request", "{response_type}");
            assert_eq!(body["detail"], body["message"], "{response_type}");
            let members: Vec<&str> = body
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            let Some(status) = response["StatusCode"].as_str() else {
                let detail: Value = serde_json::from_str(message).unwrap();
                assert_eq!(body["detail"], detail, "{response_type}");
                assert_eq!(members, ["type", "detail", "message", "requestId"]);
                continue;
            };
            let all = ["type", "title", "status", "detail", "message", "requestId"];
            assert_eq!(members, all, "{response_type}");
            assert_eq!(body["title"], phrase(status), "{response_type}");
            assert_eq!(body["status"], json!(status.parse::<u16>().unwrap()));
            assert!(!body["detail"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn each_answer_says_that_it_is_a_problem_document() {
    for (response_type, response) in responses() {
        let mut expected = json!({
            "gatewayresponse.header.Content-Type": "'application/problem+json'",
        });
        if response_type == "THROTTLED" {
            expected["gatewayresponse.header.Retry-After"] = "'1'".into();
        }
        assert_eq!(response["ResponseParameters"], expected, "{response_type}");
    }
}
