//! What to do about credentials that nobody has signed in for.

/// What `chain`, the causes of a failed first call, means for a profile to which a person signs
/// in with `sign_in`.
pub(super) fn advice(chain: &str, sign_in: Option<&str>) -> Option<String> {
    let sign_in = sign_in?;
    let says = |texts: &[&str]| texts.iter().any(|text| chain.contains(text));
    // The SDK's words for a file of `aws sso login` or `aws login` that is absent or of no use.
    if says(&["the SSO token has expired", "cached Login token is expired"]) {
        Some(format!("the sign-in has ended; run `{sign_in}`"))
    } else if says(&["failed to refresh cached Login token"]) {
        Some(format!("the sign-in cannot be renewed; run `{sign_in}`"))
    } else if says(&["failed to load the cached SSO token"])
        || (says(&["/sso/cache", "/login/cache"]) && says(&["failed to read"]))
    {
        Some(format!("nobody has signed in yet; run `{sign_in}`"))
    } else if says(&["cached SSO token file", "cached Login token"]) {
        Some(format!("the sign-in cannot be read; run `{sign_in}` again"))
    } else if says(&[
        "UnauthorizedException",
        "Session token not found or invalid",
    ]) {
        Some(format!(
            "the sign-in is not accepted; run `{sign_in}` again"
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_not_signed_in_is_told_how() {
        let check = |chain: &str, expected: Option<&str>| {
            let advice = advice(chain, Some("aws sso login --profile a"));
            assert_eq!(advice.as_deref(), expected, "{chain}");
        };
        check(
            "dispatch failure: other: an error occurred while loading an access token: failed to load the cached SSO token",
            Some("nobody has signed in yet; run `aws sso login --profile a`"),
        );
        check(
            "dispatch failure: other: the SSO token has expired and cannot be refreshed",
            Some("the sign-in has ended; run `aws sso login --profile a`"),
        );
        check("service error: unhandled error (AccessDenied)", None);
        assert_eq!(advice("the SSO token has expired", None), None);
    }
}
