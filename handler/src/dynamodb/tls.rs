//! TLS as this function speaks it, and which authorities DynamoDB's certificate may come from:
//! Amazon's own, built in, or those of a file that replaces them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::{ClientConfig, RootCertStore};

/// Amazon Trust Services' roots, which AWS asks clients to trust. Reading the system's whole
/// store instead would be a third of a cold start.
const AMAZON_TRUST_SERVICES: &[u8] = include_bytes!("amazon-trust-services.pem");

/// Why there can be no encrypted connection.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// It is not there.
    #[error("cannot read the CA bundle `{0}`: {1}")]
    Read(PathBuf, io::ErrorKind),
    /// It is there, and not PEM.
    #[error("the CA bundle `{0}` is not PEM")]
    NotPem(PathBuf),
    /// It holds nothing to trust.
    #[error("the CA bundle `{0}` holds no valid certificate")]
    Empty(PathBuf),
    /// The cryptography does not fit the protocol.
    #[error("cannot set up TLS")]
    Setup,
}

/// Trusts the certificates of the bundle, if there is one, or else Amazon's.
pub(super) fn client_config(bundle: Option<&Path>) -> Result<Arc<ClientConfig>, TlsError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::Setup)?
        .with_root_certificates(roots(bundle)?)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn roots(bundle: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let Some(path) = bundle else {
        // The test below reads every one of them.
        let certificates = CertificateDer::pem_slice_iter(AMAZON_TRUST_SERVICES);
        roots.add_parsable_certificates(certificates.flatten());
        return Ok(roots);
    };
    // A text about what is not PEM quotes the line, and a wrong file may be a secret one.
    let read = |err| match err {
        pem::Error::Io(err) => TlsError::Read(path.to_owned(), err.kind()),
        _ => TlsError::NotPem(path.to_owned()),
    };
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .map_err(read)?
        .collect::<Result<_, _>>()
        .map_err(read)?;
    // A bundle of a system may hold some that rustls does not read.
    let (valid, _) = roots.add_parsable_certificates(certificates);
    if valid == 0 {
        return Err(TlsError::Empty(path.to_owned()));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The five that AWS documents, by what their names end with.
    const NAMES: [&str; 5] = [
        "Amazon Root CA 1",
        "Amazon Root CA 2",
        "Amazon Root CA 3",
        "Amazon Root CA 4",
        "Starfield Services Root Certificate Authority - G2",
    ];

    #[test]
    fn amazons_roots_are_those_that_mozilla_ships() {
        let built_in: Vec<_> = CertificateDer::pem_slice_iter(AMAZON_TRUST_SERVICES)
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(roots(None).unwrap().len(), NAMES.len());
        for (certificate, name) in built_in.iter().zip(NAMES) {
            let holds = |text: &str| {
                certificate
                    .windows(text.len())
                    .any(|at| at == text.as_bytes())
            };
            assert!(holds(name), "{name}");
            assert!(
                webpki_root_certs::TLS_SERVER_ROOT_CERTS.contains(certificate),
                "{name}"
            );
        }
    }

    #[test]
    fn a_bundle_replaces_the_roots() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let text = String::from_utf8(AMAZON_TRUST_SERVICES.to_vec()).unwrap();
        let (first, _) = text.split_once("-----END").unwrap();
        std::fs::write(&path, format!("{first}-----END CERTIFICATE-----\n")).unwrap();
        assert_eq!(roots(Some(&path)).unwrap().len(), 1);
    }

    #[test]
    fn a_bundle_without_certificates_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        assert!(matches!(roots(Some(&path)), Err(TlsError::Read(..))));
        std::fs::write(&path, "nothing").unwrap();
        assert!(matches!(roots(Some(&path)), Err(TlsError::Empty(_))));
        for text in [
            "-----BEGIN s3cret",
            "-----BEGIN CERTIFICATE-----\ns3cret!\n",
        ] {
            std::fs::write(&path, text).unwrap();
            let err = roots(Some(&path)).unwrap_err();
            assert!(matches!(err, TlsError::NotPem(_)), "{err:?}");
            assert!(!crate::log::chain(&err).contains("s3cret"), "{err}");
        }
    }
}
