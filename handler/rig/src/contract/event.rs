//! Proxy events (payload 1.0) as API Gateway's REST APIs send them.

use serde_json::{Value, json};

/// The client's key, in each of the places where an event has it.
pub const API_KEY: &str = "k3y-0f-the-c0ntract";

const USER_AGENT: &str = "curl/8.7.1";

/// A `POST /` with a body.
pub fn event(body: &str) -> Value {
    let event = json!({
        "resource": "/",
        "path": "/",
        "httpMethod": "POST",
        "headers": {},
        "multiValueHeaders": {},
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": {
            "resourceId": "abc123",
            "resourcePath": "/",
            "operationName": "PutMovie",
            "httpMethod": "POST",
            "extendedRequestId": "Zx0abcdEfoEMabc=",
            "requestTime": "21/Nov/2025:12:00:00 +0000",
            "path": "/dev/",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "dev",
            "domainPrefix": "abcdefghij",
            "requestTimeEpoch": 1_763_726_400_000_i64,
            "requestId": "7f1f4a3e-2f6e-4d1c-9a53-0d7b8a2f6c11",
            "identity": {
                "cognitoIdentityPoolId": null,
                "cognitoIdentityId": null,
                "apiKey": API_KEY,
                "principalOrgId": null,
                "cognitoAuthenticationType": null,
                "userArn": null,
                "apiKeyId": "keyid12345",
                "userAgent": USER_AGENT,
                "accountId": null,
                "caller": null,
                "sourceIp": "192.0.2.1",
                "accessKey": null,
                "cognitoAuthenticationProvider": null,
                "user": null,
            },
            "domainName": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "deploymentId": "dep123",
            "apiId": "abcdefghij",
        },
        "body": body,
        "isBase64Encoded": false,
    });
    let headers = [
        ("Accept", "*/*"),
        ("Content-Type", "application/json"),
        ("Host", "abcdefghij.execute-api.eu-central-1.amazonaws.com"),
        ("User-Agent", USER_AGENT),
        (
            "X-Amzn-Trace-Id",
            "Root=1-691f5a40-0123456789abcdef01234567",
        ),
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
        ("x-api-key", API_KEY),
    ];
    headers.iter().fold(event, |event, (name, value)| {
        with_header(event, name, value)
    })
}

/// The event with a header, spelled as given, in place of those of that name.
pub fn with_header(event: Value, name: &str, value: &str) -> Value {
    let mut event = without_header(event, name);
    event["headers"][name] = json!(value);
    event["multiValueHeaders"][name] = json!([value]);
    event
}

/// The event without the headers of a name, in any case.
pub fn without_header(mut event: Value, name: &str) -> Value {
    for headers in ["headers", "multiValueHeaders"] {
        if let Some(headers) = event[headers].as_object_mut() {
            headers.retain(|header, _| !header.eq_ignore_ascii_case(name));
        }
    }
    event
}
