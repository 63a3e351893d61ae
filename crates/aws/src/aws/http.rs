//! The HTTP client of all calls, of the SDK's and of those signed by hand: its proxy, whom it
//! trusts, and its word while it waits.

use std::time::Duration;

use aws_config::profile::ProfileSet;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder as HttpBuilder, Connector};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::base64;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use ureq::http::Uri;

use crate::connection_failure::{ConnectionFailure, origin};
use crate::proxy;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_console::patience::patient;
use cfnkit_console::variable;

/// Where a word goes while something is waited for.
pub(crate) type Report = fn(&str);

/// Without a word, nothing is waited for longer; less than a connection may take.
const SILENCE: Duration = Duration::from_secs(3);
/// However little patience there is.
const LEAST_SILENCE: Duration = Duration::from_secs(1);

const PROXY_REFUSES: u16 = 407;

const BUNDLE: &str = "AWS_CA_BUNDLE";

/// How servers are reached.
#[derive(Debug, Clone)]
pub(super) struct Route {
    proxy: ProxyConfig,
    tls: TlsContext,
    report: Report,
}

/// A file of certificates, and what names it.
#[derive(Debug)]
struct Bundle {
    path: String,
    named_by: String,
}

pub(super) fn silence() -> Duration {
    patient(SILENCE).max(LEAST_SILENCE)
}

impl Route {
    /// As the AWS CLI goes: through the proxy of the environment, and with the roots that
    /// `AWS_CA_BUNDLE` or the profile's `ca_bundle` names in the place of the system's.
    pub(super) fn to_aws(profiles: Option<&ProfileSet>, report: Report) -> Result<Self> {
        let store = match Bundle::find(profiles) {
            Some(bundle) => bundle.read()?,
            None => system(),
        };
        Ok(Self {
            proxy: match proxy::is_switched_off() {
                true => ProxyConfig::disabled(),
                false => ProxyConfig::from_env(),
            },
            tls: context(store)?,
            report,
        })
    }

    pub(super) fn to_local(report: Report) -> Result<Self> {
        Ok(Self {
            proxy: ProxyConfig::disabled(),
            tls: context(TrustStore::empty())?,
            report,
        })
    }

    /// For the SDK's clients.
    pub(super) fn client(&self) -> SharedHttpClient {
        let route = self.clone();
        let inner = HttpBuilder::new()
            .build_with_connector_fn(move |settings, _| route.plain(settings.cloned()));
        SharedHttpClient::new(Watched {
            inner,
            report: self.report,
        })
    }

    /// For calls that no client of the SDK's makes.
    pub(super) fn connector(&self, settings: HttpConnectorSettings) -> SharedHttpConnector {
        SharedHttpConnector::new(Watched {
            inner: SharedHttpConnector::new(self.plain(Some(settings))),
            report: self.report,
        })
    }

    fn plain(&self, settings: Option<HttpConnectorSettings>) -> Connector {
        let mut connector = Connector::builder().proxy_config(self.proxy.clone());
        connector.set_connector_settings(settings);
        connector
            .tls_provider(tls::Provider::Rustls(
                tls::rustls_provider::CryptoMode::Ring,
            ))
            .tls_context(self.tls.clone())
            .build()
    }
}

fn context(store: TrustStore) -> Result<TlsContext> {
    let context = TlsContext::builder().with_trust_store(store).build();
    context.context("cannot set up TLS")
}

/// The client takes it for granted that there are roots.
fn system() -> TrustStore {
    let certificates = rustls_native_certs::load_native_certs().certs;
    let (valid, _) = RootCertStore::empty().add_parsable_certificates(certificates);
    match valid {
        0 => TrustStore::empty(),
        _ => TrustStore::default(),
    }
}

impl Bundle {
    fn find(profiles: Option<&ProfileSet>) -> Option<Self> {
        if let Ok(Some(path)) = variable::text(BUNDLE) {
            return Some(Self {
                path,
                named_by: BUNDLE.to_owned(),
            });
        }
        let profiles = profiles?;
        let path = profiles.get("ca_bundle").filter(|path| !path.is_empty())?;
        Some(Self {
            path: path.to_owned(),
            named_by: format!("`ca_bundle` of profile `{}`", profiles.selected_profile()),
        })
    }

    /// The client cannot live with a certificate that it does not understand; others leave it out.
    fn read(&self) -> Result<TrustStore> {
        let Self { path, named_by } = self;
        let text = std::fs::read(path)
            .with_context(|| format!("cannot read `{path}`, which {named_by} names"))?;
        let mut store = TrustStore::empty();
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(&text).flatten() {
            if RootCertStore::empty().add(certificate.clone()).is_ok() {
                let body = base64::encode(&certificate);
                let begin = "-----BEGIN CERTIFICATE-----";
                let end = "-----END CERTIFICATE-----";
                store.add_pem_certificate(format!("{begin}\n{body}\n{end}\n"));
                count += 1;
            }
        }
        if count == 0 {
            bail!("`{path}`, which {named_by} names, has no certificate (PEM)");
        }
        Ok(store)
    }
}

/// A client or a connector that says so where an answer is long in coming, and why there is none.
#[derive(Debug)]
struct Watched<T> {
    inner: T,
    report: Report,
}

impl HttpClient for Watched<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Watched {
            inner: self.inner.http_connector(settings, components),
            report: self.report,
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

impl HttpConnector for Watched<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri: Uri = request.uri().parse().unwrap_or_default();
        let report = self.report;
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = std::pin::pin!(answer);
            let answer = match tokio::time::timeout(silence(), &mut answer).await {
                Ok(answer) => answer,
                Err(_) => {
                    report(&format!("waiting for `{}`", origin(&uri)));
                    answer.await
                }
            };
            match answer {
                // Only a proxy says so, instead of the server.
                Ok(answer) if answer.status().as_u16() == PROXY_REFUSES => {
                    let failure = ConnectionFailure::of_proxy(&uri);
                    Err(ConnectorError::other(failure.into(), None))
                }
                Ok(answer) => Ok(answer),
                Err(err) => Err(explained(err, &uri)),
            }
        })
    }
}

/// The same error, of the same kind, with its reason in our words.
fn explained(err: ConnectorError, uri: &Uri) -> ConnectorError {
    let connection = err.connection_metadata().cloned();
    let (is_timeout, is_user, is_io) = (err.is_timeout(), err.is_user(), err.is_io());
    let kind = err.as_other();
    let failure = ConnectionFailure::new(uri, err.into_source()).into();
    let err = match (is_timeout, is_user, is_io) {
        (true, _, _) => ConnectorError::timeout(failure),
        (_, true, _) => ConnectorError::user(failure),
        (_, _, true) => ConnectorError::io(failure),
        _ => ConnectorError::other(failure, kind),
    };
    match connection {
        Some(connection) => err.with_connection(connection),
        None => err,
    }
}
