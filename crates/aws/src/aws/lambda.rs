//! Lambda: a function's code, replaced without CloudFormation.

use std::time::Duration;

use serde_json::json;

use super::Connection;
use super::endpoint::LAMBDA;
use crate::error::{Error, Result};
use cfnkit_console::error::Context as _;
use cfnkit_console::patience::patient;

const INTERVAL: Duration = Duration::from_millis(300);

/// Whether there is a function of this name.
///
/// Source: Lambda's `GetFunctionConfiguration`.
///
/// # Errors
///
/// The call fails for another reason than that there is no such function, or its answer is not
/// JSON.
pub async fn exists(connection: &Connection, function: &str) -> Result<bool> {
    let path = format!("/2015-03-31/functions/{function}/configuration");
    match LAMBDA.get_json(connection, &path).await {
        Ok(_) => Ok(true),
        Err(err) if err.call().is_some_and(|call| call.status == 404) => Ok(false),
        Err(err) => Err(err),
    }
}

/// Gives the function the zip at `s3://bucket/key`, and waits until it is what runs.
///
/// Source: Lambda's `UpdateFunctionCode` and `GetFunctionConfiguration`.
///
/// # Errors
///
/// Lambda refuses the zip or does not take it, or a call fails. Where the first call went well or
/// had no answer, the function may run the new code all the same.
pub async fn update_code(
    connection: &Connection,
    function: &str,
    bucket: &str,
    key: &str,
) -> Result<()> {
    let path = format!("/2015-03-31/functions/{function}");
    let code = json!({ "S3Bucket": bucket, "S3Key": key });
    LAMBDA
        .send(connection, "PUT", &format!("{path}/code"), Some(&code))
        .await
        .with_context(|| format!("cannot update the code of function `{function}`"))?;
    loop {
        let configuration = format!("{path}/configuration");
        let answer = LAMBDA.get_json(connection, &configuration).await?;
        match answer["LastUpdateStatus"].as_str() {
            Some("InProgress") => {}
            Some("Failed") => {
                let reason = answer["LastUpdateStatusReason"].as_str();
                return Err(Error::new(format!(
                    "function `{function}` does not take the code: {}",
                    reason.unwrap_or("no reason given")
                )));
            }
            Some("Successful") | None => return Ok(()),
            Some(status) => {
                return Err(Error::new(format!(
                    "function `{function}` says that its update is {status}; look at it in \
                     Lambda's console, and run the same command again"
                )));
            }
        }
        tokio::time::sleep(patient(INTERVAL)).await;
    }
}
