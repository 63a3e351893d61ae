//! A role that is assumed with a code of a device (`mfa_serial`), which the SDK does not do.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::profile::Profile;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::reason::readable;
use super::selection;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};

/// What a profile says of its role and its device.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) serial: String,
    role_arn: String,
    source: Source,
    external_id: Option<String>,
    session_name: Option<String>,
    seconds: Option<i32>,
}

/// Who assumes the role.
#[derive(Debug)]
enum Source {
    Profile(String),
    Keys(Credentials),
    Environment,
    Container,
    Instance,
}

/// What a person does who cannot be asked here.
pub(super) fn exported(profile: &str) -> String {
    format!(
        "run `eval \"$(aws configure export-credentials --profile {profile} --format env)\"` first"
    )
}

impl Device {
    /// The device of `profile`, where it has one.
    pub(super) fn of(profile: &Profile) -> Result<Option<Self>> {
        let text = |key: &str| profile.get(key).map(ToOwned::to_owned);
        let (Some(serial), Some(role_arn)) = (text("mfa_serial"), text("role_arn")) else {
            return Ok(None);
        };
        let name = profile.name();
        let source = match (
            profile.get("source_profile"),
            profile.get("credential_source"),
        ) {
            (Some(source), None) if source == name => {
                let keys = text("aws_access_key_id").zip(text("aws_secret_access_key"));
                let (id, secret) = keys
                    .with_context(|| format!("profile `{name}` is its own source without keys"))?;
                Source::Keys(Credentials::from_keys(
                    id,
                    secret,
                    text("aws_session_token"),
                ))
            }
            (Some(source), None) => Source::Profile(source.to_owned()),
            (None, Some("Environment")) => Source::Environment,
            (None, Some("EcsContainer")) => Source::Container,
            (None, Some("Ec2InstanceMetadata")) => Source::Instance,
            _ => bail!(
                "profile `{name}` has a role and not one source for it; give it \
                 `source_profile` or `credential_source`"
            ),
        };
        let seconds = text("duration_seconds").map(|seconds| {
            let parsed = seconds.parse();
            parsed.with_context(|| format!("`duration_seconds` of profile `{name}` is no number"))
        });
        Ok(Some(Self {
            serial,
            role_arn,
            source,
            external_id: text("external_id"),
            session_name: text("role_session_name"),
            seconds: seconds.transpose()?,
        }))
    }

    /// Credentials of the role, for the time that the profile or the role allows.
    pub(super) async fn assume(&self, config: &SdkConfig, code: &str) -> Result<Credentials> {
        let config = config
            .to_builder()
            .credentials_provider(self.source(config))
            .build();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let unique = format!("xtask-{}", now.unwrap_or_default().as_secs());
        let sts = aws_sdk_sts::Client::new(&config);
        let answer = sts
            .assume_role()
            .role_arn(&self.role_arn)
            .role_session_name(self.session_name.as_deref().unwrap_or(&unique))
            .serial_number(&self.serial)
            .token_code(code)
            .set_external_id(self.external_id.clone())
            .set_duration_seconds(self.seconds)
            .send()
            .await
            .map_err(readable)
            .with_context(|| {
                format!(
                    "cannot assume role `{}` with this code of `{}`",
                    self.role_arn, self.serial
                )
            })?;
        let given = answer
            .credentials
            .context("the answer to AssumeRole has no credentials")?;
        let end = SystemTime::try_from(given.expiration).ok();
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            end,
            "mfa",
        ))
    }

    fn source(&self, config: &SdkConfig) -> SharedCredentialsProvider {
        let settings = selection::provider_config(config);
        match &self.source {
            Source::Profile(profile) => {
                SharedCredentialsProvider::new(selection::of_profile(&settings, profile))
            }
            Source::Keys(keys) => SharedCredentialsProvider::new(keys.clone()),
            Source::Environment => {
                SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
            }
            Source::Container => SharedCredentialsProvider::new(selection::of_container(&settings)),
            Source::Instance => SharedCredentialsProvider::new(selection::of_instance(&settings)),
        }
    }
}
