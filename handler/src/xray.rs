//! X-Ray: the trace a request belongs to, and subsegments sent to the daemon beside the function.
//! Nothing here can delay or fail a request: a datagram is sent or it is not.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// What every document for the daemon begins with.
const HEADER: &str = "{\"format\":\"json\",\"version\":1}\n";

/// Bytes that a subsegment seldom exceeds.
const USUAL_DATAGRAM: usize = 512;

/// The trace that an invocation belongs to, if it is sampled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    root: String,
    parent: String,
}

impl Trace {
    /// Reads Lambda's trace header, `Root=..;Parent=..;Sampled=1`; what is not sampled or not
    /// whole is no trace.
    pub fn from_header(header: &str) -> Option<Self> {
        if field(header, "Sampled") != Some("1") {
            return None;
        }
        Some(Self {
            root: root(header)?.to_owned(),
            parent: field(header, "Parent").filter(|id| is_id(id))?.to_owned(),
        })
    }
}

/// The trace's id in a trace header, sampled or not.
pub fn root(header: &str) -> Option<&str> {
    field(header, "Root").filter(|root| {
        root.len() <= 64
            && root
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    })
}

fn field<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, value)| (key.trim() == name).then_some(value.trim()))
}

/// Segment ids are 64 bits in hexadecimal.
fn is_id(id: &str) -> bool {
    id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A finished call to another service, as the service map shows it.
#[derive(Debug)]
pub struct Call<'a> {
    /// The service's name on the map.
    pub service: &'static str,
    /// The API operation.
    pub operation: &'static str,
    /// The region of the service.
    pub region: &'a str,
    /// The table that was called.
    pub table_name: &'a str,
    /// The service's id of the request, if it answered.
    pub request_id: Option<&'a str>,
    /// The HTTP status of the last answer, if there was one.
    pub status: Option<u16>,
    /// How often the call was repeated.
    pub retries: u32,
    /// When it began.
    pub start: SystemTime,
    /// How it ended.
    pub end: End<'a>,
}

/// How a call ended; an error carries its kind, which quotes nothing of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<'a> {
    /// It succeeded.
    Success,
    /// The service refused the request (4xx).
    Error(&'a str),
    /// The service asked for fewer requests.
    Throttle(&'a str),
    /// The service failed (5xx) or could not be reached.
    Fault(&'a str),
}

/// The X-Ray daemon that Lambda runs beside a function.
#[derive(Debug)]
pub struct Daemon {
    socket: UdpSocket,
}

impl Daemon {
    /// The daemon at `AWS_XRAY_DAEMON_ADDRESS`: `host:port`, or `tcp:host:port udp:host:port`,
    /// where the host is an IP address. None where that is not what it says, or where there is
    /// no socket to be had: a function without traces is better than none.
    pub fn at(address: &str) -> Option<Self> {
        let address = address
            .split_ascii_whitespace()
            .find_map(|part| part.strip_prefix("udp:"))
            .unwrap_or(address);
        let address: SocketAddr = address.parse().ok()?;
        let any = match address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any).ok()?;
        // A full buffer drops the subsegment instead of waiting for room.
        socket.set_nonblocking(true).ok()?;
        socket.connect(address).ok()?;
        Some(Self { socket })
    }

    /// Sends the call as a subsegment of the trace. A failure is nobody's concern.
    pub fn send(&self, trace: &Trace, call: &Call<'_>) {
        let mut datagram = Vec::with_capacity(USUAL_DATAGRAM);
        datagram.extend_from_slice(HEADER.as_bytes());
        let segment = Subsegment::new(trace, call, SystemTime::now());
        if serde_json::to_writer(&mut datagram, &segment).is_ok() {
            let _ = self.socket.send(&datagram);
        }
    }
}

/// X-Ray's segment document.
#[derive(Serialize)]
struct Subsegment<'a> {
    name: &'a str,
    id: String,
    trace_id: &'a str,
    parent_id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    namespace: &'a str,
    start_time: f64,
    end_time: f64,
    #[serde(skip_serializing_if = "is_false")]
    error: bool,
    #[serde(skip_serializing_if = "is_false")]
    throttle: bool,
    #[serde(skip_serializing_if = "is_false")]
    fault: bool,
    aws: Aws<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<Http>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause<'a>>,
}

