//! The handler as the SDK's and the runtime's examples suggest it: no tuning, no validation beyond
//! what serde does by itself, no log of its own.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};

/// What is read of a proxy event.
#[derive(Deserialize)]
struct Request {
    body: String,
}

#[derive(Deserialize)]
struct Movie {
    #[serde(rename = "id")]
    id: String,
    title: String,
    year: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    let table = std::env::var("TABLE_NAME")?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Request>| {
        handle(&client, &table, event.payload)
    }))
    .await
}

async fn handle(client: &Client, table: &str, request: Request) -> Result<Value, Error> {
    let movie: Movie = serde_json::from_str(&request.body)?;
    client
        .put_item()
        .table_name(table)
        .item("id", AttributeValue::S(movie.id))
        .item("title", AttributeValue::S(movie.title))
        .item("year", AttributeValue::N(movie.year))
        .send()
        .await?;
    Ok(json!({
        "statusCode": 200,
        "headers": { "Content-Type": "application/json" },
        "body": json!({ "message": "Successfully inserted data!" }).to_string(),
    }))
}
