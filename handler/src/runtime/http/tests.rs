use std::net::TcpListener;
use std::thread;

use super::*;

/// What comes of an answer in these bytes: its status, its body, and whether the connection can
/// be used again.
fn answered(answer: &'static [u8]) -> Result<(u16, String, bool), io::ErrorKind> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4];
        stream.read_exact(&mut request).unwrap();
        // In two parts, since no reader may count on one.
        let (first, second) = answer.split_at(answer.len() / 2);
        stream.write_all(first).unwrap();
        thread::yield_now();
        stream.write_all(second).unwrap();
        request
    });
    let connection = Connection::open(&address, Some(Duration::from_secs(30))).unwrap();
    let answer = connection.call(b"call");
    assert_eq!(server.join().unwrap(), *b"call");
    let (answer, idle) = answer.map_err(|err| err.kind())?;
    let body = String::from_utf8(answer.body).unwrap();
    Ok((answer.status, body, idle.is_some()))
}

/// The forms of RFC 9112; the chunks are those of section 7.1 with an extension and a trailer.
#[test]
fn a_body_is_read_to_its_end() {
    let wikipedia = "Wikipedia in\r\n\r\nchunks.".to_owned();
    for (answer, expected) in [
        (
            &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"[..],
            (200, "{}".to_owned(), true),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n4\r\nWiki\r\n5;a=b\r\npedia\r\nE\r\n in\r\n\r\nchunks.\r\n0\r\nX: y\r\n\r\n",
            (200, wikipedia, true),
        ),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length:0\r\nCONNECTION: close\r\n\r\n",
            (202, String::new(), false),
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, String::new(), true)),
        (b"HTTP/1.1 200 OK\r\n\r\nall of it", (200, "all of it".to_owned(), false)),
        (
            b"HTTP/1.0 413 \r\ncontent-length: 1\r\n\r\nx",
            (413, "x".to_owned(), false),
        ),
    ] {
        assert_eq!(answered(answer), Ok(expected), "{}", answer.escape_ascii());
    }
}

#[test]
fn a_part_of_an_answer_is_none() {
    let damaged = io::ErrorKind::InvalidData;
    let ended = io::ErrorKind::UnexpectedEof;
    for (answer, expected) in [
        (
            &b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}"[..],
            ended,
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-le", ended),
        (b"HTTP/1.1 200 OK\r\n", ended),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}",
            ended,
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
            ended,
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n",
            damaged,
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nz\r\n{}\r\n0\r\n\r\n",
            damaged,
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", damaged),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", damaged),
    ] {
        assert_eq!(answered(answer), Err(expected), "{}", answer.escape_ascii());
    }
}

#[test]
fn a_connection_is_open_until_the_other_side_closes_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let connection = Connection::open(&address, None).unwrap();
    assert!(connection.is_open());
    let (stream, _) = listener.accept().unwrap();
    drop(stream);
    let is_closed = (0..3000).any(|_| {
        thread::sleep(Duration::from_millis(10));
        !connection.is_open()
    });
    assert!(is_closed);
}
