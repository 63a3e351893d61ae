//! What the program refuses to start with, and who is told.

use rig::runtime_api::RuntimeApi;

use super::*;

const ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// Starts the program with settings that can never work. Log and Lambda get the same reason, and
/// neither what the variables say.
fn check_refused(variables: &[(&str, &str)], reason: &str) {
    let runtime_api = RuntimeApi::start();
    let mut function = Function::start(&runtime_api.address(), "", variables);
    assert!(!function.0.wait().unwrap().success());
    let lines = function.log();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["message"], "start failed");
    assert_eq!(lines[0]["reason"], reason);
    let (kind, body) = runtime_api.init_error().expect("Lambda is not told");
    assert_eq!(kind, "Runtime.InvalidConfiguration");
    let body: Value = serde_json::from_slice(&body).unwrap();
    let expected = serde_json::json!({
        "errorType": kind,
        "errorMessage": reason,
        "stackTrace": [],
    });
    assert_eq!(body, expected);
    assert!(!reason.contains("s3cret"));
}

#[test]
fn a_bad_endpoint_is_refused() {
    for (value, why) in [
        ("127.0.0.1:8000", "it has to begin with http:// or https://"),
        ("s3cret", "it has to begin with http:// or https://"),
        (
            "ftp://127.0.0.1:8000",
            "it has to begin with http:// or https://",
        ),
        (
            "https://user:s3cret@localhost",
            "it must not hold a user name or a password",
        ),
        (
            "http://localhost?key=s3cret",
            "it must have neither query nor fragment",
        ),
        (
            "http://localhost:s3cret",
            "it has to be a URL with a host, and a port from 1 to 65535 if any",
        ),
    ] {
        for name in [ENDPOINT, "AWS_ENDPOINT_URL"] {
            let reason = format!("environment variable `{name}` is not valid: {why}");
            check_refused(&[(name, value)], &reason);
        }
    }
}

#[test]
fn a_bad_region_is_refused() {
    let reason = "environment variable `AWS_REGION` is not valid: \
                  it has to be a region's name such as eu-central-1";
    for region in ["us-east-1 ", "us_east_1", "US-EAST-1", "s3cret"] {
        check_refused(&[("AWS_REGION", region)], reason);
    }
}

#[test]
fn settings_that_exclude_each_other_are_refused() {
    let url = (ENDPOINT, "http://127.0.0.1:8000");
    check_refused(
        &[url, ("AWS_USE_FIPS_ENDPOINT", "true")],
        "DynamoDB has no address: a FIPS endpoint and an endpoint URL exclude each other",
    );
    check_refused(
        &[url, ("AWS_USE_DUALSTACK_ENDPOINT", "True")],
        "DynamoDB has no address: a dual-stack endpoint and an endpoint URL exclude each other",
    );
    check_refused(
        &[("AWS_ACCOUNT_ID_ENDPOINT_MODE", "required")],
        "DynamoDB has no address: endpoints with an account id cannot be required, \
         for a function is not told its own",
    );
}

#[test]
fn a_switch_is_on_or_off() {
    for name in [
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    ] {
        let reason =
            format!("environment variable `{name}` is not valid: it has to be true or false");
        check_refused(&[(name, "s3cret")], &reason);
    }
}

/// A file that is no bundle may be a key.
#[test]
fn a_file_that_is_no_bundle_is_not_quoted() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    for text in ["-----BEGIN s3cret", "-----BEGIN CERTIFICATE-----\ns3cret\n"] {
        std::fs::write(path, text).unwrap();
        let reason = format!("the CA bundle `{path}` is not PEM");
        check_refused(&[("AWS_CA_BUNDLE", path)], &reason);
    }
}

#[test]
fn endpoints_can_be_ignored() {
    let runtime_api = RuntimeApi::start();
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let variables = [
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"),
        (ENDPOINT, "127.0.0.1:8000"),
        // Nothing is behind this region, so nobody is asked either.
        ("AWS_REGION", "xx-nowhere-1"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
    ];
    let _function = Function::start(&runtime_api.address(), &dynamodb.endpoint(), &variables);
    runtime_api.wait_ready(GENEROUS).unwrap();
    assert_eq!(dynamodb.connections(), 0);
}

#[test]
fn an_endpoint_may_have_a_path() {
    let runtime_api = RuntimeApi::start();
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let endpoint = format!("{}/gateway", dynamodb.endpoint());
    let _function = Function::start(&runtime_api.address(), &endpoint, &[]);
    let reply = invoke(&runtime_api, &rig::contract::event(BODY));
    assert_eq!(reply["statusCode"], 200, "{reply}");
    assert!(dynamodb.requests()[0].path.starts_with("/gateway"));
}
