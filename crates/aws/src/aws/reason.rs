//! What went wrong with a call, in one line.

use std::error::Error as StdError;
use std::time::SystemTime;

use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;

use super::selection::Selected;
use super::sign_in::Process;
use super::{clock, sso};
use crate::connection_failure::{ConnectionFailure, cause, causes};
use crate::error::{Error, ServiceError, Trouble};

/// The codes of credentials that were good once.
const EXPIRED: [&str; 3] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
];
/// The codes of keys that AWS does not know, or of a secret that is another key's.
const UNKNOWN: [&str; 4] = [
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];
/// What the SDK says first of every program that gives no credentials.
const OF_PROCESSES: [&str; 2] = [
    "Error retrieving credentials from external process, ",
    "Error retrieving credentials: external ",
];

pub(super) const SIGN_IN_AGAIN: &str =
    "the credentials have expired; sign in again, and run the same command again";

pub(super) fn is_expired(code: &str) -> bool {
    EXPIRED.contains(&code)
}

/// Whether the same call may go well in a moment.
pub(super) fn is_passing(code: &str, status: u16) -> bool {
    let is_throttled = code.contains("Throttl") || code.contains("TooManyRequests");
    is_throttled || code == "RequestLimitExceeded" || status == 429 || status >= 500
}

/// The first call of every command either works or fails for one of these reasons.
pub(super) fn explain_connection<E>(err: &SdkError<E>, selected: &Selected) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if let Some(err) = cause::<CredentialsError>(err) {
        return explain_sign_in(err, None, selected);
    }
    let code = err.code().unwrap_or_default();
    let text = if is_expired(code) {
        let login = login(selected);
        format!("the credentials have expired; sign in again, for example with `{login}`")
    } else if let Some(clock) = clock_to_blame(err) {
        clock
    } else if UNKNOWN.contains(&code) {
        format!(
            "AWS does not accept these credentials ({code}); check the access key and its secret"
        )
    } else if let Some(failure) = cause::<ConnectionFailure>(err) {
        failure.to_string()
    } else {
        let reason = said(err).unwrap_or_else(|| without_code(err));
        format!("{reason}; AWS was asked who these credentials belong to")
    };
    Error::new(text)
}

/// Why there are no credentials.
pub(super) fn explain_sign_in(
    err: &CredentialsError,
    process: Option<&Process>,
    selected: &Selected,
) -> Error {
    let login = login(selected);
    let chain: Vec<String> = causes(err).map(ToString::to_string).collect();
    let text = if let Some(advice) = sso::advice(&chain.join(": "), selected.sign_in.as_deref()) {
        advice
    } else if let Some(failure) = cause::<ConnectionFailure>(err) {
        failure.to_string()
    } else if let Some(refusal) = cause::<AssumeRoleError>(err) {
        match refusal.code().unwrap_or_default() {
            code if is_expired(code) => {
                format!("the credentials have expired; sign in again, for example with `{login}`")
            }
            code => {
                let message = refusal.message().unwrap_or("AWS gives no reason");
                format!(
                    "{} ({code}); the profile's role cannot be taken",
                    message.trim_end_matches('.')
                )
            }
        }
    } else {
        match (err, process) {
            (CredentialsError::CredentialsNotLoaded(_), _) => format!(
                "no AWS credentials: pass `--profile`, set AWS_PROFILE, or sign in with `{login}`; \
                 `--local` needs none"
            ),
            (CredentialsError::ProviderTimedOut(limit), Some(process)) => format!(
                "{process}, has not ended after {} s; run it by hand to see what it waits for",
                limit.timeout_duration().as_secs()
            ),
            (CredentialsError::ProviderTimedOut(limit), None) => format!(
                "no credentials after {} s; sign in again, for example with `{login}`",
                limit.timeout_duration().as_secs()
            ),
            (err, Some(process)) => {
                format!("{process}, gives no credentials: {}", reason(err))
            }
            (err, None) => {
                format!("{}; sign in again, for example with `{login}`", reason(err))
            }
        }
    };
    Error::new(text)
}

