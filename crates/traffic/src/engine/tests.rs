//! Against servers that behave as scripted, over real connections.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant as StdInstant;

use super::*;
use cfnkit_load::load::phases::total_requests;
use cfnkit_load::load::tally::Tally;

const OK: &str = r#"200 OK
{"message": "Successfully inserted data!"}"#;
const THROTTLED: &str = r#"429 Too Many Requests
{"message":"too many requests; slow down and try again"}"#;

/// A server that answers what `script` says for the request's number, which may take its time.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

fn serve(script: impl Fn(usize) -> &'static str + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/dev/", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    let script = Arc::new(script);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
            std::thread::spawn(move || converse(stream.unwrap(), &seen, &*script));
        }
    });
    Server { url, requests }
}

fn converse(
    mut stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    script: &(dyn Fn(usize) -> &'static str + Send + Sync),
) {
    let mut buffer = Vec::new();
    loop {
        let request = loop {
            if let Some(length) = request_length(&buffer) {
                break String::from_utf8(buffer.drain(..length).collect()).unwrap();
            }
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk) {
                Ok(0) | Err(_) => return,
                Ok(length) => buffer.extend(&chunk[..length]),
            }
        };
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request);
            seen.len() - 1
        };
        let Some((status, body)) = script(number).split_once('\n') else {
            return;
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The bytes of the first request, once they are all there.
fn request_length(buffer: &[u8]) -> Option<usize> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut request = httparse::Request::new(&mut headers);
    let head = request.parse(buffer).unwrap();
    let head = match head {
        httparse::Status::Complete(head) => head,
        httparse::Status::Partial => return None,
    };
    let headers = request.headers.iter();
    let mut lengths = headers.filter(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = std::str::from_utf8(lengths.next().unwrap().value).unwrap();
    let whole = head + length.parse::<usize>().unwrap();
    (buffer.len() >= whole).then_some(whole)
}

fn target(url: &str) -> Target {
    Target {
        url: url.to_owned(),
        api_key: Some("secret".to_owned()),
        body: r#"{"year":"2023","title":"Load test","id":"{id}"}"#,
        id_prefix: "load-test-".to_owned(),
        most_in_flight: 500,
        patience: PATIENCE,
    }
}

fn phases(texts: &[&str]) -> Vec<Phase> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

async fn load(target: Target, phases: &[Phase]) -> Tally {
    let mut tally = Tally::new(phases).unwrap();
    let (_stop, stopped) = watch::channel(false);
    let mut events = start(target, phases, stopped).unwrap();
    while let Some(event) = events.recv().await {
        tally.absorb(event);
    }
    tally
}

#[tokio::test]
async fn every_phase_sends_exactly_its_requests_and_each_an_item_of_its_own() {
    let server = serve(|number| if number % 10 == 9 { THROTTLED } else { OK });
    let phases = phases(&["50/s:1s", "100/s:1s"]);
    let tally = load(target(&server.url), &phases).await;
    let sent: Vec<u64> = tally.phases.iter().map(|part| part.sent).collect();
    assert_eq!(sent, [50, 100]);
    let overall = &tally.overall;
    let count = |layer| overall.count(|answer| answer.layer == layer);
    assert_eq!(
        (count(Answerer::Stored), count(Answerer::Throttle)),
        (135, 15)
    );
    let requests = server.requests.lock().unwrap();
    assert_eq!(requests.len() as u64, total_requests(&phases));
    let bodies = requests.iter().map(|request| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /dev/ HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("x-api-key: secret"), "{head}");
        let movie: serde_json::Value = serde_json::from_str(body).unwrap();
        movie["id"].as_str().unwrap().to_owned()
    });
    let ids: std::collections::BTreeSet<String> = bodies.collect();
    assert_eq!(ids.len(), 150);
    assert!(ids.iter().all(|id| id.starts_with("load-test-")));
}

/// A server that can do one thing at a time and stands still for a second. A closed model would
/// see one slow request; here everybody who came meanwhile has waited.
#[tokio::test]
async fn a_stall_shows_in_the_latency_of_all_who_came_meanwhile() {
    let one_at_a_time = Mutex::new(());
    let server = serve(move |number| {
        let _turn = one_at_a_time.lock().unwrap();
        if number == 50 {
            std::thread::sleep(Duration::from_secs(1));
        }
        OK
    });
    let tally = load(target(&server.url), &phases(&["100/s:3s"])).await;
    let overall = &tally.overall;
    assert_eq!(overall.sent, 300);
    // 100 of 300 became due during the stall, and waited half a second on average.
    let slow = overall.latency.between(100.0, 600_000.0);
    assert!((70..=130).contains(&slow), "{slow} slow requests");
    assert!(overall.latency.at(99.0) > 900.0);
    assert!(overall.latency.at(50.0) < 100.0);
}

