//! The `bootstrap` file that Lambda starts: environment, then adapters, then the runtime's loop.

mod dynamodb;
mod event;
mod log;
mod movie;

use std::convert::Infallible;
use std::env::{self, VarError};
use std::io;
use std::process::ExitCode;

use lambda_runtime::service_fn;

use crate::dynamodb::Table;

/// What keeps the function from starting; an operator fixes it in the template.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("environment variable `{0}` is not set or empty")]
    Unset(&'static str),
    #[error("environment variable `{0}` is not valid Unicode")]
    NotUnicode(&'static str),
    #[error("cannot start the async runtime")]
    Tokio(#[source] io::Error),
    #[error("the Lambda runtime stopped")]
    Lambda(#[source] lambda_runtime::Error),
}

fn main() -> ExitCode {
    log::report_panics();
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
    let table_name = variable("TABLE_NAME")?;
    // Lambda sets these. Without a region every insert would fail, and without its own variables
    // the Lambda runtime panics.
    for name in [
        "AWS_REGION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_RUNTIME_API",
    ] {
        variable(name)?;
    }
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Tokio)?
        .block_on(serve(table_name))
}

async fn serve(table_name: String) -> Result<(), StartError> {
    let table = Table::from_env(table_name).await;
    lambda_runtime::run(service_fn(async |event| {
        Ok::<_, Infallible>(event::handle(&table, event, &mut io::stdout()).await)
    }))
    .await
    .map_err(StartError::Lambda)
}

fn variable(name: &'static str) -> Result<String, StartError> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        Ok(_) | Err(VarError::NotPresent) => Err(StartError::Unset(name)),
        Err(VarError::NotUnicode(_)) => Err(StartError::NotUnicode(name)),
    }
}
