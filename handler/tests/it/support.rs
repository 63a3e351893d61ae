//! What these tests share: a table at an endpoint of theirs, a log that is kept, one event at a
//! time.
#![allow(dead_code, reason = "filled by the tests that follow")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use handler::dynamodb::endpoint::Location;
use handler::dynamodb::{Settings, Table};
use handler::event::{self, Reply};
use handler::log::{Level, Log};
use handler::movie::MovieStore;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::Value;

/// Settings for a DynamoDB at this endpoint.
pub(crate) fn settings(endpoint: &str) -> Settings {
    Settings {
        table_name: "movies".to_owned(),
        location: Location {
            region: "us-east-1".parse().unwrap(),
            endpoint: Some(endpoint.parse().unwrap()),
            use_fips: false,
            use_dual_stack: false,
            account_id_endpoint_mode: "disabled".parse().unwrap(),
        },
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: None,
        ca_bundle: None,
        xray: None,
    }
}

pub(crate) fn table(endpoint: &str) -> Table {
    Table::new(settings(endpoint)).unwrap()
}

/// A log and what has been written to it.
pub(crate) struct KeptLog {
    pub(crate) log: Log,
    text: Arc<Mutex<Vec<u8>>>,
}

impl KeptLog {
    pub(crate) fn new(level: Level) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&text);
        let log = Log::new(level, "apigw_handler".to_owned(), move |line| {
            sink.lock().unwrap().extend_from_slice(line);
        });
        Self { log, text }
    }

    /// Everything written since the last call.
    pub(crate) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.text.lock().unwrap())).unwrap()
    }
}

/// An invocation's context with this much time left.
pub(crate) fn context(left: Duration) -> Context {
    let deadline = SystemTime::now() + left;
    let mut context = Context::default();
    context.request_id = "lambda-id".to_owned();
    context.deadline = deadline
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis()
        .try_into()
        .unwrap();
    context
}

/// Handles one event, given as text, as the runtime would hand it over.
pub(crate) async fn handle(store: &impl MovieStore, payload: &str, log: &Log) -> Reply {
    let event = LambdaEvent::new(payload.as_bytes(), context(Duration::from_secs(10)));
    event::handle(store, event, log).await
}

/// The same, with the reply as API Gateway reads it.
pub(crate) async fn respond(store: &impl MovieStore, event: &Value, log: &Log) -> Value {
    serde_json::to_value(handle(store, &event.to_string(), log).await).unwrap()
}
