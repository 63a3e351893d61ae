//! Where the credentials of a connection come from, and whether they end for good.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use cfnkit_console::variable;

/// Whose credentials these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Profile(String),
    Environment,
    WebIdentity,
    Container,
    Instance,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(name) => write!(f, "profile `{name}`"),
            Self::Environment => f.write_str("keys of the environment"),
            Self::WebIdentity => f.write_str("web identity"),
            Self::Container => f.write_str("the container's role"),
            Self::Instance => f.write_str("the machine's role"),
        }
    }
}

impl Origin {
    /// By the marks that each provider leaves; `profile` is the one that is read.
    fn of(credentials: &Credentials, profile: &str) -> Option<Self> {
        let features = credentials.get_property::<Vec<Feature>>()?;
        let has = |feature: &Feature| features.contains(feature);
        // The credentials of a profile carry the marks of its source, too.
        if has(&Feature::CredentialsProfile) {
            Some(Self::Profile(profile.to_owned()))
        } else if has(&Feature::CredentialsEnvVars) {
            Some(Self::Environment)
        } else if has(&Feature::CredentialsProfileStsWebIdToken) {
            Some(Self::WebIdentity)
        } else if has(&Feature::CredentialsHttp) {
            Some(Self::Container)
        } else if has(&Feature::CredentialsImds) {
            Some(Self::Instance)
        } else {
            None
        }
    }

    /// When credentials end that nothing renews. All others are asked for again where they came
    /// from, each time they are about to end.
    pub(super) fn end(&self) -> Option<SystemTime> {
        match self {
            // What `aws configure export-credentials` sets beside the keys.
            Self::Environment => {
                let end = variable::text("AWS_CREDENTIAL_EXPIRATION").ok()??;
                let end = DateTime::from_str(&end, Format::DateTimeWithOffset).ok()?;
                SystemTime::try_from(end).ok()
            }
            _ => None,
        }
    }
}

/// The origin of the credentials, known once there were some.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<OnceLock<Origin>>);

impl Seen {
    pub(super) fn origin(&self) -> Option<Origin> {
        self.0.get().cloned()
    }

    /// `config`, whose credentials are looked at. Asking for them twice could start a program or
    /// a call twice.
    pub(super) fn watch(&self, config: SdkConfig, profile: &str) -> SdkConfig {
        let Some(inner) = config.credentials_provider() else {
            return config;
        };
        let watched = Watched {
            inner,
            profile: profile.to_owned(),
            seen: self.clone(),
        };
        let provider = SharedCredentialsProvider::new(watched);
        config.into_builder().credentials_provider(provider).build()
    }
}

#[derive(Debug)]
struct Watched {
    inner: SharedCredentialsProvider,
    profile: String,
    seen: Seen,
}

impl Watched {
    async fn credentials(&self) -> provider::Result {
        let credentials = self.inner.provide_credentials().await?;
        if let Some(origin) = Origin::of(&credentials, &self.profile) {
            self.seen.0.get_or_init(|| origin);
        }
        Ok(credentials)
    }
}

impl ProvideCredentials for Watched {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.inner.fallback_on_interrupt()
    }
}
