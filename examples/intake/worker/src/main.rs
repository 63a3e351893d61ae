//! The function behind the table's stream: looks at each note that was kept.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(look)).await
}

async fn look(event: LambdaEvent<Value>) -> Result<(), Error> {
    let records = event.payload["Records"].as_array();
    for record in records.into_iter().flatten() {
        let text = record.pointer("/dynamodb/NewImage/text/S");
        let text = text.and_then(Value::as_str).unwrap_or_default();
        println!("a note of {} words", text.split_whitespace().count());
    }
    Ok(())
}
