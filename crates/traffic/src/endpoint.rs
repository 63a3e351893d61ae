//! Which address may be loaded: the stack's own endpoint and no other.

use hyper::Uri;

use cfnkit_console::bail;
use cfnkit_console::error::Result;

/// The URL to post to. `asked` is an address that somebody gave, `own` the stack's output.
///
/// # Errors
///
/// `asked` is another address than `own`, or is no plain URL: one with a user or a query is not.
pub fn checked(asked: Option<&str>, own: &str) -> Result<String> {
    if let Some(asked) = asked
        && parts(asked).is_none_or(|parts_asked| parts(own) != Some(parts_asked))
    {
        bail!(
            "`{asked}` is not the endpoint of this stack, `{own}`; only a stack's own endpoint \
             is ever loaded: leave `--url` out, or choose another `--stage`"
        );
    }
    Ok(format!("{}/", own.trim_end_matches('/')))
}

/// Scheme, host, port and path; `None` for what is no plain URL.
fn parts(url: &str) -> Option<(String, String, u16, String)> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri.authority()?;
    if authority.as_str().contains('@') || uri.query().is_some() {
        return None;
    }
    let default = if scheme == "https" { 443 } else { 80 };
    let port = authority.port_u16().unwrap_or(default);
    let host = authority.host().to_ascii_lowercase();
    let path = uri.path().trim_end_matches('/').to_owned();
    Some((scheme, host, port, path))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    const OWN: &str = "https://abc.execute-api.eu-west-1.amazonaws.com/dev";

    #[test]
    fn the_stacks_own_endpoint_is_taken_however_it_is_written() {
        let expected = format!("{OWN}/");
        for asked in [
            None,
            Some("https://abc.execute-api.eu-west-1.amazonaws.com/dev/"),
            Some("HTTPS://ABC.execute-api.eu-west-1.amazonaws.com:443/dev"),
        ] {
            assert_eq!(checked(asked, OWN).unwrap(), expected);
        }
    }

    #[test]
    fn every_other_address_is_refused() {
        for asked in [
            "https://example.com/dev",
            "http://abc.execute-api.eu-west-1.amazonaws.com/dev",
            "https://abc.execute-api.eu-west-1.amazonaws.com/production",
            "https://abc.execute-api.eu-west-1.amazonaws.com:8443/dev",
            "https://abc.execute-api.eu-west-1.amazonaws.com@example.com/dev",
            "https://abc.execute-api.eu-west-1.amazonaws.com.example.com/dev",
            "https://user@abc.execute-api.eu-west-1.amazonaws.com/dev",
            "https://abc.execute-api.eu-west-1.amazonaws.com/dev?x=1",
            "abc.execute-api.eu-west-1.amazonaws.com/dev",
            "",
        ] {
            assert!(checked(Some(asked), OWN).is_err(), "{asked}");
        }
        let text = checked(Some("https://example.com"), OWN).unwrap_err();
        expect!["`https://example.com` is not the endpoint of this stack, `https://abc.execute-api.eu-west-1.amazonaws.com/dev`; only a stack's own endpoint is ever loaded: leave `--url` out, or choose another `--stage`"]
            .assert_eq(&text.to_string());
    }
}
