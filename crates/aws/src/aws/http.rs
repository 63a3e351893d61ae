//! The HTTP client of all calls, of the SDK's and of those signed by hand: its proxy, whom it
//! trusts, and its word while it waits.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::profile::ProfileSet;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
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
    /// Who is trusted; `None` is whom the system trusts.
    store: Option<TrustStore>,
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
        let bundle = Bundle::find(profiles);
        let store = bundle.map(|bundle| bundle.read()).transpose()?;
        Ok(Self {
            proxy: match proxy::is_switched_off() {
                true => ProxyConfig::disabled(),
                false => ProxyConfig::from_env(),
            },
            store,
            report,
        })
    }

    pub(super) fn to_local(report: Report) -> Self {
        Self {
            proxy: ProxyConfig::disabled(),
            store: Some(TrustStore::empty()),
            report,
        }
    }

    /// For the SDK's clients.
    pub(super) fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Client {
            route: self.clone(),
            connectors: Mutex::default(),
        })
    }

    /// For calls that no client of the SDK's makes.
    pub(super) fn connector(&self, settings: HttpConnectorSettings) -> SharedHttpConnector {
        SharedHttpConnector::new(Watched {
            route: self.clone(),
            settings,
            plain: OnceLock::new(),
            secure: OnceLock::new(),
        })
    }

    fn builder(&self, settings: &HttpConnectorSettings) -> ConnectorBuilder {
        let mut builder = Connector::builder().proxy_config(self.proxy.clone());
        builder.set_connector_settings(Some(settings.clone()));
        builder
    }

    fn secure(&self, settings: &HttpConnectorSettings) -> Result<SharedHttpConnector> {
        let store = self.store.clone().unwrap_or_else(system);
        let context = TlsContext::builder().with_trust_store(store).build();
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let builder = self.builder(settings).tls_provider(provider);
        let context = context.context("cannot set up TLS")?;
        Ok(SharedHttpConnector::new(
            builder.tls_context(context).build(),
        ))
    }
}

/// The client takes it for granted that there are roots.
fn system() -> TrustStore {
    let mut certificates = rustls_native_certs::load_native_certs().certs.into_iter();
    match certificates.any(|one| RootCertStore::empty().add(one).is_ok()) {
        true => TrustStore::default(),
        false => TrustStore::empty(),
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

/// Has a connector for each of the timeouts that the SDK's clients ask for, which they share.
#[derive(Debug)]
struct Client {
    route: Route,
    connectors: Mutex<HashMap<Timeouts, SharedHttpConnector>>,
}

/// To connect, and to read.
type Timeouts = (Option<Duration>, Option<Duration>);

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let connectors = self.connectors.lock();
        let mut connectors = connectors.unwrap_or_else(PoisonError::into_inner);
        let connector = connectors.entry(timeouts);
        let connector = connector.or_insert_with(|| self.route.connector(settings.clone()));
        connector.clone()
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some("1.x".into())))
    }
}

/// A connector that says so where an answer is long in coming, and why there is none. It sets up
/// TLS for the first address that needs it: all that the system trusts is read for that.
#[derive(Debug)]
struct Watched {
    route: Route,
    settings: HttpConnectorSettings,
    plain: OnceLock<SharedHttpConnector>,
    secure: OnceLock<SharedHttpConnector>,
}

impl Watched {
    fn connector(&self, uri: &Uri) -> Result<&SharedHttpConnector> {
        // A proxy may want TLS itself.
        if uri.scheme_str() == Some("http") && proxy::of(uri).is_none() {
            let build = || self.route.builder(&self.settings).build_http();
            return Ok(self.plain.get_or_init(|| SharedHttpConnector::new(build())));
        }
        if let Some(secure) = self.secure.get() {
            return Ok(secure);
        }
        let secure = self.route.secure(&self.settings)?;
        Ok(self.secure.get_or_init(|| secure))
    }
}

impl HttpConnector for Watched {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri: Uri = request.uri().parse().unwrap_or_default();
        let report = self.route.report;
        let answer = match self.connector(&uri) {
            Ok(connector) => connector.call(request),
            Err(err) => {
                let err = ConnectorError::user(err.into());
                return HttpConnectorFuture::ready(Err(err));
            }
        };
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
