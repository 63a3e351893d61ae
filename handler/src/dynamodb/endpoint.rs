//! Where DynamoDB is. What is wrong with an address or with what is asked for together can never
//! work, so it is said while the function starts, and nothing of an address is quoted: it may
//! hold a password.

use std::str::FromStr;

use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_types::endpoint_config::AccountIdEndpointMode;
use futures_util::FutureExt as _;
use http::uri::Uri;
use rustls::pki_types::ServerName;

/// A region's name has at most this many bytes, as every label of a host's.
const MAX_LABEL_BYTES: usize = 63;

/// Which of DynamoDB's endpoints is asked for.
#[derive(Clone, Debug)]
pub struct Location {
    /// The table's region.
    pub region: RegionName,
    /// Another endpoint than the region's.
    pub endpoint: Option<EndpointUrl>,
    /// Whether it has to be one with cryptography validated for FIPS 140.
    pub use_fips: bool,
    /// Whether it has to be one that speaks IPv6 as well.
    pub use_dual_stack: bool,
    /// Whether endpoints with the account's id in their name may be used.
    pub account_id_endpoint_mode: AccountIdEndpointMode,
}

/// A region's name by its form, such as `eu-central-1`; whether AWS has such a region shows when
/// it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionName(String);

/// An `http://` or `https://` URL of a host, perhaps with a port and a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl(String);

/// Why a text is not an endpoint or a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Above all `host:port`, which is no URL.
    #[error("it has to begin with http:// or https://")]
    Scheme,
    /// What follows does not name one host, and no port or a valid one.
    #[error("it has to be a URL with a host, and a port from 1 to 65535 if any")]
    Host,
    /// They would be in every place where the address is.
    #[error("it must not hold a user name or a password")]
    Credentials,
    /// Neither would be sent.
    #[error("it must have neither query nor fragment")]
    Query,
    /// Blanks, capitals, underscores, a name in another order.
    #[error("it has to be a region's name such as eu-central-1")]
    Region,
}

/// Settings that are right one by one and cannot be had together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// FIPS is a promise of AWS's own endpoints.
    #[error("a FIPS endpoint and an endpoint URL exclude each other")]
    FipsUrl,
    /// As is dual stack.
    #[error("a dual-stack endpoint and an endpoint URL exclude each other")]
    DualStackUrl,
    /// Lambda's variables do not tell a function its account.
    #[error("endpoints with an account id cannot be required, for a function is not told its own")]
    AccountId,
    /// Or not this kind of.
    #[error("DynamoDB has no such endpoint in this region")]
    None,
}

impl Location {
    /// The address that every request goes to, found as the client finds it.
    pub(super) fn resolve(&self) -> Result<Uri, LocationError> {
        let url = self.endpoint.as_ref().map(|url| url.0.clone());
        let mode = self.account_id_endpoint_mode.to_string();
        let params = Params::builder()
            .region(self.region.0.clone())
            .set_endpoint(url)
            .use_fips(self.use_fips)
            .use_dual_stack(self.use_dual_stack)
            .account_id_endpoint_mode(mode)
            .build()
            .map_err(|_| self.refusal())?;
        // The rules are in the program, so there is nothing to wait for.
        let resolver = DefaultResolver::new();
        let resolved = resolver.resolve_endpoint(&params).now_or_never();
        let endpoint = resolved.and_then(Result::ok);
        let address = endpoint.and_then(|endpoint| endpoint.url().parse().ok());
        address.ok_or_else(|| self.refusal())
    }

    /// The resolver's reasons are texts, of which this is the part that can be known.
    fn refusal(&self) -> LocationError {
        if self.endpoint.is_some() && self.use_fips {
            LocationError::FipsUrl
        } else if self.endpoint.is_some() && self.use_dual_stack {
            LocationError::DualStackUrl
        } else if matches!(
            self.account_id_endpoint_mode,
            AccountIdEndpointMode::Required
        ) {
            LocationError::AccountId
        } else {
            LocationError::None
        }
    }
}

impl RegionName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EndpointUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RegionName {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        // The SDK's name for a DynamoDB on this machine.
        if text == "local" || is_region(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(AddressError::Region)
    }
}

/// Words in small letters and a number: `us-gov-west-1`. Names with `fips` in them are pseudo
/// regions of older SDKs, which have a setting for that now.
fn is_region(text: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && word != "fips"
    };
    let Some((words, number)) = text.rsplit_once('-') else {
        return false;
    };
    text.len() <= MAX_LABEL_BYTES
        && words.contains('-')
        && words.split('-').all(is_word)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

impl FromStr for EndpointUrl {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Scheme)?;
        // It means the same in capitals, which the client does not know.
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(AddressError::Scheme);
        }
        // Looked for in the text, because a parsed URL no longer has every one of them.
        if rest.contains(['?', '#']) {
            return Err(AddressError::Query);
        }
        let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(AddressError::Credentials);
        }
        let url = format!("{scheme}://{rest}");
        let uri: Uri = url.parse().map_err(|_| AddressError::Host)?;
        let authority = uri.authority().ok_or(AddressError::Host)?;
        let port = authority.as_str().strip_prefix(authority.host());
        let has_valid_port = match port {
            Some("") => true,
            Some(_) => authority.port_u16().is_some_and(|port| port > 0),
            None => false,
        };
        if !has_valid_port || ServerName::try_from(bare(authority.host())).is_err() {
            return Err(AddressError::Host);
        }
        Ok(Self(url))
    }
}