/// The generator itself is late: what it sends then has waited all the same.
#[tokio::test]
async fn a_late_generator_is_told_from_a_slow_service() {
    let server = serve(|_| OK);
    let (events, mut receiver) = mpsc::unbounded_channel();
    let shooter = Shooter::new(target(&server.url), events).unwrap();
    let phases = phases(&["100/s:1s"]);
    let mut tally = Tally::new(&phases).unwrap();
    // The schedule itself is held up before its 21st arrival, as by a machine that is too busy.
    let schedule = arrivals(&phases).inspect(|arrival| {
        if arrival.number == 20 {
            std::thread::sleep(Duration::from_millis(500));
        }
    });
    let (_stop, stopped) = watch::channel(false);
    shooter.run(schedule, stopped).await;
    while let Some(event) = receiver.recv().await {
        tally.absorb(event);
    }
    let overall = &tally.overall;
    assert_eq!(overall.sent, 100);
    assert!(overall.lag.at(99.0) > 300.0, "{}", overall.lag.at(99.0));
    assert!(overall.latency.at(99.0) > 300.0);
    assert!(overall.service.at(50.0) < 200.0);
}

#[tokio::test]
async fn what_exceeds_the_cap_is_not_sent_and_nothing_is_slowed() {
    let server = serve(|_| {
        std::thread::sleep(Duration::from_secs(2));
        OK
    });
    let mut target = target(&server.url);
    target.most_in_flight = 10;
    let begin = StdInstant::now();
    let tally = load(target, &phases(&["50/s:1s"])).await;
    let overall = &tally.overall;
    assert_eq!((overall.sent, overall.not_sent), (10, 40));
    assert_eq!(tally.most_in_flight, 10);
    assert!(begin.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn no_answer_has_a_reason() {
    let only = |tally: &Tally| {
        let overall = &tally.overall;
        assert_eq!(overall.answers.len(), 1, "{:?}", overall.answers);
        *overall.answers.keys().next().unwrap()
    };
    let answer = |layer| Answer {
        status: None,
        layer,
    };
    let silent = serve(|_| {
        std::thread::sleep(Duration::from_secs(60));
        OK
    });
    let mut impatient = target(&silent.url);
    impatient.patience = Duration::from_millis(200);
    let phases = phases(&["5/s:1s"]);
    let tally = load(impatient, &phases).await;
    assert_eq!(only(&tally), answer(Answerer::TimedOut));
    let broken = serve(|_| "hangs up");
    let tally = load(target(&broken.url), &phases).await;
    assert_eq!(only(&tally), answer(Answerer::BrokenOff));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let nobody = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let tally = load(target(&nobody), &phases).await;
    assert_eq!(only(&tally), answer(Answerer::NotConnected));
}

#[tokio::test]
async fn a_stop_ends_it_and_keeps_what_was_seen() {
    let server = serve(|_| OK);
    let phases = phases(&["20/s:1h"]);
    let mut tally = Tally::new(&phases).unwrap();
    let (stop, stopped) = watch::channel(false);
    let mut events = start(target(&server.url), &phases, stopped).unwrap();
    while let Some(event) = events.recv().await {
        tally.absorb(event);
        if tally.phases[0].sent == 10 {
            // Heard already where it is said twice.
            let _ = stop.send(true);
        }
    }
    let overall = &tally.overall;
    assert!(overall.ended() > 0 && overall.ended() <= overall.sent);
    // On a busy machine a few more are sent before the stop is heard; never the whole hour.
    assert!((10..200).contains(&overall.sent), "{}", overall.sent);
}

/// What a busy machine manages; an idle one is far below.
#[tokio::test]
async fn a_thousand_per_second_are_sent_on_time() {
    let server = serve(|_| OK);
    let tally = load(target(&server.url), &phases(&["1000/s:2s"])).await;
    let overall = &tally.overall;
    assert_eq!(overall.sent + overall.not_sent, 2000);
    assert!(tally.latest < Duration::from_secs(6), "{:?}", tally.latest);
}
