//! The `bootstrap` file that Lambda starts: environment, then adapters, then the runtime's loop.

use std::env::{self, VarError};
use std::error::Error;
use std::panic;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant;

use handler::dynamodb::connection::ConnectionError;
use handler::dynamodb::endpoint::Location;
use handler::dynamodb::{Settings, SetupError, Table};
use handler::log::{self, Log};
use handler::movie::Movie;
use handler::runtime::{self, Runtime};
use handler::xray::{self, Trace};
use handler::{event, panic_hook};
use tokio::runtime::Runtime as Tokio;

/// What keeps the function from starting; an operator fixes it in the template. It names variables
/// and never what is in them: that may be a secret, or one in the wrong place.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("environment variable `{0}` is not set or empty")]
    Unset(&'static str),
    #[error("environment variable `{0}` is not valid Unicode")]
    NotUnicode(&'static str),
    #[error("environment variable `{0}` is not valid")]
    Invalid(&'static str, #[source] Box<dyn Error>),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("cannot start the async runtime")]
    Tokio,
}

/// A function that is ready for its first invocation.
struct Ready {
    tokio: Tokio,
    runtime: Runtime,
    table: Table,
    log: Log,
}

fn main() -> ExitCode {
    // Without it a panic's line does not say which program it is of, and that is all.
    panic_hook::install(optional("HANDLER_SHA256").unwrap_or_default());
    match panic::catch_unwind(start) {
        Ok(Ok(ready)) => ready.serve(),
        Ok(Err(err)) => {
            let reason = log::chain(&err);
            log::start_failed(&reason);
            report(&reason);
        }
        // It has a line in the log, with its place.
        Err(_) => report("panicked"),
    }
    ExitCode::FAILURE
}

/// Without this Lambda would report that the function exited, and not why.
fn report(reason: &str) {
    let (Ok(Some(address)), Ok(tokio)) = (optional("AWS_LAMBDA_RUNTIME_API"), tokio()) else {
        return;
    };
    tokio.block_on(runtime::report_start_error(&address, reason));
}

fn start() -> Result<Ready, StartError> {
    let started = Instant::now();
    required("AWS_LAMBDA_RUNTIME_API")?;
    let level = parsed("LOG_LEVEL")?.unwrap_or(log::Level::Info);
    let log = Log::to_stdout(level, required("AWS_LAMBDA_FUNCTION_NAME")?);
    let table = Table::new(settings()?)?;
    let runtime = Runtime::from_env();
    let tokio = tokio()?;
    let warmed = tokio.block_on(warm(&table));
    log.started(
        started.elapsed(),
        warmed.as_ref().map_err(|err| err as _).copied(),
    );
    Ok(Ready {
        tokio,
        runtime,
        table,
        log,
    })
}

/// Does early what the first request would do first. While a function starts, its processor is
/// not throttled yet, and nobody waits for an answer.
async fn warm(table: &Table) -> Result<(), ConnectionError> {
    let (connected, ()) = tokio::join!(table.warm(), rehearse(table));
    connected
}

async fn rehearse(table: &Table) {
    if let Ok(movie) = Movie::from_json(br#"{"id": "0", "title": "", "year": 0}"#) {
        table.rehearse(&movie).await;
    }
}

/// Lambda sends one invocation at a time, so one thread is enough; more would only cost start-up.
fn tokio() -> Result<Tokio, StartError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| StartError::Tokio)
}

impl Ready {
    /// Answers invocations until Lambda has no more of them, which it never says.
    fn serve(self) {
        let Self { table, log, .. } = &self;
        let serving = self.runtime.run(async |event| {
            let trace = event.context.xray_trace_id.as_deref();
            let table = table.within(trace.and_then(Trace::from_header));
            event::handle(&table, event, log).await
        });
        let end = self.tokio.block_on(serving);
        log::runtime_stopped(&end);
    }
}

/// Everything the table is reached with, from the variables that Lambda and the template set; the
/// optional ones have the SDK's names and meaning.
fn settings() -> Result<Settings, StartError> {
    Ok(Settings {
        table_name: required("TABLE_NAME")?,
        location: location()?,
        access_key_id: required("AWS_ACCESS_KEY_ID")?,
        secret_access_key: required("AWS_SECRET_ACCESS_KEY")?,
        session_token: optional("AWS_SESSION_TOKEN")?,
        ca_bundle: first(["AWS_CA_BUNDLE", "SSL_CERT_FILE"], optional)?.map(PathBuf::from),
        xray: optional("AWS_XRAY_DAEMON_ADDRESS")?
            .as_deref()
            .and_then(xray::Daemon::at),
    })
}

fn location() -> Result<Location, StartError> {
    const REGION: &str = "AWS_REGION";
    const MODE: &str = "AWS_ACCOUNT_ID_ENDPOINT_MODE";
    let endpoint = match flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")? {
        true => None,
        false => first(["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"], parsed)?,
    };
    let account_id_endpoint_mode = match optional(MODE)? {
        // Of the SDK's error, the text quotes the value.
        Some(mode) => mode.parse().map_err(|_| {
            StartError::Invalid(MODE, "it has to be preferred, disabled or required".into())
        })?,
        None => Default::default(),
    };
    Ok(Location {
        region: parsed(REGION)?.ok_or(StartError::Unset(REGION))?,
        endpoint,
        use_fips: flag("AWS_USE_FIPS_ENDPOINT")?,
        use_dual_stack: flag("AWS_USE_DUALSTACK_ENDPOINT")?,
        account_id_endpoint_mode,
    })
}

/// As AWS's SDKs read it.
fn flag(name: &'static str) -> Result<bool, StartError> {
    let text = optional(name)?;
    match text.as_deref() {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(StartError::Invalid(
            name,
            "it has to be true or false".into(),
        )),
    }
}

fn required(name: &'static str) -> Result<String, StartError> {
    optional(name)?.ok_or(StartError::Unset(name))
}

/// The value of the first variable that is set.
fn first<T, const N: usize>(
    names: [&'static str; N],
    read: impl Fn(&'static str) -> Result<Option<T>, StartError>,
) -> Result<Option<T>, StartError> {
    for name in names {
        if let Some(value) = read(name)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// A value whose type says in words of its own what is wrong with it.
fn parsed<T: FromStr<Err: Error + 'static>>(name: &'static str) -> Result<Option<T>, StartError> {
    let parse = |text: String| text.parse();
    let value = optional(name)?.map(parse).transpose();
    value.map_err(|err: T::Err| StartError::Invalid(name, err.into()))
}

fn optional(name: &'static str) -> Result<Option<String>, StartError> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(Some(value)),
        Ok(_) | Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(StartError::NotUnicode(name)),
    }
}
