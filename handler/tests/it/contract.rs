//! The contract's table, row by row: the function in this process, the SDK's client, and a
//! scripted DynamoDB behind a real connection.

use handler::log::Level;
use rig::contract::{self, Row};
use rig::dynamodb::{DynamoDb, Step, refused_port};

use crate::support::{KeptLog, respond, table};

fn run(row: &Row, dynamodb: &DynamoDb, endpoint: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    // Retries are limited over all calls of a client, so every row has its own.
    let table = table(endpoint);
    let log = KeptLog::new(Level::Debug);
    contract::run(row, dynamodb, |event| {
        log.take();
        runtime.block_on(respond(&table, event, &log.log))
    });
    let lines = log.take();
    assert_eq!(lines.lines().count(), 1, "`{}` logs {lines}", row.name);
    contract::check_log(row, &lines);
}

#[test]
fn every_row_holds() {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    for row in contract::rows() {
        run(&row, &dynamodb, &dynamodb.endpoint());
    }
}

#[test]
fn nobody_listens() {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let endpoint = format!("http://127.0.0.1:{}", refused_port());
    run(&contract::connection_refused(), &dynamodb, &endpoint);
}
