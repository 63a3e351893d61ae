//! Why a server could not be talked to, in one line that begins with the cause: from the types of
//! an error's causes, and from its words only where a library keeps the type to itself.

use std::error::Error;
use std::io::ErrorKind;

use rustls::CertificateError;
use ureq::http::Uri;

use crate::proxy;

/// A request that no server answered.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct ConnectionFailure {
    text: String,
    source: Box<dyn Error + Send + Sync>,
}

impl ConnectionFailure {
    pub(crate) fn new(uri: &Uri, source: Box<dyn Error + Send + Sync>) -> Self {
        let text = explain(uri, proxy::of(uri).as_deref(), &*source);
        Self { text, source }
    }

    /// What answered is the proxy and not the server.
    pub(crate) fn of_proxy(uri: &Uri) -> Self {
        let proxy = proxy::of(uri).unwrap_or_else(|| origin(uri));
        let text = proxy_refuses(&proxy);
        Self {
            source: text.clone().into(),
            text,
        }
    }
}

/// Scheme, host and port, which is all that a message needs of a request.
pub(crate) fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("http");
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{authority}")
}

fn proxy_refuses(proxy: &str) -> String {
    format!(
        "the proxy `{proxy}` wants a user and a password (HTTP 407): write them into the variable \
         that names it, as in `HTTPS_PROXY=http://user:password@{proxy}`, or leave it out with \
         NO_PROXY"
    )
}

/// An error and its causes. To `source()`, what an `io::Error` was made from is no cause.
pub(crate) fn causes<'a>(
    err: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(err), |&err| {
        let inner = err.downcast_ref::<std::io::Error>();
        match inner.and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => err.source(),
        }
    })
}

/// The first cause of a type.
pub(crate) fn cause<'a, E: Error + 'static>(err: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(err).find_map(|cause| cause.downcast_ref())
}

fn explain(uri: &Uri, proxy: Option<&str>, err: &(dyn Error + 'static)) -> String {
    let origin = origin(uri);
    let says = |text: &str| causes(err).any(|cause| cause.to_string().contains(text));
    if let Some(err) = cause::<rustls::Error>(err) {
        return explain_tls(&origin, uri.host().unwrap_or_default(), err);
    }
    if let Some(proxy) = proxy {
        // The tunnel's errors are of a type without a name.
        if says("proxy authorization required") {
            return proxy_refuses(proxy);
        }
        if says("tunnel error: unsuccessful") || says("tunnel error: unexpected end of file") {
            return format!("the proxy `{proxy}` does not let this machine through to `{origin}`");
        }
    }
    let (peer, check) = match proxy {
        Some(proxy) => (
            format!("the proxy `{proxy}`"),
            "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
        ),
        None => (
            format!("`{origin}`"),
            "check the network, the region and AWS_ENDPOINT_URL",
        ),
    };
    let ended = match uri.scheme_str() {
        Some("https") => format!("`{origin}` ended the connection without an answer"),
        _ => format!(
            "`{origin}` ended the connection without an answer, as a place for `https` does that \
             is asked in `http`"
        ),
    };
    let kind = |wanted: &[ErrorKind]| {
        let mut kinds = causes(err).filter_map(|err| err.downcast_ref::<std::io::Error>());
        kinds.any(|err| wanted.contains(&err.kind()))
    };
    // Resolvers have no kind of error of their own.
    if says("dns error") {
        return format!("the name of {peer} does not resolve; {check}");
    }
    if kind(&[ErrorKind::ConnectionRefused]) {
        return format!("{peer} refuses connections: nothing listens there; {check}");
    }
    if kind(&[ErrorKind::NetworkUnreachable, ErrorKind::HostUnreachable]) {
        return format!("no way to {peer} from this network; {check}");
    }
    if says("connect timeout") {
        return format!("no connection to {peer} in time; {check}");
    }
    if says("timeout occurred") {
        return format!("no answer from `{origin}` in time; {check}");
    }
    // A request that was still waiting for the connection tells of its end at second hand.
    let of_http = |is: fn(&hyper::Error) -> bool| {
        let mut errors = causes(err).filter_map(|err| err.downcast_ref::<hyper::Error>());
        errors.any(is)
    };
    if of_http(hyper::Error::is_parse) {
        return format!(
            "what answers at `{origin}` does not speak HTTP: the address is one for `https`, \
             or of another program; {check}"
        );
    }
    if of_http(hyper::Error::is_incomplete_message) {
        return format!("{ended}; {check}");
    }
    if kind(&[
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
        ErrorKind::UnexpectedEof,
    ]) {
        return format!("{ended}; {check}");
    }
    let innermost = causes(err).last().map(ToString::to_string);
    format!(
        "no connection to `{origin}`: {}",
        innermost.unwrap_or_default()
    )
}

fn explain_tls(origin: &str, host: &str, err: &rustls::Error) -> String {
    use rustls::Error as Tls;
    match err {
        Tls::InvalidCertificate(err) => explain_certificate(origin, host, err),
        Tls::InvalidMessage(_) => format!(
            "what answers at `{origin}` does not speak TLS: the address is one for `http`, or of \
             another program; check AWS_ENDPOINT_URL and the proxy"
        ),
        Tls::AlertReceived(alert) => {
            format!("`{origin}` refuses this machine's TLS: {alert:?}")
        }
        err => format!("no TLS with `{origin}`: {err}"),
    }
}

fn explain_certificate(origin: &str, host: &str, err: &CertificateError) -> String {
    use CertificateError as Certificate;
    match err {
        Certificate::UnknownIssuer => format!(
            "the certificate of `{origin}` is signed by an authority that is not trusted here; \
             where that is a company's own or a proxy's, name its certificates (PEM) in \
             AWS_CA_BUNDLE, or as `ca_bundle` in the profile"
        ),
        Certificate::Expired | Certificate::ExpiredContext { .. } => {
            format!("the certificate of `{origin}` has expired, or this machine's clock is wrong")
        }
        Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => format!(
            "the certificate of `{origin}` is not valid yet, or this machine's clock is wrong"
        ),
        Certificate::NotValidForName => {
            format!("the certificate of `{origin}` is not for `{host}`; check AWS_ENDPOINT_URL")
        }
        Certificate::NotValidForNameContext { presented, .. } => {
            // As in `DnsName("example.com")`.
            let names = presented.iter().filter_map(|name| name.split('"').nth(1));
            let names: Vec<&str> = names.collect();
            let names = match names.is_empty() {
                true => "others".to_owned(),
                false => names.join(", "),
            };
            format!(
                "the certificate of `{origin}` is not for `{host}` but for {names}; check \
                 AWS_ENDPOINT_URL"
            )
        }
        // In the words of what rustls is made of.
        Certificate::Other(other) => {
            let words = other.to_string();
            let reason = match words.as_str() {
                "CaUsedAsEndEntity" => "it is an authority's own, and no server's",
                words => words,
            };
            format!("the certificate of `{origin}` is not accepted: {reason}")
        }
        err => format!("the certificate of `{origin}` is not accepted: {err}"),
    }
}
