//! Credentials, asked for once: where they come from may be a program, a browser or a second
//! factor, and the calls are many.

use std::time::{Duration, SystemTime};

use aws_config::profile::ProfileSet;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::Mutex;

use super::http::{Report, silence};
use cfnkit_console::patience::patient;

/// A person may have to do something meanwhile.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Credentials that end so soon are asked for again.
const REMAINDER: Duration = Duration::from_secs(60);

/// So many profiles may stand behind one another.
const PROFILES: usize = 8;

/// A program that a profile names for its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    profile: String,
    /// Without its arguments, which may be secret.
    program: String,
}

impl Process {
    /// The one behind the selected profile, or behind those that it takes its credentials from.
    pub(super) fn of(profiles: &ProfileSet) -> Option<Self> {
        let mut name = profiles.selected_profile().to_owned();
        for _ in 0..PROFILES {
            let profile = profiles.get_profile(&name)?;
            if let Some(command) = profile.get("credential_process") {
                let program = command.split_whitespace().next().unwrap_or_default();
                return Some(Self {
                    profile: name,
                    program: program.to_owned(),
                });
            }
            name = profile.get("source_profile")?.to_owned();
        }
        None
    }
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { profile, program } = self;
        write!(
            f,
            "`{program}`, the `credential_process` of profile `{profile}`"
        )
    }
}

/// Credentials that are kept while they last.
#[derive(Debug)]
pub(super) struct Kept {
    source: SharedCredentialsProvider,
    process: Option<Process>,
    report: Report,
    kept: Mutex<Option<Credentials>>,
}

impl Kept {
    pub(super) fn new(
        source: SharedCredentialsProvider,
        process: Option<Process>,
        report: Report,
    ) -> Self {
        Self {
            source,
            process,
            report,
            kept: Mutex::default(),
        }
    }

    async fn get(&self) -> Result<Credentials, CredentialsError> {
        let mut kept = self.kept.lock().await;
        let now = SystemTime::now();
        let lasts = |credentials: &&Credentials| {
            let expiry = credentials.expiry();
            expiry.is_none_or(|expiry| expiry > now + REMAINDER)
        };
        if let Some(credentials) = kept.as_ref().filter(lasts) {
            return Ok(credentials.clone());
        }
        let credentials = self.ask().await?;
        *kept = Some(credentials.clone());
        Ok(credentials)
    }

    async fn ask(&self) -> Result<Credentials, CredentialsError> {
        let limit = patient(TIMEOUT).max(silence());
        let asked = tokio::time::timeout(limit, self.source.provide_credentials());
        let mut asked = std::pin::pin!(asked);
        let answer = match tokio::time::timeout(silence(), &mut asked).await {
            Ok(answer) => answer,
            Err(_) => {
                let whom = self.process.as_ref().map(ToString::to_string);
                let whom = whom.unwrap_or_else(|| "the credentials".to_owned());
                (self.report)(&format!("waiting for {whom}"));
                asked.await
            }
        };
        answer.map_err(|_| CredentialsError::provider_timed_out(limit))?
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}
