//! The HTTP client of all calls.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder as HttpBuilder, Connector, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub(super) fn client(proxy: ProxyConfig) -> SharedHttpClient {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    HttpBuilder::new().build_with_connector_fn(move |settings, _| {
        let mut connector = Connector::builder().proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.tls_provider(ring.clone()).build()
    })
}
