//! The store over DynamoDB, and with its parts below the only code that names its client. It
//! decides what the client's errors mean and nothing about requests.

mod attempts;
pub mod connection;
pub mod endpoint;
mod failure;
mod statistics;
pub mod tls;
pub mod traced;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig,
};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
use aws_sdk_dynamodb::types::AttributeValue;
use http::uri::Uri;

use self::attempts::{Attempts, CountAttempts};
use self::connection::error::ConnectionError;
use self::connection::{Connections, Rehearsal, client_of};
use self::endpoint::{Location, LocationError};
use self::failure::Repetition;
use self::statistics::NoStatistics;
use self::tls::TlsError;
use self::traced::TracedTable;
use crate::movie::{Existing, InsertError, Insertion, Movie, MovieStore, Outcome};
use crate::xray::{Daemon, Trace};

/// The longest that opening a connection may take, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// The longest that DynamoDB may take for one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest that an insertion may take, attempts and pauses together.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(3);
const MAX_ATTEMPTS: u32 = 3;
/// The pause before the second attempt, on average half of this; doubled for the third.
const INITIAL_BACKOFF: Duration = Duration::from_millis(50);

/// The attribute that tells a conditional write's own retry from somebody else's movie.
const WRITE_TOKEN: &str = "writeToken";

/// What a table is reached with. Lambda supplies all of it as environment variables.
#[derive(Debug)]
pub struct Settings {
    /// The table's name or ARN.
    pub table_name: String,
    /// Where it is.
    pub location: Location,
    /// Of the function's role; they outlive the process.
    pub access_key_id: String,
    /// Beside the id.
    pub secret_access_key: String,
    /// Beside both, where they are temporary.
    pub session_token: Option<String>,
    /// A PEM file of certificates that are trusted instead of Amazon's.
    pub ca_bundle: Option<PathBuf>,
    /// Where subsegments go.
    pub xray: Option<Daemon>,
}

/// Why there can be no table, whatever DynamoDB does.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Mostly where the CA bundle cannot be read.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Nowhere to send a request.
    #[error("DynamoDB has no address")]
    Location(#[from] LocationError),
}

/// The table of movies, keyed by `id`.
#[derive(Debug)]
pub struct Table {
    client: Client,
    connections: Connections,
    address: Uri,
    name: String,
    region: String,
    xray: Option<Daemon>,
}

impl Table {
    /// Opens no connection yet.
    ///
    /// # Errors
    ///
    /// [`SetupError`], which no later attempt mends.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let location = settings.location;
        let region = location.region.as_str().to_owned();
        let address = location.resolve()?;
        let tls = tls::client_config(settings.ca_bundle.as_deref())?;
        let connections = Connections::new(tls, CONNECT_TIMEOUT);
        // Built by hand: the chains of `aws-config` would ask files and the network for what
        // Lambda has in variables.
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.clone()))
            .use_fips(location.use_fips)
            .use_dual_stack(location.use_dual_stack)
            .credentials_provider(Credentials::new(
                settings.access_key_id,
                settings.secret_access_key,
                settings.session_token,
                None,
                "Lambda",
            ))
            .account_id_endpoint_mode(location.account_id_endpoint_mode)
            .http_client(client_of(connections.clone()))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(MAX_ATTEMPTS)
                    .with_initial_backoff(INITIAL_BACKOFF),
            )
            .retry_classifier(Repetition)
            .interceptor(NoStatistics)
            .interceptor(CountAttempts)
            // How many retries are left is this client's own count, and not the process's.
            .retry_partition(
                RetryPartition::custom("table")
                    .token_bucket(TokenBucket::default())
                    .build(),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .build(),
            )
            // It watches long transfers; ours are short, and an attempt's time is limited.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let url = location.endpoint.as_ref();
        config.set_endpoint_url(url.map(|url| url.as_str().to_owned()));
        Ok(Self {
            client: Client::from_conf(config.build()),
            connections,
            address,
            name: settings.table_name,
            region,
            xray: settings.xray,
        })
    }

    /// The table as one request has it, whose trace shows the call.
    pub fn within(&self, trace: Option<Trace>) -> TracedTable<'_> {
        TracedTable::new(self, trace)
    }

    /// Opens the connection of the first insertion, as far as the TLS handshake.
    ///
    /// # Errors
    ///
    /// Whatever kept the connection from opening. The first insertion tries again, so this is
    /// only news.
    pub async fn warm(&self) -> Result<(), ConnectionError> {
        self.connections.warm(&self.address).await
    }

    /// Goes through an insertion without sending it.
    pub async fn rehearse(&self, movie: &Movie) {
        let config = aws_sdk_dynamodb::Config::builder().http_client(client_of(Rehearsal));
        let put = self.put(movie, Existing::Replace).customize();
        // It answers itself, so it does not fail; if it did, the insertions would tell.
        let _ = put.config_override(config).send().await;
    }

    fn put(&self, movie: &Movie, existing: Existing) -> PutItemFluentBuilder {
        let mut put = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("id", AttributeValue::S(movie.id().to_owned()))
            .item("title", AttributeValue::S(movie.title().to_owned()))
            .item("year", AttributeValue::N(movie.year().to_owned()));
        if existing == Existing::Keep {
            // Where an answer is lost and the write repeated, the movie that exists is our own:
            // the token says so, and the write is not refused.
            let token = AttributeValue::S(write_token());
            put = put
                .item(WRITE_TOKEN, token.clone())
                .condition_expression(format!(
                    "attribute_not_exists(#id) OR {WRITE_TOKEN} = :token"
                ))
                // Named apart, because a key may have a name that expressions reserve.
                .expression_attribute_names("#id", "id")
                .expression_attribute_values(":token", token);
        }
        put
    }

    async fn ask(&self, insertion: &Insertion<'_>, attempts: &Attempts) -> Answer {
        let budget = insertion.budget.min(OPERATION_TIMEOUT);
        // Polled before the clock is looked at, so an empty budget is checked here.
        if budget.is_zero() {
            return None;
        }
        let put = self.put(insertion.movie, insertion.existing);
        let put = attempts.of(put.send());
        let begin = Instant::now();
        let answer = tokio::time::timeout(budget, put).await.ok()?;
        // On a busy processor the last attempt's time and the whole call's are over at once.
        let is_late = matches!(answer, Err(SdkError::TimeoutError(_))) && begin.elapsed() >= budget;
        (!is_late).then_some(answer)
    }
}

impl MovieStore for Table {
    async fn insert(&self, insertion: &Insertion<'_>) -> Outcome {
        let attempts = Attempts::default();
        let answer = self.ask(insertion, &attempts).await;
        outcome(&answer, insertion, &attempts)
    }
}

/// What came of a call; None where the time was over first.
type Answer = Option<Result<PutItemOutput, SdkError<PutItemError>>>;

fn outcome(answer: &Answer, insertion: &Insertion<'_>, attempts: &Attempts) -> Outcome {
    let fate = attempts.fate(insertion.existing);
    let result = match answer {
        Some(Ok(_)) => Ok(()),
        Some(Err(err)) => Err(failure::insert_error(err, insertion, fate)),
        None => Err(InsertError::Late { fate }),
    };
    Outcome {
        result,
        attempts: attempts.count(),
        status: attempts.status(),
    }
}

/// 128 random bits. Sandboxes that start at the same moment must not agree on them, so they are
/// the operating system's.
fn write_token() -> String {
    let mut bytes = [0; 16];
    if getrandom::getrandom(&mut bytes).is_err() {
        bytes = fastrand::u128(..).to_le_bytes();
    }
    format!("{:032x}", u128::from_le_bytes(bytes))
}
