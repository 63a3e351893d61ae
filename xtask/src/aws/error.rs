//! What went wrong with a call, in one line.

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use crate::trouble::{ServiceError, Trouble};

/// The codes of credentials that were good once.
const EXPIRED: [&str; 4] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
];
const THROTTLED: [&str; 4] = [
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
];

/// The first call of every command either works or fails for one of these reasons.
pub(super) fn explain_connection(
    err: aws_sdk_sts::Error,
    config: &SdkConfig,
    profile: Option<&str>,
) -> anyhow::Error {
    anyhow::anyhow!(advice(&chain(&err), config.endpoint_url(), profile))
}

fn advice(chain: &str, endpoint: Option<&str>, profile: Option<&str>) -> String {
    let login = match profile {
        Some(profile) => format!("aws sso login --profile {profile}"),
        None => "aws sso login".to_owned(),
    };
    let says = |texts: &[&str]| texts.iter().any(|text| chain.contains(text));
    if says(&["ExpiredToken", "expired"]) {
        format!("the credentials have expired; sign in again, for example with `{login}`")
    } else if says(&[
        "no credentials found",
        "no providers in chain",
        "CredentialsNotLoaded",
    ]) {
        format!(
            "no AWS credentials: pass `--profile`, set AWS_PROFILE, or sign in with `{login}`; \
             `--local` needs none"
        )
    } else if says(&[
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClient",
    ]) {
        "AWS does not accept these credentials; check the access key and its secret".to_owned()
    } else if says(&["dispatch failure", "timeout"]) && !says(&["credential"]) {
        let endpoint = endpoint
            .map(|url| format!(" at `{url}`"))
            .unwrap_or_default();
        format!(
            "the endpoint{endpoint} does not answer; check the network, the region and AWS_ENDPOINT_URL"
        )
    } else {
        format!("cannot ask AWS who these credentials belong to: {chain}")
    }
}

/// What the service said, and its code. The SDK's own words for it are `service error`.
pub(crate) fn readable<E>(err: SdkError<E>) -> anyhow::Error
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let trouble = trouble_of(&err);
    let text = match (err.message(), err.code()) {
        _ if trouble == Trouble::Expired => {
            "the credentials have expired; sign in again, and run the same command again".to_owned()
        }
        (Some(message), Some(code)) => {
            format!("{} ({code})", message.trim_end_matches('.'))
        }
        (None, Some(code)) => code.to_owned(),
        _ => without_code(&err),
    };
    ServiceError { text, trouble }.into()
}

/// What happened where the service gave no reason. The SDK's own words name its types.
fn without_code<E>(err: &SdkError<E>) -> String
where
    E: Error + Send + Sync + 'static,
{
    let status = err
        .raw_response()
        .map(|response| response.status().as_u16());
    match (err, status) {
        (SdkError::TimeoutError(_), _) => "no answer in time".to_owned(),
        // To a HEAD there is no body that could hold one.
        (_, Some(status)) if status >= 300 => {
            format!(
                "the answer has no reason (HTTP {status}); with 400, the credentials may have expired"
            )
        }
        (_, Some(status)) => format!("the answer cannot be understood (HTTP {status})"),
        _ => {
            let chain = chain(err);
            if chain.contains("timeout") {
                "no answer in time".to_owned()
            } else {
                let connection = chain.rsplit("dispatch failure: ").next();
                format!("no connection: {}", connection.unwrap_or_default())
            }
        }
    }
}

fn trouble_of<E>(err: &SdkError<E>) -> Trouble
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let code = err.code().unwrap_or_default();
    if EXPIRED.contains(&code) {
        return Trouble::Expired;
    }
    let status = err.raw_response().map(|response| response.status());
    let is_server_error = status.is_some_and(|status| status.is_server_error());
    match err {
        SdkError::ServiceError(_) if THROTTLED.contains(&code) || is_server_error => {
            Trouble::Passing
        }
        SdkError::ServiceError(_) => Trouble::Refused,
        // Where the credentials come from, too, is asked by the client.
        _ if chain(err).contains("expired") => Trouble::Expired,
        _ => Trouble::Passing,
    }
}

/// The causes of an SDK error in one line; the error alone says `service error`.
pub(crate) fn chain(err: &dyn Error) -> String {
    let mut parts = vec![err.to_string()];
    let mut source = err.source();
    while let Some(err) = source {
        let text = err.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        source = err.source();
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_advice() {
        let check = |chain: &str, expected: &str| {
            let advice = advice(chain, Some("http://127.0.0.1:1"), Some("test"));
            assert!(advice.starts_with(expected), "{chain}: {advice}");
        };
        check(
            "service error: unhandled error (ExpiredToken): The security token included in the request is expired",
            "the credentials have expired; sign in again, for example with `aws sso login --profile test`",
        );
        check(
            "dispatch failure: other: the SSO token has expired or is otherwise invalid",
            "the credentials have expired",
        );
        check(
            "dispatch failure: other: the credential provider was not enabled: no credentials found in chain",
            "no AWS credentials: pass `--profile`",
        );
        check(
            "service error: unhandled error (InvalidClientTokenId): The security token included in the request is invalid",
            "AWS does not accept these credentials",
        );
        check(
            "dispatch failure: io error: client error (Connect): tcp connect error: Connection refused",
            "the endpoint at `http://127.0.0.1:1` does not answer",
        );
        check(
            "service error: unhandled error (AccessDenied)",
            "cannot ask AWS who these credentials belong to: service error",
        );
    }
}
