//! The `bootstrap` file that Lambda starts: environment, then adapters, then the runtime's loop.

use std::convert::Infallible;
use std::env::{self, VarError};
use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use handler::dynamodb::tls::TlsError;
use handler::dynamodb::{Settings, Table};
use handler::log::{self, LevelError, Log};
use handler::{event, xray};
use lambda_runtime::service_fn;

/// What keeps the function from starting; an operator fixes it in the template.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("environment variable `{0}` is not set or empty")]
    Unset(&'static str),
    #[error("environment variable `{0}` is not valid Unicode")]
    NotUnicode(&'static str),
    #[error("environment variable `{0}` is not valid")]
    Invalid(&'static str, #[source] Box<dyn Error>),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("cannot start the async runtime")]
    Tokio(#[source] io::Error),
    #[error("the Lambda runtime stopped")]
    Lambda(#[source] lambda_runtime::Error),
}

fn main() -> ExitCode {
    // Without it a panic's line does not say which program it is of, and that is all.
    log::report_panics(optional("HANDLER_SHA256").unwrap_or_default());
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            log::start_failed(&err);
            ExitCode::FAILURE
        }
    }
}

/// Lambda sends one invocation at a time, so one thread is enough; more would only cost start-up.
fn start() -> Result<(), StartError> {
    let started = Instant::now();
    // Without these the Lambda runtime panics.
    for name in [
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_RUNTIME_API",
    ] {
        required(name)?;
    }
    let level = match optional("LOG_LEVEL")? {
        Some(text) => text
            .parse()
            .map_err(|err: LevelError| StartError::Invalid("LOG_LEVEL", err.into()))?,
        None => log::Level::Info,
    };
    let log = Log::to_stdout(level, required("AWS_LAMBDA_FUNCTION_NAME")?);
    let table = Table::new(settings()?)?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Tokio)?
        .block_on(serve(table, log, started))
}

async fn serve(table: Table, log: Log, started: Instant) -> Result<(), StartError> {
    let warmed = table.warm().await;
    log.started(
        started.elapsed(),
        warmed.as_ref().map_err(|err| &**err as _).copied(),
    );
    lambda_runtime::run(service_fn(async |event| {
        Ok::<_, Infallible>(event::handle(&table, event, &log).await)
    }))
    .await
    .map_err(StartError::Lambda)
}

/// Everything the table is reached with, from the variables that Lambda and the template set; the
/// optional ones have the SDK's names and meaning.
fn settings() -> Result<Settings, StartError> {
    const MODE: &str = "AWS_ACCOUNT_ID_ENDPOINT_MODE";
    let account_id_endpoint_mode = match optional(MODE)? {
        Some(mode) => mode
            .parse()
            .map_err(|_| StartError::Invalid(MODE, format!("`{mode}`").into()))?,
        None => Default::default(),
    };
    Ok(Settings {
        table_name: required("TABLE_NAME")?,
        region: required("AWS_REGION")?,
        access_key_id: required("AWS_ACCESS_KEY_ID")?,
        secret_access_key: required("AWS_SECRET_ACCESS_KEY")?,
        session_token: optional("AWS_SESSION_TOKEN")?,
        endpoint: first(["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"])?,
        account_id_endpoint_mode,
        ca_bundle: first(["AWS_CA_BUNDLE", "SSL_CERT_FILE"])?.map(PathBuf::from),
        xray: optional("AWS_XRAY_DAEMON_ADDRESS")?
            .as_deref()
            .and_then(xray::Daemon::at),
    })
}

fn required(name: &'static str) -> Result<String, StartError> {
    optional(name)?.ok_or(StartError::Unset(name))
}

fn first<const N: usize>(names: [&'static str; N]) -> Result<Option<String>, StartError> {
    for name in names {
        if let Some(value) = optional(name)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

fn optional(name: &'static str) -> Result<Option<String>, StartError> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(Some(value)),
        Ok(_) | Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(StartError::NotUnicode(name)),
    }
}