fn login(selected: &Selected) -> String {
    match (&selected.sign_in, &selected.profile) {
        (Some(sign_in), _) => sign_in.clone(),
        (None, Some(profile)) => format!("aws sso login --profile {profile}"),
        (None, None) => "aws sso login".to_owned(),
    }
}

/// What is behind the SDK's own words for a step of signing in, in one line.
fn reason(err: &CredentialsError) -> String {
    let is_step = |cause: &&(dyn StdError + 'static)| {
        cause.is::<CredentialsError>() || cause.is::<TokenError>()
    };
    let texts = causes(err).filter(|cause| !is_step(cause));
    let mut texts: Vec<String> = texts.map(ToString::to_string).collect();
    texts.dedup();
    let text = match texts.is_empty() {
        true => err.to_string(),
        false => texts.join(": "),
    };
    let text = OF_PROCESSES.iter().fold(text.as_str(), |text, words| {
        text.strip_prefix(words).unwrap_or(text)
    });
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn clock_to_blame<E: ProvideErrorMetadata>(err: &SdkError<E>) -> Option<String> {
    let date = err.raw_response()?.headers().get("date");
    clock::blame(err.code()?, date, SystemTime::now())
}

fn said<E: ProvideErrorMetadata>(err: &SdkError<E>) -> Option<String> {
    match (err.message(), err.code()) {
        (Some(message), Some(code)) => Some(format!("{} ({code})", message.trim_end_matches('.'))),
        (None, Some(code)) => Some(code.to_owned()),
        _ => None,
    }
}

/// What the service said, and its code. The SDK's own words for it are `service error`.
pub(crate) fn readable<E>(err: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    failed(&err).into()
}

/// The call that failed with `err`.
pub(crate) fn failed<E>(err: &SdkError<E>) -> ServiceError
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let trouble = trouble_of(err);
    let text = if let Some(lost) = lost_credentials(err) {
        format!(
            "{}; sign in again, and run the same command again",
            reason(lost)
        )
    } else if trouble == Trouble::Expired {
        SIGN_IN_AGAIN.to_owned()
    } else if let Some(clock) = clock_to_blame(err) {
        clock
    } else {
        said(err).unwrap_or_else(|| without_code(err))
    };
    ServiceError {
        text,
        trouble,
        status: status(err).unwrap_or_default(),
        code: err.code().unwrap_or_default().to_owned(),
    }
}

/// HTTP status of the answer, where there was one.
pub(super) fn status<E>(err: &SdkError<E>) -> Option<u16> {
    let response = err.raw_response()?;
    Some(response.status().as_u16())
}

/// What happened where the service gave no reason. The SDK's own words name its types.
fn without_code<E>(err: &SdkError<E>) -> String
where
    E: StdError + Send + Sync + 'static,
{
    if let Some(failure) = cause::<ConnectionFailure>(err) {
        return failure.to_string();
    }
    match (err, status(err)) {
        (SdkError::TimeoutError(_), _) => "no answer in time".to_owned(),
        // To a HEAD there is no body that could hold a reason.
        (_, Some(400)) => {
            "the answer has no reason (HTTP 400); the credentials may have expired".to_owned()
        }
        (_, Some(status)) if status >= 300 => format!("the answer has no reason (HTTP {status})"),
        (_, Some(status)) => format!("the answer cannot be understood (HTTP {status})"),
        _ => {
            let innermost = causes(err).last().map(ToString::to_string);
            format!("no connection: {}", innermost.unwrap_or_default())
        }
    }
}

fn trouble_of<E>(err: &SdkError<E>) -> Trouble
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let code = err.code().unwrap_or_default();
    if is_expired(code) || lost_credentials(err).is_some() {
        return Trouble::Expired;
    }
    match err {
        SdkError::ServiceError(_) if !is_passing(code, status(err).unwrap_or_default()) => {
            Trouble::Refused
        }
        _ => Trouble::Passing,
    }
}

/// Where the credentials come from, too, is asked by the client. That nothing answers there is
/// a matter of the network.
fn lost_credentials<E: StdError + Send + Sync + 'static>(
    err: &SdkError<E>,
) -> Option<&CredentialsError> {
    let lost = cause::<CredentialsError>(err)?;
    let is_passing = cause::<ConnectionFailure>(lost).is_some();
    (!is_passing).then_some(lost)
}
