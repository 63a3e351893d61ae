//! A port that passes everything on to another and keeps what clients sent.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::judge::Exchange;

/// What was sent, by connection.
type Sent = Arc<Mutex<Vec<Vec<u8>>>>;

/// Passes on until the process ends.
pub struct Recorder {
    /// Of 127.0.0.1.
    pub port: u16,
    sent: Sent,
}

impl Recorder {
    /// In front of a port of 127.0.0.1, on a free one.
    pub fn before(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let sent = Sent::default();
        let record = Arc::clone(&sent);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                // Who finds nobody there is told so by the end of the connection.
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)) else {
                    continue;
                };
                let record = Arc::clone(&record);
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || pass_on(from, to, Some(&record)));
                std::thread::spawn(move || pass_on(server, client, None));
            }
        });
        Self { port, sent }
    }

    /// Everything the clients sent so far.
    pub fn sent(&self) -> String {
        String::from_utf8_lossy(&self.sent.lock().unwrap().concat()).into_owned()
    }

    /// The requests to services of AWS that were sent whole, for the judge. What emulates them
    /// has paths of its own, for its health and for the stages.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let sent = self.sent.lock().unwrap();
        let requests = sent.iter().flat_map(|sent| requests(sent));
        requests
            .filter(|request| !request.target.starts_with("/_"))
            .collect()
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, record: Option<&Mutex<Vec<Vec<u8>>>>) {
    let mut buffer = [0; 65536];
    let index = record.map(|record| {
        let mut sent = record.lock().unwrap();
        sent.push(Vec::new());
        sent.len() - 1
    });
    while let Ok(length) = from.read(&mut buffer) {
        if length == 0 {
            break;
        }
        if let (Some(record), Some(index)) = (record, index) {
            record.lock().unwrap()[index].extend_from_slice(&buffer[..length]);
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// The requests of a connection.
fn requests(mut bytes: &[u8]) -> Vec<Exchange> {
    let mut requests = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(begin) = parsed.parse(bytes).unwrap() else {
            return requests;
        };
        let headers = parsed.headers.iter();
        let headers: BTreeMap<String, String> = headers
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_lowercase(), value)
            })
            .collect();
        assert!(!headers.contains_key("transfer-encoding"), "{headers:?}");
        let length = headers.get("content-length");
        let length = length.map_or(0, |length| length.parse().unwrap());
        let Some(body) = bytes.get(begin..begin + length) else {
            return requests;
        };
        requests.push(Exchange {
            method: parsed.method.unwrap().to_owned(),
            target: parsed.path.unwrap().to_owned(),
            headers,
            body: body.to_vec(),
            chunked: None,
            answer: None,
        });
        bytes = &bytes[begin + length..];
    }
}
