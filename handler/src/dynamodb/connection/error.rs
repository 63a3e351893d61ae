//! Why there is no connection, or no answer on one. Every text is fixed: those of the errors that
//! these come from may quote what was sent or what came.

use std::error::Error;
use std::io;

use aws_sdk_dynamodb::error::ConnectorError;
use rustls::CertificateError;

/// What kept a request from being answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// The address is none that a request can go to.
    #[error("the endpoint cannot be used")]
    Address,
    /// No address for the host's name, or nobody to ask for it.
    #[error("the endpoint's host cannot be looked up")]
    Lookup,
    /// The time for opening one is over.
    #[error("connecting took too long")]
    Slow,
    /// Nobody is there.
    #[error("cannot connect: {0}")]
    Connect(io::ErrorKind),
    /// They do not agree on TLS.
    #[error("TLS failed: {0}")]
    Tls(TlsFailure),
    /// It broke with a request under way.
    #[error("the connection broke: {0}")]
    Broken(io::ErrorKind),
    /// It ended before the answer did.
    #[error("the connection ended without a whole answer")]
    Ended,
    /// What came is not HTTP.
    #[error("the answer is not HTTP")]
    Answer,
}

/// Whose fault it is that TLS failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFailure {
    /// Its authority is not one of those that are trusted.
    #[error("the certificate's issuer is not trusted")]
    UnknownIssuer,
    /// Or not valid yet, or the clock is wrong.
    #[error("the certificate is not valid at this time")]
    Time,
    /// Another host answered.
    #[error("the certificate is not for this host")]
    Name,
    /// Anything else about it.
    #[error("the certificate is not valid")]
    Certificate,
    /// It did not like what it got.
    #[error("the other side refused")]
    Alert,
    /// They speak different things, or not TLS at all.
    #[error("no common language")]
    Protocol,
    /// The connection was gone before.
    #[error("{0}")]
    Connection(io::ErrorKind),
}

impl From<ConnectionError> for ConnectorError {
    fn from(err: ConnectionError) -> Self {
        match err {
            ConnectionError::Address => Self::user(err.into()),
            ConnectionError::Slow => Self::timeout(err.into()),
            _ => Self::io(err.into()),
        }
    }
}

impl From<hyper::Error> for ConnectionError {
    fn from(err: hyper::Error) -> Self {
        let source = err.source();
        let kind = source.and_then(|err| err.downcast_ref().map(io::Error::kind));
        match kind {
            _ if err.is_parse() => Self::Answer,
            Some(io::ErrorKind::UnexpectedEof) | None => Self::Ended,
            Some(kind) => Self::Broken(kind),
        }
    }
}

impl From<io::Error> for TlsFailure {
    fn from(err: io::Error) -> Self {
        let source = err.get_ref().and_then(|err| err.downcast_ref());
        let Some(err) = source else {
            return Self::Connection(err.kind());
        };
        match err {
            rustls::Error::InvalidCertificate(err) => match err {
                CertificateError::UnknownIssuer => Self::UnknownIssuer,
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => Self::Time,
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => Self::Name,
                _ => Self::Certificate,
            },
            rustls::Error::AlertReceived(_) => Self::Alert,
            _ => Self::Protocol,
        }
    }
}
