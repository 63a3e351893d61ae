//! The variables that Lambda and the template set, as values.

use std::env::{self, VarError};
use std::error::Error;
use std::path::PathBuf;
use std::str::FromStr;

use handler::dynamodb::Settings;
use handler::dynamodb::endpoint::Location;
use handler::xray;

/// What is wrong with a variable. It names the variable and never what is in it: that may be a
/// secret, or one in the wrong place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VariableError {
    #[error("environment variable `{0}` is not set or empty")]
    Unset(&'static str),
    #[error("environment variable `{0}` is not valid Unicode")]
    NotUnicode(&'static str),
    #[error("environment variable `{0}` is not valid")]
    Invalid(&'static str, #[source] Box<dyn Error>),
}

/// Everything the table is reached with; the optional variables have the SDK's names and meaning.
pub(crate) fn settings() -> Result<Settings, VariableError> {
    Ok(Settings {
        table_name: required("TABLE_NAME")?,
        location: location()?,
        access_key_id: required("AWS_ACCESS_KEY_ID")?,
        secret_access_key: required("AWS_SECRET_ACCESS_KEY")?,
        session_token: optional("AWS_SESSION_TOKEN")?,
        ca_bundle: first(["AWS_CA_BUNDLE", "SSL_CERT_FILE"], optional)?.map(PathBuf::from),
        xray: optional("AWS_XRAY_DAEMON_ADDRESS")?
            .as_deref()
            .and_then(xray::Daemon::at),
    })
}

fn location() -> Result<Location, VariableError> {
    const REGION: &str = "AWS_REGION";
    const MODE: &str = "AWS_ACCOUNT_ID_ENDPOINT_MODE";
    let endpoint = match flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")? {
        true => None,
        false => first(["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"], parsed)?,
    };
    let account_id_endpoint_mode = match optional(MODE)? {
        // Of the SDK's error, the text quotes the value.
        Some(mode) => mode.parse().map_err(|_| {
            VariableError::Invalid(MODE, "it has to be preferred, disabled or required".into())
        })?,
        None => Default::default(),
    };
    Ok(Location {
        region: parsed(REGION)?.ok_or(VariableError::Unset(REGION))?,
        endpoint,
        use_fips: flag("AWS_USE_FIPS_ENDPOINT")?,
        use_dual_stack: flag("AWS_USE_DUALSTACK_ENDPOINT")?,
        account_id_endpoint_mode,
    })
}

/// As AWS's SDKs read it.
fn flag(name: &'static str) -> Result<bool, VariableError> {
    let text = optional(name)?;
    match text.as_deref() {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(VariableError::Invalid(
            name,
            "it has to be true or false".into(),
        )),
    }
}

pub(crate) fn required(name: &'static str) -> Result<String, VariableError> {
    optional(name)?.ok_or(VariableError::Unset(name))
}

/// The value of the first variable that is set.
fn first<T, const N: usize>(
    names: [&'static str; N],
    read: impl Fn(&'static str) -> Result<Option<T>, VariableError>,
) -> Result<Option<T>, VariableError> {
    for name in names {
        if let Some(value) = read(name)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// A value whose type says in words of its own what is wrong with it.
pub(crate) fn parsed<T: FromStr<Err: Error + 'static>>(
    name: &'static str,
) -> Result<Option<T>, VariableError> {
    let parse = |text: String| text.parse();
    let value = optional(name)?.map(parse).transpose();
    value.map_err(|err: T::Err| VariableError::Invalid(name, err.into()))
}

pub(crate) fn optional(name: &'static str) -> Result<Option<String>, VariableError> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(Some(value)),
        Ok(_) | Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(VariableError::NotUnicode(name)),
    }
}
