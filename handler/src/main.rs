//! The `bootstrap` file that Lambda starts: environment, then adapters, then the runtime's loop.

mod environment;

use std::panic;
use std::process::ExitCode;
use std::time::Instant;

use handler::dynamodb::connection::error::ConnectionError;
use handler::dynamodb::{SetupError, Table};
use handler::log::{self, Log};
use handler::movie::Movie;
use handler::runtime::{self, Runtime, RuntimeError};
use handler::xray::Trace;
use handler::{event, panic_hook};
use tokio::runtime::{LocalOptions, LocalRuntime as Tokio};

use self::environment::{VariableError, optional, parsed, required};

/// What keeps the function from starting; an operator fixes it in the template.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Variable(#[from] VariableError),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
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
    if let Ok(Some(address)) = optional("AWS_LAMBDA_RUNTIME_API") {
        runtime::report_start_error(address, reason);
    }
}

fn start() -> Result<Ready, StartError> {
    let started = Instant::now();
    let runtime = Runtime::at(required("AWS_LAMBDA_RUNTIME_API")?)?;
    let level = parsed("LOG_LEVEL")?.unwrap_or(log::Level::Info);
    let log = Log::to_stdout(level, required("AWS_LAMBDA_FUNCTION_NAME")?);
    let table = Table::new(environment::settings()?)?;
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
        .build_local(LocalOptions::default())
        .map_err(|_| StartError::Tokio)
}

impl Ready {
    /// Answers invocations until Lambda has no more of them, which it never says.
    fn serve(self) {
        let Self {
            tokio,
            mut runtime,
            table,
            log,
        } = self;
        let serving = runtime.run(async |event| {
            let trace = event.context.xray_trace_id.as_deref();
            let table = table.within(trace.and_then(Trace::from_header));
            event::handle(&table, event, &log).await
        });
        let end = tokio.block_on(serving);
        log::runtime_stopped(&end);
    }
}
