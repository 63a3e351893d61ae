//! The plain HTTP client, for what no SDK crate here calls.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use cfnkit_console::variable;

/// A client for `url` that takes every status as an answer. What is on this machine is asked
/// without a proxy.
pub(crate) fn agent(url: &str, timeout: Duration) -> ureq::Agent {
    let builder = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false);
    if url.starts_with("http://") {
        return builder.proxy(None).build().into();
    }
    // The system's roots, as the SDK uses them: behind a proxy that opens TLS they hold its root.
    // What the user trusts AWS's other hosts by holds for this one, too.
    let roots: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .chain(&bundle())
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .build();
    builder.tls_config(tls).build().into()
}

/// That it cannot be read is told where the account is connected to.
fn bundle() -> Vec<CertificateDer<'static>> {
    let path = variable::value("AWS_CA_BUNDLE");
    let certificates = path.and_then(|path| CertificateDer::pem_file_iter(path).ok());
    certificates.into_iter().flatten().flatten().collect()
}