#[derive(Serialize)]
struct Aws<'a> {
    operation: &'a str,
    region: &'a str,
    table_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    retries: u32,
}

#[derive(Serialize)]
struct Http {
    response: Response,
}

#[derive(Serialize)]
struct Response {
    status: u16,
}

#[derive(Serialize)]
struct Cause<'a> {
    exceptions: [Exception<'a>; 1],
}

#[derive(Serialize)]
struct Exception<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'a str,
    remote: bool,
}

impl<'a> Subsegment<'a> {
    fn new(trace: &'a Trace, call: &Call<'a>, end: SystemTime) -> Self {
        let kind = match call.end {
            End::Success => None,
            End::Error(kind) | End::Throttle(kind) | End::Fault(kind) => Some(kind),
        };
        Self {
            name: call.service,
            id: id(),
            trace_id: &trace.root,
            parent_id: &trace.parent,
            kind: "subsegment",
            namespace: "aws",
            start_time: seconds(call.start),
            end_time: seconds(end),
            // A throttle is an error too, as in AWS's own SDKs.
            error: matches!(call.end, End::Error(_) | End::Throttle(_)),
            throttle: matches!(call.end, End::Throttle(_)),
            fault: matches!(call.end, End::Fault(_)),
            aws: Aws {
                operation: call.operation,
                region: call.region,
                table_name: call.table_name,
                request_id: call.request_id,
                retries: call.retries,
            },
            http: call.status.map(|status| Http {
                response: Response { status },
            }),
            cause: kind.map(|kind| Cause {
                exceptions: [Exception {
                    id: id(),
                    kind,
                    remote: true,
                }],
            }),
        }
    }
}

fn id() -> String {
    format!("{:016x}", fastrand::u64(..))
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64()
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "1-67891233-abcdef012345678912345678";

    #[test]
    fn only_a_whole_and_sampled_header_is_a_trace() {
        let header = |root: &str, parent: &str, sampled: &str| {
            Trace::from_header(&format!("Root={root};Parent={parent};Sampled={sampled}"))
        };
        let parent = "463ac35c9f6413ad";
        assert!(header(ROOT, parent, "1").is_some());
        assert!(header(ROOT, parent, "0").is_none());
        assert!(header(ROOT, parent, "?").is_none());
        assert!(header(ROOT, "463ac35c9f6413a", "1").is_none());
        assert!(header(ROOT, "463ac35c9f6413\"d", "1").is_none());
        assert!(header("1-\"", parent, "1").is_none());
        assert!(Trace::from_header("").is_none());
        assert!(Trace::from_header(&format!("Root={ROOT};Sampled=1")).is_none());
        // Lambda adds the lineage of a trace, and order means nothing.
        let longer = format!("Sampled=1;Lineage=a:1|b:0;Root={ROOT};Parent={parent};Self=1");
        assert_eq!(Trace::from_header(&longer), header(ROOT, parent, "1"));
        assert_eq!(root(&longer), Some(ROOT));
    }

    #[test]
    fn the_daemons_address_has_two_forms() {
        for address in [
            "127.0.0.1:2000",
            "tcp:127.0.0.1:2001 udp:127.0.0.1:2000",
            "[::1]:2000",
        ] {
            assert!(Daemon::at(address).is_some(), "{address}");
        }
        for address in ["", "127.0.0.1", "tcp:127.0.0.1:2000", "nowhere:2000"] {
            assert!(Daemon::at(address).is_none(), "{address}");
        }
    }
}
