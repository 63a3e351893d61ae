//! Certificates as AWS's endpoints have them: RSA with 2048 bits, an intermediate between root
//! and leaf. Made anew for each run; no key is ever written to disk.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// The name that every variant calls the store by.
const HOST: &str = "localhost";

/// Writes the root's certificate to `bundle` and returns what a server needs to prove itself.
pub(crate) fn issue(bundle: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let root = CertifiedIssuer::self_signed(authority("root"), key()?)
        .context("cannot make the root certificate")?;
    let intermediate = CertifiedIssuer::signed_by(authority("intermediate"), key()?, &root)
        .context("cannot make the intermediate certificate")?;
    let leaf_key = key()?;
    let leaf = leaf()?
        .signed_by(&leaf_key, &intermediate)
        .context("cannot make the leaf certificate")?;
    std::fs::write(bundle, root.pem())
        .with_context(|| format!("cannot write `{}`", bundle.display()))?;
    let chain = vec![leaf.der().clone(), intermediate.der().clone()];
    let leaf_key = PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into());
    Ok(rig::tls::server_config(chain, leaf_key))
}

fn key() -> anyhow::Result<KeyPair> {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).context("cannot make an RSA key")
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    named(params, name)
}

fn leaf() -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new([HOST.to_owned()]).context("cannot name the leaf")?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(named(params, HOST))
}

fn named(mut params: CertificateParams, name: &str) -> CertificateParams {
    params.distinguished_name.push(DnType::CommonName, name);
    // Python refuses a chain without it.
    params.use_authority_key_identifier_extension = true;
    params
}