/// A host without the brackets that an IPv6 address has in a URL.
pub(super) fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_url(text: &str, expected: Result<&str, AddressError>) {
        let url = text.parse::<EndpointUrl>();
        let url = url.as_ref().map(EndpointUrl::as_str).map_err(|err| *err);
        assert_eq!(url, expected, "{text}");
    }

    #[test]
    fn an_endpoint_is_a_url_of_a_host() {
        for text in [
            "http://127.0.0.1:8000",
            "http://localhost",
            "https://dynamodb.eu-central-1.amazonaws.com/",
            "https://[::1]:8000",
            "http://dynamodb_local:8000",
            "https://gateway.example/dynamodb",
        ] {
            check_url(text, Ok(text));
        }
        check_url("HTTPS://localhost", Ok("https://localhost"));
        for (text, expected) in [
            ("127.0.0.1:8000", AddressError::Scheme),
            ("localhost", AddressError::Scheme),
            ("http:/localhost", AddressError::Scheme),
            ("ftp://localhost", AddressError::Scheme),
            (" http://localhost", AddressError::Scheme),
            ("//localhost", AddressError::Scheme),
            ("http://", AddressError::Host),
            ("http:///path", AddressError::Host),
            ("http://:8000", AddressError::Host),
            ("http://localhost:", AddressError::Host),
            ("http://localhost:0", AddressError::Host),
            ("http://localhost:65536", AddressError::Host),
            ("http://local host", AddressError::Host),
            ("http://localhost ", AddressError::Host),
            ("http://-", AddressError::Host),
            ("http://[::1", AddressError::Host),
            ("http://[::x]", AddressError::Host),
            ("https://user:s3cret@localhost", AddressError::Credentials),
            ("https://s3cret@localhost", AddressError::Credentials),
            ("https://localhost?key=s3cret", AddressError::Query),
            ("https://localhost/#s3cret", AddressError::Query),
        ] {
            check_url(text, Err(expected));
        }
    }

    #[test]
    fn a_region_has_a_form() {
        for text in [
            "us-east-1",
            "eu-central-2",
            "us-gov-west-1",
            "us-isob-east-1",
            "eusc-de-east-1",
            "local",
        ] {
            assert!(text.parse::<RegionName>().is_ok(), "{text}");
        }
        for text in [
            "us-east-1 ",
            " us-east-1",
            "us_east_1",
            "EU-CENTRAL-1",
            "eu-central",
            "eu-central-",
            "eu--central-1",
            "-central-1",
            "eu-1",
            "frankfurt",
            "us-east-1a",
            "fips-us-east-1",
            "us-east-1-fips",
            "us-east-1.evil.example",
            "us-east-1/",
            "",
        ] {
            assert!(text.parse::<RegionName>().is_err(), "{text}");
        }
    }

    fn location(region: &str) -> Location {
        Location {
            region: region.parse().unwrap(),
            endpoint: None,
            use_fips: false,
            use_dual_stack: false,
            account_id_endpoint_mode: AccountIdEndpointMode::Disabled,
        }
    }

    #[test]
    fn the_region_and_its_settings_name_the_endpoint() {
        let check = |location: &Location, expected: Result<&str, LocationError>| {
            let found = location.resolve();
            let found = found.as_ref().map(Uri::host).map_err(|err| *err);
            assert_eq!(found, expected.map(Some), "{location:?}");
        };
        let plain = location("us-east-1");
        check(&plain, Ok("dynamodb.us-east-1.amazonaws.com"));
        let fips = Location {
            use_fips: true,
            ..plain.clone()
        };
        check(&fips, Ok("dynamodb-fips.us-east-1.amazonaws.com"));
        let dual_stack = Location {
            use_dual_stack: true,
            ..plain.clone()
        };
        check(&dual_stack, Ok("dynamodb.us-east-1.api.aws"));
        let preferred = Location {
            account_id_endpoint_mode: AccountIdEndpointMode::Preferred,
            ..plain.clone()
        };
        check(&preferred, Ok("dynamodb.us-east-1.amazonaws.com"));
        let required = Location {
            account_id_endpoint_mode: AccountIdEndpointMode::Required,
            ..plain.clone()
        };
        check(&required, Err(LocationError::AccountId));

        let url = "http://127.0.0.1:8000".parse::<EndpointUrl>().ok();
        for (location, expected) in [
            (plain, Ok("127.0.0.1")),
            (required, Ok("127.0.0.1")),
            (fips, Err(LocationError::FipsUrl)),
            (dual_stack, Err(LocationError::DualStackUrl)),
        ] {
            let location = Location {
                endpoint: url.clone(),
                ..location
            };
            check(&location, expected);
        }
        let isolated = Location {
            use_dual_stack: true,
            ..location("us-isob-east-1")
        };
        assert!(isolated.resolve().is_ok() || isolated.resolve() == Err(LocationError::None));
    }
}
