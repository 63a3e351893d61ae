//! Where the credentials of a connection come from, and whether they end for good.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use cfnkit_console::variable;

/// Whose credentials these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Signer {
    Profile(String),
    Environment,
    WebIdentity,
    Container,
    Instance,
}

impl fmt::Display for Signer {
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

impl Signer {
    /// By the marks that each provider leaves; `profile` is the one that is read.
    pub(super) fn of(credentials: &Credentials, profile: &str) -> Option<Self> {
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
