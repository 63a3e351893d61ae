//! Connections to AWS, or to the local emulator in its place. The modules below are the only
//! ones that name the SDK; they convert its types to ours and never print, prompt or decide.

use std::time::{Duration, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};

use self::http::{Report, Route};
use self::selection::Selected;
use self::sign_in::{Kept, Process};
use self::signer::Signer;
use crate::error::Result;
use cfnkit_console::error::{Context as _, Error as Words};
use cfnkit_console::patience::{limit, patient};

pub mod account;
pub mod api_gateway;
mod clock;
pub mod cloudformation;
pub mod cloudwatch;
pub mod ec2;
mod endpoint;
pub(crate) mod http;
pub mod lambda;
pub mod logs;
mod mfa;
mod reason;
mod refusal;
pub mod s3;
mod selection;
mod settings;
mod sign_in;
mod signed;
mod signer;
mod sso;
#[cfg(test)]
mod tests;
pub mod xray;

/// Attempts of one call; CloudFormation throttles whole accounts.
const ATTEMPTS: u32 = 5;
/// Doubled with each attempt, and multiplied by a random number below one.
const BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take to begin. Of all calls, uploads take longest.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// The first call of all is answered at once, or something is wrong that a person has to mend.
const FIRST_ATTEMPTS: u32 = 3;
const FIRST_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The region of the local cloud.
const LOCAL_REGION: &str = "us-east-1";

/// A connection to one environment: an account and a region.
#[derive(Debug)]
pub struct Connection {
    config: SdkConfig,
    /// What carries the calls that no client of the SDK's makes.
    connector: SharedHttpConnector,
    /// ID of the account, 12 digits.
    pub account: String,
    /// As in `eu-central-1`.
    pub region: String,
    origin: Option<Signer>,
    /// When credentials end that nothing renews.
    end: Option<SystemTime>,
}

/// Which profile and region to use; what is absent is found as the AWS CLI finds it.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Name of a profile of AWS's configuration.
    pub profile: Option<String>,
    /// As in `eu-central-1`.
    pub region: Option<String>,
}

impl Connection {
    /// Connects as the AWS CLI would, and asks who the credentials belong to.
    ///
    /// # Errors
    ///
    /// One line each for: unknown profile, no region, no credentials, expired credentials,
    /// an endpoint that does not answer. `ask_code` is asked for a code of the device whose
    /// serial number it is given, where the profile wants one.
    pub async fn to_aws(
        selection: &Selection,
        report: Report,
        ask_code: impl FnOnce(&str) -> Result<Option<String>, Words>,
    ) -> Result<Self> {
        let selected = selection::select(selection).await?;
        let route = Route::to_aws(selected.profiles.as_ref(), report)?;
        let mut loader = loader(&route);
        if let Some(profile) = &selected.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &selection.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let config = settings::checked(loader.load().await, selection, &selected)?;
        let Some(device) = &selected.device else {
            let config = selected.apply(config);
            let (config, origin) = Self::sign_in(config, &selected, report).await?;
            return Ok(Self {
                end: origin.as_ref().and_then(Signer::end),
                origin,
                ..Self::from_config(config, &route, &selected).await?
            });
        };
        let profile = selected.profile_name();
        let code = ask_code(&device.serial)?.with_context(|| {
            format!(
                "profile `{profile}` wants a code of `{}`, and nobody can be asked; {}",
                device.serial,
                mfa::exported(profile)
            )
        })?;
        let credentials = device.assume(&config, &code).await?;
        let end = credentials.expiry();
        let provider = SharedCredentialsProvider::new(credentials);
        let config = config.into_builder().credentials_provider(provider).build();
        Ok(Self {
            origin: Some(Signer::Profile(profile.to_owned())),
            // A new code would be needed.
            end,
            ..Self::from_config(config, &route, &selected).await?
        })
    }

    /// Connects to the emulator at `endpoint`; nothing that the user set for AWS reaches it.
    ///
    /// # Errors
    ///
    /// `Error::Words`: nothing at `endpoint` answers, or what does names no account.
    pub async fn to_local(endpoint: &str, report: Report) -> Result<Self> {
        // A set without a file panics.
        let no_files = EnvConfigFiles::builder()
            .with_contents(EnvConfigFileKind::Config, "")
            .build();
        let route = Route::to_local(report);
        let config = loader(&route)
            .empty_test_environment()
            .profile_files(no_files)
            .region(Region::from_static(LOCAL_REGION))
            .endpoint_url(endpoint)
            .credentials_provider(Credentials::from_keys("test", "test", None))
            .load()
            .await;
        Self::from_config(config, &route, &Selected::default()).await
    }

    /// The same configuration, with credentials that are there and kept, and where they are from.
    async fn sign_in(
        config: SdkConfig,
        selected: &Selected,
        report: Report,
    ) -> Result<(SdkConfig, Option<Signer>)> {
        let source = config.credentials_provider().context("no credentials")?;
        let process = selected.profiles.as_ref().and_then(Process::of);
        let kept = Kept::new(source, process.clone(), report);
        let kept = SharedCredentialsProvider::new(kept);
        let first = kept.provide_credentials().await;
        let first =
            first.map_err(|err| reason::explain_sign_in(&err, process.as_ref(), selected))?;
        let origin = Signer::of(&first, selected.profile_name());
        let config = config.into_builder().credentials_provider(kept).build();
        Ok((config, origin))
    }

    async fn from_config(config: SdkConfig, route: &Route, selected: &Selected) -> Result<Self> {
        let region = config.region().map(ToString::to_string).context(
            "no region: pass `--region`, set AWS_REGION, or add `region` to the profile",
        )?;
        let first = aws_sdk_sts::config::Builder::from(&config)
            .retry_config(retries(FIRST_ATTEMPTS))
            .timeout_config(timeouts(FIRST_READ_TIMEOUT))
            .build();
        let sts = aws_sdk_sts::Client::from_conf(first);
        let identity = sts.get_caller_identity().send().await;
        let identity = identity.map_err(|err| reason::explain_connection(&err, selected))?;
        let account = identity
            .account()
            .context("the caller identity has no account")?
            .to_owned();
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(limit(CONNECT_TIMEOUT))
            .read_timeout(limit(READ_TIMEOUT));
        Ok(Self {
            connector: route.connector(settings.build()),
            config,
            account,
            region,
            origin: None,
            end: None,
        })
    }

    /// When the credentials end, if nothing renews them.
    pub fn expiry(&self) -> Option<SystemTime> {
        self.end
    }

    /// Where a change goes, for the question before it.
    pub fn place(&self) -> String {
        let origin = self.origin.as_ref();
        let origin = origin.map(|origin| format!(" ({origin})"));
        let origin = origin.unwrap_or_default();
        format!("account {}, {}{origin}", self.account, self.region)
    }

    /// A client of CloudFormation's.
    pub fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config)
    }

    /// The asset bucket, as this account's.
    pub fn s3(&self) -> s3::AssetBucket {
        s3::AssetBucket::new(&self.config, &self.account)
    }
}

fn loader(route: &Route) -> aws_config::ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(route.client())
        .timeout_config(timeouts(READ_TIMEOUT))
        .retry_config(retries(ATTEMPTS))
}

fn timeouts(read: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(limit(CONNECT_TIMEOUT))
        .read_timeout(limit(read))
        .build()
}

fn retries(attempts: u32) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(patient(BACKOFF))
        .with_max_backoff(patient(MAX_BACKOFF))
}
