//! What the handler asks DynamoDB for, beside what the templates allow it: both or neither.

use std::collections::BTreeSet;
use std::path::Path;

use handler::log::Level;
use rig::contract;
use rig::dynamodb::{DynamoDb, Step};

use crate::support::{KeptLog, respond, table};

/// The operations of every request that the SDK sent over all rows of the contract, as the
/// requests name them.
fn operations_asked_for() -> BTreeSet<String> {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut operations = BTreeSet::new();
    for row in contract::rows() {
        let table = table(&dynamodb.endpoint());
        let log = KeptLog::new(Level::Error);
        contract::run(&row, &dynamodb, |event| {
            runtime.block_on(respond(&table, event, &log.log))
        });
        for request in dynamodb.requests() {
            let target = request.header("X-Amz-Target").unwrap();
            let (version, operation) = target.split_once('.').unwrap();
            assert_eq!(version, "DynamoDB_20120810");
            operations.insert(operation.to_owned());
        }
    }
    operations
}

/// The DynamoDB actions that a template names outside its comments.
fn operations_allowed(template: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../infra/cfn")
        .join(template);
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.trim().starts_with('#'));
    let words = lines.flat_map(str::split_whitespace);
    words
        .filter_map(|word| word.split_once("dynamodb:"))
        .map(|(_, operation)| operation.to_owned())
        .collect()
}

#[test]
fn the_policies_allow_what_the_handler_asks_for_and_no_more() {
    let asked_for = operations_asked_for();
    assert!(!asked_for.is_empty());
    for template in ["identity.yaml", "network.yaml"] {
        assert_eq!(operations_allowed(template), asked_for, "{template}");
    }
}
