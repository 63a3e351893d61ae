//! The region and the endpoints that a person set, looked at before they are used: the SDK passes
//! over some that are wrong, and panics at others.

use aws_config::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use ureq::http::Uri;

use super::Selection;
use super::endpoint::{self, VARIABLE};
use super::selection::Selected;
use cfnkit_console::bail;
use cfnkit_console::error::Result;
use cfnkit_console::variable;

/// The services that those who provide credentials call, by clients of their own.
const OF_SIGN_IN: [&str; 4] = ["STS", "SSO", "SSO OIDC", "Signin"];

/// The other services that are called here.
const SERVICES: [&str; 10] = [
    "CloudFormation",
    "S3",
    endpoint::API_GATEWAY.id,
    endpoint::CLOUDTRAIL.id,
    endpoint::CLOUDWATCH.id,
    endpoint::EC2.id,
    endpoint::LAMBDA.id,
    endpoint::LOGS.id,
    endpoint::SERVICE_QUOTAS.id,
    endpoint::XRAY.id,
];

/// `config` without empty endpoints.
///
/// # Errors
///
/// A region or an endpoint that is none.
pub(super) fn checked(
    config: SdkConfig,
    selection: &Selection,
    selected: &Selected,
) -> Result<SdkConfig> {
    let profile = selected.profile_name();
    if let Some(region) = config.region() {
        check_region(region.as_ref(), || region_source(selection, profile))?;
    }
    for service in OF_SIGN_IN {
        let url = endpoint::setting(&config, service);
        // Those clients read the files themselves, and panic at it.
        if url.is_some_and(|url| url.trim().is_empty()) && selected.calls_to_sign_in {
            bail!(
                "an `endpoint_url` of profile `{profile}` is empty, and signing in calls {service}; \
                 remove it or write a URL"
            );
        }
    }
    let config = without_empty_endpoints(config);
    for service in OF_SIGN_IN.into_iter().chain(SERVICES) {
        let Some(url) = endpoint::setting(&config, service) else {
            continue;
        };
        check_url(&url, || endpoint_source(service, profile))?;
    }
    Ok(config)
}

fn check_region(region: &str, source: impl FnOnce() -> String) -> Result<()> {
    let may_be = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_region = region.chars().all(may_be)
        && !region.is_empty()
        && !region.starts_with('-')
        && !region.ends_with('-');
    if is_region {
        return Ok(());
    }
    let meant = region.trim().to_lowercase().replace('_', "-");
    let meant = match meant.is_empty() || !meant.chars().all(may_be) {
        true => "a region is written as `us-east-1`".to_owned(),
        false => format!("did you mean `{meant}`?"),
    };
    bail!("`{region}` of {} is no region; {meant}", source())
}

fn region_source(selection: &Selection, profile: &str) -> String {
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let set = variables
        .iter()
        .find(|name| variable::value(name).is_some());
    match (&selection.region, set) {
        (Some(_), _) => "`--region`".to_owned(),
        (None, Some(name)) => (*name).to_owned(),
        (None, None) => format!("profile `{profile}`"),
    }
}

fn check_url(url: &str, source: impl FnOnce() -> String) -> Result<()> {
    let is_url = url.parse::<Uri>().is_ok_and(|uri| {
        let has_port = |authority: &str| authority.rsplit(':').next().unwrap_or_default().len();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        // An address in brackets has colons of its own.
        let names_port = authority.contains(':') && !authority.ends_with(']');
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
            && (!names_port || (uri.port_u16().is_some() && has_port(authority) > 0))
    });
    match is_url {
        true => Ok(()),
        false => bail!(
            "`{url}` of {} is no URL; write it as `https://cloudformation.us-east-1.amazonaws.com` \
             or leave it out",
            source()
        ),
    }
}

fn endpoint_source(service: &str, profile: &str) -> String {
    let service = service.to_uppercase().replace(' ', "_");
    let own = format!("{VARIABLE}_{service}");
    if variable::value(&own).is_some() {
        own
    } else if variable::value(VARIABLE).is_some() {
        VARIABLE.to_owned()
    } else {
        format!("`endpoint_url` of profile `{profile}`")
    }
}

fn without_empty_endpoints(config: SdkConfig) -> SdkConfig {
    let filled = Filled(config.clone());
    config.into_builder().service_config(filled).build()
}

/// What is set for a service, unless it is empty.
#[derive(Debug)]
struct Filled(SdkConfig);

impl LoadServiceConfig for Filled {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let value = self.0.service_config()?.load_config(key)?;
        (!value.trim().is_empty()).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn a_region_that_is_none_is_named_with_who_set_it() {
        let check = |region: &str, expected: Expect| {
            let err = check_region(region, || "AWS_REGION".to_owned()).unwrap_err();
            expected.assert_eq(&err.to_string());
        };
        check(
            "us-east-1 ",
            expect!["`us-east-1 ` of AWS_REGION is no region; did you mean `us-east-1`?"],
        );
        check(
            "US_EAST_1",
            expect!["`US_EAST_1` of AWS_REGION is no region; did you mean `us-east-1`?"],
        );
        check(
            "a/b",
            expect!["`a/b` of AWS_REGION is no region; a region is written as `us-east-1`"],
        );
        for region in ["eu-west-1", "us-gov-west-1", "local"] {
            check_region(region, String::new).unwrap();
        }
    }

    #[test]
    fn an_endpoint_that_is_none_is_named_with_who_set_it() {
        let check = |url: &str| check_url(url, || VARIABLE.to_owned());
        for wrong in [
            "foo",
            "http://[",
            "127.0.0.1:4566",
            "ftp://a",
            "http://a b",
            "http://a:99999",
        ] {
            let text = check(wrong).unwrap_err().to_string();
            let begin = format!("`{wrong}` of AWS_ENDPOINT_URL is no URL; ");
            assert!(text.starts_with(&begin), "{text}");
        }
        for right in [
            "http://127.0.0.1:4566",
            "https://a/b",
            "http://[::1]",
            "http://[::1]:80",
        ] {
            check(right).unwrap();
        }
    }
}
