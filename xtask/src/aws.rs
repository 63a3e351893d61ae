//! Connections to AWS, or to the local emulator in its place. The modules below are the only
//! ones that name the SDK; they convert its types to ours and never print, prompt or decide.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_types::os_shim_internal::{Env, Fs};

use crate::patience::patient;

pub(crate) mod account;
pub(crate) mod api_gateway;
pub(crate) mod cloudformation;
pub(crate) mod cloudwatch;
mod error;
mod http;
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
        let identity = identity.map_err(|err| error::explain_connection(err.into(), &config, profile))?;
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
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http::client(proxy))
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
