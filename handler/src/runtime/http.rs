//! HTTP/1.1 as a function speaks it with Lambda: one request at a time, on one connection, to the
//! machine it runs on. Whoever waits for the next invocation has nothing else to do, so it blocks.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use httparse::{EMPTY_HEADER, Header, Status};

/// More than Lambda writes, with the largest client context that it takes.
const MAX_HEAD: u64 = 256 * 1024;
const MAX_HEADERS: usize = 100;
/// The longest line before a part of a body.
const MAX_LINE: u64 = 1024;
/// What is set aside for a body that says it is larger; the rest as it arrives.
const FIRST_CAPACITY: u64 = 64 * 1024;

/// As long as this, nobody closes a connection for want of requests.
const TRUSTED: Duration = Duration::from_secs(1);

/// An open connection without a request under way.
#[derive(Debug)]
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    idle_since: Instant,
}

/// A response, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: Vec<u8>,
    pub(super) body: Vec<u8>,
    is_last: bool,
}

/// Where a body ends.
enum Length {
    Known(u64),
    Chunked,
    UntilClosed,
}

impl Connection {
    /// Opens one, which waits for each byte as long as `patience`, or for ever.
    pub(super) fn open(address: &str, patience: Option<Duration>) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(patience)?;
        stream.set_write_timeout(patience)?;
        Ok(Self {
            stream: BufReader::new(stream),
            idle_since: Instant::now(),
        })
    }

    /// Whether the other side has, for all that is known, neither closed it nor written something
    /// unasked.
    pub(super) fn is_open(&self) -> bool {
        if self.idle_since.elapsed() < TRUSTED {
            return true;
        }
        let stream = self.stream.get_ref();
        let peek = || -> io::Result<usize> {
            stream.set_nonblocking(true)?;
            let peeked = stream.peek(&mut [0]);
            stream.set_nonblocking(false)?;
            peeked
        };
        let is_idle = |err: io::Error| err.kind() == io::ErrorKind::WouldBlock;
        self.stream.buffer().is_empty() && peek().is_err_and(is_idle)
    }

    /// Sends a whole request, and waits for its answer. The connection is given back where it can
    /// be used again.
    pub(super) fn call(mut self, request: &[u8]) -> io::Result<(Answer, Option<Self>)> {
        self.stream.get_mut().write_all(request)?;
        let answer = loop {
            let answer = self.read()?;
            // What comes before it.
            if answer.status >= 200 {
                break answer;
            }
        };
        self.idle_since = Instant::now();
        let idle = (!answer.is_last).then_some(self);
        Ok((answer, idle))
    }

    fn read(&mut self) -> io::Result<Answer> {
        let mut head = Vec::with_capacity(1024);
        self.read_lines(&mut head, MAX_HEAD)?;
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        response.parse(&head).map_err(unreadable)?;
        let status = response.code.unwrap_or_default();
        let length = length(status, response.headers)?;
        let is_last = response.version == Some(0)
            || matches!(length, Length::UntilClosed)
            || says(response.headers, "connection", "close");
        Ok(Answer {
            status,
            body: self.read_body(length)?,
            head,
            is_last,
        })
    }

    /// Reads as far as an empty line.
    fn read_lines(&mut self, lines: &mut Vec<u8>, limit: u64) -> io::Result<()> {
        let mut limited = self.stream.by_ref().take(limit);
        loop {
            let begin = lines.len();
            limited.read_until(b'\n', lines)?;
            match &lines[begin..] {
                b"\r\n" | b"\n" => return Ok(()),
                line if line.ends_with(b"\n") => {}
                _ => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    fn read_body(&mut self, length: Length) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        match length {
            Length::Known(length) => self.read_part(&mut body, length)?,
            Length::UntilClosed => {
                self.stream.read_to_end(&mut body)?;
            }
            Length::Chunked => {
                loop {
                    let size = self.read_size()?;
                    if size == 0 {
                        break;
                    }
                    self.read_part(&mut body, size)?;
                    let mut end = [0; 2];
                    self.stream.read_exact(&mut end)?;
                    if end != *b"\r\n" {
                        return Err(io::ErrorKind::InvalidData.into());
                    }
                }
                self.read_lines(&mut Vec::new(), MAX_HEAD)?;
            }
        }
        Ok(body)
    }

    fn read_part(&mut self, body: &mut Vec<u8>, length: u64) -> io::Result<()> {
        let capacity = usize::try_from(length.min(FIRST_CAPACITY)).unwrap_or_default();
        body.reserve(capacity);
        let read = self.stream.by_ref().take(length).read_to_end(body)?;
        match read as u64 == length {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn read_size(&mut self) -> io::Result<u64> {
        let mut line = Vec::new();
        let mut limited = self.stream.by_ref().take(MAX_LINE);
        limited.read_until(b'\n', &mut line)?;
        match httparse::parse_chunk_size(&line) {
            Ok(Status::Complete((_, size))) => Ok(size),
            Ok(Status::Partial) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(err) => Err(unreadable(err)),
        }
    }
}

impl Answer {
    /// The first header of this name.
    pub(super) fn header(&self, name: &str) -> Option<&[u8]> {
        let mut lines = self.head.split(|byte| *byte == b'\n').skip(1);
        lines.find_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (found, value) = line.split_at(colon);
            let is_it = found.eq_ignore_ascii_case(name.as_bytes());
            is_it.then(|| value[1..].trim_ascii())
        })
    }
}

fn length(status: u16, headers: &[Header<'_>]) -> io::Result<Length> {
    if matches!(status, 100..=199 | 204 | 304) {
        return Ok(Length::Known(0));
    }
    if says(headers, "transfer-encoding", "chunked") {
        return Ok(Length::Chunked);
    }
    let Some(length) = value(headers, "content-length") else {
        return Ok(Length::UntilClosed);
    };
    let length = str::from_utf8(length)
        .ok()
        .and_then(|text| text.parse().ok());
    Ok(Length::Known(length.ok_or(io::ErrorKind::InvalidData)?))
}

fn value<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a [u8]> {
    let header = headers
        .iter()
        .find(|one| one.name.eq_ignore_ascii_case(name));
    header.map(|header| header.value)
}

fn says(headers: &[Header<'_>], name: &str, word: &str) -> bool {
    value(headers, name).is_some_and(|value| value.eq_ignore_ascii_case(word.as_bytes()))
}

fn unreadable(_: impl Sized) -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests;
