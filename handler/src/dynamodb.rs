//! The store over DynamoDB, and the only module that names its client. It decides what the
//! client's errors mean and nothing about requests.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::movie::{InsertError, Movie, MovieStore};

/// The table of movies, keyed by `id`.
pub(crate) struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// Reads the SDK's variables; opens no connection yet.
    pub(crate) async fn from_env(name: String) -> Self {
        // One client for everything: without it each part of the SDK would ask for its own.
        let http_client = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        // Lambda supplies both; the default chains would go on to files and the network.
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(EnvironmentVariableRegionProvider::new())
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .http_client(http_client)
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts())
            .load()
            .await;
        Self {
            client: Client::new(&config),
            name,
        }
    }
}

impl MovieStore for Table {
    async fn insert(&self, movie: &Movie) -> Result<(), InsertError> {
        self.client
            .put_item()
            .table_name(&self.name)
            .item("id", AttributeValue::S(movie.id().to_owned()))
            .item("title", AttributeValue::S(movie.title().to_owned()))
            .item("year", AttributeValue::N(movie.year().as_str().to_owned()))
            .send()
            .await
            .map_err(insert_error)?;
        Ok(())
    }
}

/// All of it fits the function's 10 s several times, so that a client gets our answer and not
/// API Gateway's.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(500))
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(3))
        .build()
}

fn insert_error(err: SdkError<PutItemError>) -> InsertError {
    match err.as_service_error() {
        Some(service) if is_throttled(service) => InsertError::Throttled(err.into()),
        Some(service) if is_too_large(service) => InsertError::TooLarge,
        _ => InsertError::Store(err.into()),
    }
}

fn is_throttled(err: &PutItemError) -> bool {
    err.is_provisioned_throughput_exceeded_exception()
        || err.is_request_limit_exceeded()
        || err.is_throttling_exception()
}

// The API has no code of its own for this, only a text.
fn is_too_large(err: &PutItemError) -> bool {
    err.code() == Some("ValidationException")
        && err
            .message()
            .is_some_and(|message| message.starts_with("Item size has exceeded"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;
    use crate::log::chain;

    async fn insert(rule: &Rule) -> Result<(), InsertError> {
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [rule], |config| {
            config.retry_config(RetryConfig::disabled())
        });
        let table = Table {
            client,
            name: "movies".to_owned(),
        };
        let body = br#"{"id": "tt0133093", "title": "The Matrix", "year": 1999}"#;
        table.insert(&Movie::from_json(body).unwrap()).await
    }

    /// Inserts a movie while DynamoDB answers an error; `expected` is the whole chain.
    async fn check(status: u16, kind: &str, message: &str, expected: &str) {
        let body = format!(
            r#"{{"__type": "com.amazonaws.dynamodb.v20120810#{kind}", "message": "{message}"}}"#
        );
        let rule = mock!(Client::put_item)
            .sequence()
            .http_status(status, Some(body))
            .build();
        let err = insert(&rule).await.unwrap_err();
        assert_eq!(chain(&err), expected);
    }

    #[tokio::test]
    async fn movie_is_put_with_its_types() {
        let rule = mock!(Client::put_item)
            .match_requests(|input| {
                input.table_name() == Some("movies")
                    && input.item()
                        == Some(&HashMap::from([
                            ("id".to_owned(), AttributeValue::S("tt0133093".to_owned())),
                            ("title".to_owned(), AttributeValue::S("The Matrix".to_owned())),
                            ("year".to_owned(), AttributeValue::N("1999".to_owned())),
                        ]))
                    // A condition would refuse to replace the movie.
                    && input.condition_expression().is_none()
            })
            .then_output(|| PutItemOutput::builder().build());
        insert(&rule).await.unwrap();
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn throttling_is_throttled() {
        for kind in [
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "ThrottlingException",
        ] {
            let expected = format!("the store is throttled: service error: {kind}: Slow down");
            check(400, kind, "Slow down", &expected).await;
        }
    }

    #[tokio::test]
    async fn too_large_an_item_is_too_large() {
        let message = "Item size has exceeded the maximum allowed size";
        let expected = "movie is larger than 409600 bytes";
        check(400, "ValidationException", message, expected).await;
    }

    #[tokio::test]
    async fn missing_table_is_a_store_error() {
        let expected = "cannot store the movie: service error: \
                        ResourceNotFoundException: No such table";
        check(400, "ResourceNotFoundException", "No such table", expected).await;
    }

    #[tokio::test]
    async fn denied_access_is_a_store_error() {
        let expected = "cannot store the movie: service error: \
                        unhandled error (AccessDeniedException): \
                        Error { code: \"AccessDeniedException\", message: \"Not authorized\" }";
        check(400, "AccessDeniedException", "Not authorized", expected).await;
    }

    #[tokio::test]
    async fn other_validation_is_a_store_error() {
        let expected = "cannot store the movie: service error: \
                        unhandled error (ValidationException): \
                        Error { code: \"ValidationException\", message: \"Type mismatch\" }";
        check(400, "ValidationException", "Type mismatch", expected).await;
    }

    #[tokio::test]
    async fn server_failure_is_a_store_error() {
        let expected = "cannot store the movie: service error: InternalServerError: Try again";
        check(500, "InternalServerError", "Try again", expected).await;
    }
}
