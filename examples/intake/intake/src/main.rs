//! The function behind `POST /`: keeps a note.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let latest = aws_config::BehaviorVersion::latest();
    let config = aws_config::defaults(latest).http_client(http).load().await;
    let dynamodb = &Client::new(&config);
    let table = &std::env::var("TABLE_NAME")?;
    let answer = |event: LambdaEvent<Value>| async move { keep(dynamodb, table, event).await };
    lambda_runtime::run(service_fn(answer)).await
}

async fn keep(dynamodb: &Client, table: &str, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let text = event.payload["body"].as_str().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(json!({ "statusCode": 422, "body": "a note has a text\n" }));
    }
    let id = event.context.request_id;
    dynamodb
        .put_item()
        .table_name(table)
        .item("id", AttributeValue::S(id.clone()))
        .item("text", AttributeValue::S(text.to_owned()))
        .send()
        .await?;
    Ok(json!({ "statusCode": 202, "body": id }))
}
