//! The calls that the tool makes, read from its own source: those of the SDK's clients by their
//! names there, those signed by hand by what they say is their source.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How a client is named where it is called, without white space, and the service behind it.
const CLIENTS: [(&str, &str); 3] = [("cfn.", "CloudFormation"), ("s3.", "S3"), ("sts.", "STS")];

/// Every file of Rust below a directory.
pub(super) fn sources(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The text before the tests of a file.
fn code_of(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text)
}

/// `Service operation`, for each.
pub(super) fn made(sources: &[(PathBuf, String)]) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for (path, text) in sources {
        if path.ends_with("tests.rs") {
            continue;
        }
        calls.extend(of_clients(code_of(text)));
        let signed = text.lines().filter_map(signed).flatten();
        // Those of a client are counted where it is called.
        calls.extend(signed.filter(|call| !is_of_client(call)));
    }
    calls
}

fn is_of_client(call: &str) -> bool {
    let service = call.split(' ').next();
    CLIENTS.iter().any(|(_, one)| Some(*one) == service)
}

fn of_clients(code: &str) -> Vec<String> {
    let code: String = code.split_whitespace().collect();
    let mut calls = Vec::new();
    for (client, service) in CLIENTS {
        for (begin, _) in code.match_indices(client) {
            // `cfn` is a name, and not the end of one.
            let before = code[..begin].chars().next_back();
            if before.is_some_and(|one| one.is_alphanumeric() || one == '_') {
                continue;
            }
            let rest = &code[begin + client.len()..];
            let name = rest.split("()").next().unwrap();
            let is_name = name
                .chars()
                .all(|one| one.is_ascii_lowercase() || "_0123456789".contains(one));
            // Operations have a verb and a noun; `clone` has one word.
            if is_name && name.contains('_') {
                calls.push(format!("{service} {name}"));
            }
        }
    }
    calls
}

/// What a line such as ``/// Source: Lambda's `GetFunctionConfiguration`.`` says.
fn signed(line: &str) -> Option<Vec<String>> {
    let source = line.trim().strip_prefix("/// Source: ")?;
    let (service, operations) = source.split_once("' ").or(source.split_once("'s "))?;
    let operations = operations.split('`').skip(1).step_by(2);
    let is_operation =
        |one: &&str| one.starts_with(char::is_uppercase) && one.chars().all(char::is_alphanumeric);
    let operations = operations.filter(is_operation);
    Some(operations.map(|one| format!("{service} {one}")).collect())
}

#[test]
fn calls_are_found_in_source() {
    let text = "/// Source: Service Quotas' `GetServiceQuota`.\n\
        /// Source: API Gateway's `GetApiKeys` with `nameQuery`.\n\
        fn f(cfn: &Client) {\n    cfn\n        .describe_stacks()\n        .send();\n    \
        self.s3.head_bucket(); cfn.clone(); my_cfn.list_things();\n}\n";
    let found = made(&[(PathBuf::from("aws/x.rs"), text.to_owned())]);
    let expected = [
        "API Gateway GetApiKeys",
        "CloudFormation describe_stacks",
        "S3 head_bucket",
        "Service Quotas GetServiceQuota",
    ];
    assert_eq!(found, expected.map(String::from).into());
}
