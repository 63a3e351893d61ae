//! TLS for the rig's servers. Certificates are the caller's.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};

/// What DynamoDB's endpoints offer: TLS 1.2 and 1.3, and HTTP/1.1.
pub fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Arc<ServerConfig> {
    // Named, because a process may have another default or none.
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS12, &TLS13])
        .expect("ring lacks a protocol version")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("the certificate and the key do not fit");
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
