//! HTTP/1.1 as AWS's SDK speaks it: requests read whole, answers written whole.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// More than any request of a deploy.
const LARGEST: usize = 64 * 1024 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query as they were sent.
    pub(crate) target: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// The body as it was sent, where that is in chunks.
    pub(crate) chunked: Option<Vec<u8>>,
}

impl Request {
    /// Names of headers in lower case.
    pub(crate) fn new(
        method: &str,
        target: &str,
        headers: BTreeMap<String, String>,
        body: Vec<u8>,
    ) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            path: decoded(path),
            query: pairs(query),
            headers,
            body,
            chunked: None,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The parameters of a form.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        pairs(&String::from_utf8_lossy(&self.body))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        let body = body.into();
        Self {
            status,
            headers,
            body,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// As on the wire; the answer to HEAD has no body.
    pub(crate) fn bytes(&self, is_head: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} x\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        // Only AWS answers with one; a hotel's portal does not.
        if !self
            .headers
            .contains(&("content-type", "text/html".to_owned()))
        {
            head.push_str("x-amzn-requestid: 00000000-0000-0000-0000-000000000000\r\n");
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        let mut bytes = head.into_bytes();
        if !is_head {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// The next request of a connection; `None` where it has ended.
pub(crate) fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let (mut request, length, begin) = loop {
        fill(stream, &mut bytes)?;
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(begin)) = parsed.parse(&bytes) else {
            continue;
        };
        let headers: BTreeMap<String, String> = parsed
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_lowercase(), value)
            })
            .collect();
        let request = Request::new(parsed.method?, parsed.path?, headers, Vec::new());
        let length = request.header("content-length");
        let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        break (request, length, begin);
    };
    if request
        .header("expect")
        .is_some_and(|expected| expected == "100-continue")
    {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    while bytes.len() < begin + length {
        fill(stream, &mut bytes)?;
    }
    request.body = bytes[begin..begin + length].to_vec();
    if request
        .header("content-encoding")
        .is_some_and(|encoding| encoding.contains("aws-chunked"))
    {
        let content = dechunked(&request.body);
        request.chunked = Some(std::mem::replace(&mut request.body, content));
    }
    Some(request)
}

fn fill(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 65536];
    let length = stream.read(&mut buffer).ok()?;
    if length == 0 || bytes.len() > LARGEST {
        return None;
    }
    bytes.extend_from_slice(&buffer[..length]);
    Some(())
}

/// The content of `aws-chunked` lengths and chunks; a trailer is left out.
fn dechunked(mut rest: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        let length = line.split(';').next().unwrap_or_default();
        let Ok(length) = usize::from_str_radix(length, 16) else {
            break;
        };
        if length == 0 || rest.len() < end + 2 + length {
            break;
        }
        content.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = rest.get(end + 4 + length..).unwrap_or_default();
    }
    content
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(&value.replace('+', " ")))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
