//! HTTP/1.1 as far as the rig's servers speak it: requests with a length or in chunks, and
//! responses with a length. It knows no connection and no service.

use std::fmt::Write as _;
use std::io::{self, BufRead, Write};

const HEADERS_AT_MOST: usize = 64;
const HEAD_BYTES_AT_MOST: usize = 64 * 1024;

/// A request that was read to its end.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// With the query, as it was sent.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The next request of a connection, or nothing when the client closed it between two requests.
pub fn read_request(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
    let Some(head) = read_head(stream)? else {
        return Ok(None);
    };
    let mut request = parse_head(&head)?;
    request.body = read_body(stream, &request)?;
    Ok(Some(request))
}

/// Writes a response that keeps the connection open, in one piece: a second packet would cost a
/// benchmark a wake-up of its own.
pub fn write_response(
    stream: &mut impl Write,
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<()> {
    let mut response = response_head(status, headers, body.len()).into_bytes();
    response.extend_from_slice(body);
    stream.write_all(&response)?;
    stream.flush()
}

/// A response's status line and headers with the empty line behind them.
pub(crate) fn response_head(status: u16, headers: &[(&str, &str)], length: usize) -> String {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").expect("a string takes everything");
    }
    write!(head, "Content-Length: {length}\r\n\r\n").expect("a string takes everything");
    head
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        404 => "Not Found",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}

/// Everything up to and with the empty line.
fn read_head(stream: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    loop {
        let line = head.len();
        if stream.read_until(b'\n', &mut head)? == 0 {
            return match head.is_empty() {
                true => Ok(None),
                false => Err(io::ErrorKind::UnexpectedEof.into()),
            };
        }
        if matches!(&head[line..], b"\r\n" | b"\n") {
            return Ok(Some(head));
        }
        if head.len() > HEAD_BYTES_AT_MOST {
            return Err(invalid("request's head is too long"));
        }
    }
}

fn parse_head(head: &[u8]) -> io::Result<Request> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_AT_MOST];
    let mut parsed = httparse::Request::new(&mut headers);
    let status = parsed.parse(head).map_err(invalid)?;
    if status.is_partial() {
        return Err(invalid("request's head is not complete"));
    }
    Ok(Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: parsed.path.unwrap_or_default().to_owned(),
        headers: parsed
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_owned(), value)
            })
            .collect(),
        body: Vec::new(),
    })
}

fn read_body(stream: &mut impl BufRead, request: &Request) -> io::Result<Vec<u8>> {
    let is_chunked = request
        .header("Transfer-Encoding")
        .is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked"));
    if is_chunked {
        return read_chunks(stream);
    }
    let length = match request.header("Content-Length") {
        Some(length) => length.parse().map_err(invalid)?,
        None => 0,
    };
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn read_chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?;
        // What follows a semicolon is an extension of the chunk.
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(digits, 16).map_err(invalid)?;
        if length == 0 {
            break;
        }
        let start = body.len();
        body.resize(start + length, 0);
        stream.read_exact(&mut body[start..])?;
        if !read_line(stream)?.is_empty() {
            return Err(invalid("chunk is longer than it says"));
        }
    }
    // Trailers, and the empty line behind them.
    while !read_line(stream)?.is_empty() {}
    Ok(body)
}

/// A line without its end.
fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn invalid(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut text: &[u8]) -> io::Result<Vec<Request>> {
        let mut requests = Vec::new();
        while let Some(request) = read_request(&mut text)? {
            requests.push(request);
        }
        Ok(requests)
    }

    #[test]
    fn requests_follow_each_other() {
        let text = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\ncontent-length: 5\r\n\r\nhello\
                     GET /next HTTP/1.1\r\n\r\n";
        let requests = read(text).unwrap();
        assert_eq!(requests.len(), 2);
        assert_eq!(
            (requests[0].method.as_str(), requests[0].path.as_str()),
            ("POST", "/a?b=c")
        );
        assert_eq!(requests[0].header("Content-Length"), Some("5"));
        assert_eq!(requests[0].body, b"hello");
        assert_eq!(requests[1].path, "/next");
        assert_eq!(requests[1].header("Host"), None);
    }

    #[test]
    fn chunks_are_put_together() {
        let text = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                     3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n\
                     GET / HTTP/1.1\r\n\r\n";
        let requests = read(text).unwrap();
        assert_eq!(requests[0].body, b"abc0123456789");
        assert_eq!(requests.len(), 2);
    }

    #[test]
    fn requests_that_break_off_are_errors() {
        for text in [
            b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhell".as_slice(),
            b"POST / HTTP/1.1\r\nContent-Le",
            b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
            b"\x16\x03\x01\r\n\r\n",
        ] {
            assert!(read(text).is_err(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn response_has_its_length() {
        let mut written = Vec::new();
        write_response(&mut written, 202, &[("A", "b")], b"{}").unwrap();
        let expected = "HTTP/1.1 202 Accepted\r\nA: b\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}
