//! The proxy that the environment names, as the HTTP clients read it.

use hyper_util::client::proxy::matcher::Matcher;
use ureq::http::Uri;

/// Whether `NO_PROXY` switches every proxy off. To the clients its `*` is no address.
pub(crate) fn is_switched_off() -> bool {
    let rules = ["NO_PROXY", "no_proxy"].map(|name| std::env::var(name).unwrap_or_default());
    let rules = rules.into_iter().find(|rules| !rules.is_empty());
    rules.is_some_and(|rules| matches_all(&rules))
}

fn matches_all(rules: &str) -> bool {
    rules.split(',').any(|rule| rule.trim() == "*")
}

/// The proxy between this machine and `uri`, without its password.
pub(crate) fn of(uri: &Uri) -> Option<String> {
    if is_switched_off() {
        return None;
    }
    let proxy = Matcher::from_env().intercept(uri)?;
    let authority = proxy.uri().authority()?.as_str();
    let place = authority.rsplit('@').next().unwrap_or(authority);
    Some(place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_of_its_own_matches_all() {
        assert!(matches_all("*"));
        assert!(matches_all("localhost, *"));
        assert!(!matches_all("*.internal,localhost"));
        assert!(!matches_all(""));
    }
}
