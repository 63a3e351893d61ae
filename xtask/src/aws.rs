//! Connections to AWS, or to the local emulator in its place. The modules below are the only
//! ones that name the SDK; they convert its types to ours and never print, prompt or decide.

use std::error::Error;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder as HttpBuilder, Connector, tls};
use aws_types::os_shim_internal::{Env, Fs};

use crate::patience::patient;
use crate::trouble::{ServiceError, Trouble};

pub(crate) mod account;
pub(crate) mod api_gateway;
pub(crate) mod cloudformation;
pub(crate) mod cloudwatch;
pub(crate) mod lambda;
pub(crate) mod logs;
#[cfg(test)]
mod recorded;
pub(crate) mod s3;
pub(crate) mod signed;
pub(crate) mod xray;

/// Attempts of one call; CloudFormation throttles whole accounts.
const ATTEMPTS: u32 = 5;
/// Doubled with each attempt, and multiplied by a random number below one.
const BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take to begin. Of all calls, uploads take longest.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

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

/// The region of the local cloud.
const LOCAL_REGION: &str = "us-east-1";

/// A connection to one environment: an account and a region.
#[derive(Debug)]
pub(crate) struct Connection {
    config: SdkConfig,
    pub(crate) account: String,
    pub(crate) region: String,
}

/// Which profile and region to use; what is absent is found as the AWS CLI finds it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    pub(crate) profile: Option<String>,
    pub(crate) region: Option<String>,
}

impl Connection {
    /// Connects as the AWS CLI would, and asks who the credentials belong to.
    ///
    /// # Errors
    ///
    /// One line each for: unknown profile, no region, no credentials, expired credentials,
    /// an endpoint that does not answer.
    pub(crate) async fn to_aws(selection: &Selection) -> anyhow::Result<Self> {
        let profile = selection
            .profile
            .clone()
            .or_else(|| std::env::var("AWS_PROFILE").ok());
        if let Some(profile) = &profile {
            check_profile(profile).await?;
        }
        // As the AWS CLI does, through the proxy that the environment names.
        let mut loader = loader(ProxyConfig::from_env());
        if let Some(profile) = &profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &selection.region {
            loader = loader.region(Region::new(region.clone()));
        }
        Self::from_config(loader.load().await, profile.as_deref()).await
    }

    /// Connects to the emulator at `endpoint`; the user's own credentials are never used there.
    pub(crate) async fn to_local(endpoint: &str) -> anyhow::Result<Self> {
        let config = loader(ProxyConfig::disabled())
            .region(Region::from_static(LOCAL_REGION))
            .endpoint_url(endpoint)
            .credentials_provider(Credentials::from_keys("test", "test", None))
            .load()
            .await;
        Self::from_config(config, None).await
    }

    async fn from_config(config: SdkConfig, profile: Option<&str>) -> anyhow::Result<Self> {
        let region = config.region().map(ToString::to_string).context(
            "no region: pass `--region`, set AWS_REGION, or add `region` to the profile",
        )?;
        let identity = aws_sdk_sts::Client::new(&config)
            .get_caller_identity()
            .send()
            .await;
        let identity = identity.map_err(|err| explain_connection(err.into(), &config, profile))?;
        let account = identity
            .account()
            .context("the caller identity has no account")?
            .to_owned();
        Ok(Self {
            config,
            account,
            region,
        })
    }

    /// When the credentials end, if they do.
    pub(crate) async fn expiry(&self) -> Option<SystemTime> {
        let provider = self.config.credentials_provider()?;
        provider.provide_credentials().await.ok()?.expiry()
    }

    /// Where a change goes, for the question before it.
    pub(crate) fn place(&self) -> String {
        format!("account {}, {}", self.account, self.region)
    }

    pub(crate) fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config)
    }

    pub(crate) fn s3(&self) -> s3::AssetBucket {
        s3::AssetBucket::new(&self.config, &self.account)
    }
}

fn loader(proxy: ProxyConfig) -> aws_config::ConfigLoader {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let http = HttpBuilder::new().build_with_connector_fn(move |settings, _| {
        let mut connector = Connector::builder().proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.tls_provider(ring.clone()).build()
    });
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(patient(CONNECT_TIMEOUT))
                .read_timeout(patient(READ_TIMEOUT))
                .build(),
        )
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(ATTEMPTS)
                .with_initial_backoff(patient(BACKOFF))
                .with_max_backoff(patient(MAX_BACKOFF)),
        )
}

async fn check_profile(profile: &str) -> anyhow::Result<()> {
    let profiles =
        aws_config::profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), None)
            .await
            .context("cannot read the AWS configuration files")?;
    if profiles.get_profile(profile).is_none() {
        let mut known: Vec<&str> = profiles.profiles().collect();
        known.sort_unstable();
        let known = match known.is_empty() {
            true => "there are none; create one with `aws configure sso`".to_owned(),
            false => format!("known profiles: {}", known.join(", ")),
        };
        anyhow::bail!("no AWS profile `{profile}`; {known}");
    }
    Ok(())
}

/// The first call of every command either works or fails for one of these reasons.
fn explain_connection(
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
