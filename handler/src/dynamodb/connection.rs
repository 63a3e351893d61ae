//! Connections to DynamoDB, HTTP/1.1 over TLS. The SDK's own client keeps a pool for many hosts
//! and cannot open a connection before there is a request to send; a function has one request at
//! a time, for one host, and a start-up in which a handshake costs nobody anything.

pub mod error;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::error::ConnectorError;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use http::header::{self, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use self::error::ConnectionError;
use super::attempts::Attempts;
use super::endpoint::bare;
use super::statistics::USER_AGENT;

/// As long as this, nobody closes a connection for want of requests.
const TRUSTED: Duration = Duration::from_secs(1);

/// The SDK's client for a connector that is always the same one. The time limits that the SDK would
/// give it are the connector's own and the SDK's.
pub(super) fn client_of(connector: impl HttpConnector + 'static) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

/// Opens connections and keeps those that can be used again.
#[derive(Clone)]
pub(super) struct Connections(Arc<Inner>);

struct Inner {
    tls: TlsConnector,
    timeout: Duration,
    idle: Mutex<Vec<Connection>>,
}

/// An open connection; dropping it closes it.
struct Connection {
    origin: Origin,
    sender: SendRequest<SdkBody>,
    // The wall clock goes on while the sandbox is frozen.
    idle_since: SystemTime,
}

impl Connection {
    /// Whether the other side may have had enough of it; a clock that was set back says yes.
    fn was_idle_long(&self) -> bool {
        self.idle_since
            .elapsed()
            .map_or(true, |time| time >= TRUSTED)
    }
}

/// Where a connection leads to.
#[derive(Clone, PartialEq, Eq)]
struct Origin {
    encrypted: bool,
    authority: Authority,
}

impl Connections {
    pub(super) fn new(tls: Arc<ClientConfig>, timeout: Duration) -> Self {
        Self(Arc::new(Inner {
            tls: tls.into(),
            timeout,
            idle: Mutex::default(),
        }))
    }

    /// Opens a connection for the first request to this address.
    pub(super) async fn warm(&self, uri: &Uri) -> Result<(), ConnectionError> {
        let connection = self.open(Origin::of(uri)?).await?;
        self.keep(connection);
        Ok(())
    }

    async fn send(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        Ok(self.exchange(request).await?)
    }

    async fn exchange(self, request: HttpRequest) -> Result<HttpResponse, ConnectionError> {
        let attempts = Attempts::current();
        let request = request.try_into_http1x();
        let mut request = request.map_err(|_| ConnectionError::Address)?;
        let origin = Origin::of(request.uri())?;
        prepare(&mut request, &origin).map_err(|_| ConnectionError::Address)?;
        let mut connection = match self.reuse(&origin).await {
            Some(connection) => connection,
            None => self.open(origin).await?,
        };
        // Whatever goes wrong from here on leaves the connection closed, and the SDK asks again.
        attempts.sending();
        let sent = connection.sender.try_send_request(request).await;
        let response = sent.map_err(|err| {
            // What comes back has not been written.
            if err.message().is_some() {
                attempts.came_to_nothing();
            }
            err.into_error()
        })?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        self.keep(connection);
        let response = http::Response::from_parts(parts, SdkBody::from(body));
        HttpResponse::try_from(response).map_err(|_| ConnectionError::Answer)
    }

    /// A connection that is open as far as this side knows.
    async fn reuse(&self, origin: &Origin) -> Option<Connection> {
        loop {
            let mut connection = self.idle().pop()?;
            if connection.was_idle_long() {
                // Its end may have arrived while the sandbox was frozen. The runtime looks at
                // its sockets, then the connection's task looks at what is there.
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
            }
            if connection.origin == *origin && connection.sender.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: Connection) {
        self.idle().push(Connection {
            idle_since: SystemTime::now(),
            ..connection
        });
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self, origin: Origin) -> Result<Connection, ConnectionError> {
        let opened = tokio::time::timeout(self.0.timeout, self.connect(&origin)).await;
        let sender = opened.map_err(|_| ConnectionError::Slow)??;
        Ok(Connection {
            origin,
            sender,
            idle_since: SystemTime::now(),
        })
    }

    async fn connect(&self, origin: &Origin) -> Result<SendRequest<SdkBody>, ConnectionError> {
        let host = bare(origin.authority.host());
        let addresses = tokio::net::lookup_host((host, origin.port())).await;
        let addresses: Vec<_> = addresses.map_err(|_| ConnectionError::Lookup)?.collect();
        let refused = |err: io::Error| ConnectionError::Connect(err.kind());
        let tcp = TcpStream::connect(&addresses[..]).await.map_err(refused)?;
        tcp.set_nodelay(true).map_err(refused)?;
        if !origin.encrypted {
            return speak_http(TokioIo::new(tcp)).await;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| ConnectionError::Address)?;
        let tls = self.0.tls.connect(name, tcp).await;
        let tls = tls.map_err(|err| ConnectionError::Tls(err.into()))?;
        speak_http(TokioIo::new(tls)).await
    }
}

async fn speak_http<S>(stream: S) -> Result<SendRequest<SdkBody>, ConnectionError>
where
    S: Read + Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(stream).await?;
    // The sender learns of its end, and ends it by being dropped.
    tokio::spawn(async { connection.await.ok() });
    Ok(sender)
}

/// Writes the request as it goes to a server, and not to a proxy.
fn prepare(request: &mut http::Request<SdkBody>, origin: &Origin) -> Result<(), http::Error> {
    let host = match origin.authority.port_u16() {
        // The signature covers the host without a port that goes without saying.
        Some(port) if port == origin.default_port() => origin.authority.host(),
        _ => origin.authority.as_str(),
    };
    let host = HeaderValue::from_str(host)?;
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.unwrap_or(PathAndQuery::from_static("/")).into();
    let headers = request.headers_mut();
    headers.insert(header::HOST, host);
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    Ok(())
}

impl Origin {
    fn of(uri: &Uri) -> Result<Self, ConnectionError> {
        let encrypted = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(ConnectionError::Address),
        };
        let authority = uri.authority().cloned();
        Ok(Self {
            encrypted,
            authority: authority.ok_or(ConnectionError::Address)?,
        })
    }

    fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(self.default_port())
    }

    fn default_port(&self) -> u16 {
        if self.encrypted { 443 } else { 80 }
    }
}

impl HttpConnector for Connections {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().send(request))
    }
}

/// Answers a call as DynamoDB would if all went well, without asking it.
#[derive(Debug)]
pub(super) struct Rehearsal;

impl HttpConnector for Rehearsal {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        let response = http::Response::new(SdkBody::from("{}"));
        HttpConnectorFuture::ready(
            HttpResponse::try_from(response).map_err(|_| ConnectionError::Answer.into()),
        )
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}
