//! Sends the requests, each when it is due and whatever became of those before (an open model),
//! on a thread of its own, and tells of each what happened. It draws and judges nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use cfnkit_console::error::{Context as _, Result};
use cfnkit_load::load::answer::{Answer, Answerer, classify};
use cfnkit_load::load::phases::{Arrival, Phase, arrivals};
use cfnkit_load::load::tally::Event;

/// Longer than API Gateway waits for the function.
pub const PATIENCE: Duration = Duration::from_secs(35);
/// How long answers are waited for once a person has had enough.
const FAREWELL: Duration = Duration::from_secs(1);
const BODY_LIMIT: usize = 64 * 1024;

/// What is sent, and where to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where every request is sent.
    pub url: String,
    /// Sent as `x-api-key`, where there is one.
    pub api_key: Option<String>,
    /// The body of each request, with `{id}` where its ID goes.
    pub body: &'static str,
    /// Every item's id begins with it.
    pub id_prefix: String,
    /// Requests beyond which no more are sent.
    pub most_in_flight: usize,
    /// How long an answer is waited for.
    pub patience: Duration,
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Begins at once; the events end when everything is answered, or `stop` became true.
///
/// # Errors
///
/// The URL or the key cannot be sent, or the system gives no thread or no certificates.
pub fn start(
    target: Target,
    phases: &[Phase],
    stop: watch::Receiver<bool>,
) -> Result<mpsc::UnboundedReceiver<Event>> {
    let (events, receiver) = mpsc::unbounded_channel();
    let shooter = Shooter::new(target, events)?;
    let schedule = arrivals(phases);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the load generator")?;
    // Neither the display nor a slow terminal may delay a request.
    std::thread::Builder::new()
        .name("load".to_owned())
        .spawn(move || {
            runtime.block_on(shooter.run(schedule, stop));
            runtime.shutdown_background();
        })
        .context("cannot start the load generator")?;
    Ok(receiver)
}

struct Shooter {
    shot: Arc<Shot>,
    most_in_flight: usize,
}

/// What every request needs.
struct Shot {
    client: HttpClient,
    uri: Uri,
    api_key: Option<HeaderValue>,
    body: &'static str,
    id_prefix: String,
    patience: Duration,
    in_flight: AtomicUsize,
    events: mpsc::UnboundedSender<Event>,
}

impl Shooter {
    fn new(target: Target, events: mpsc::UnboundedSender<Event>) -> Result<Self> {
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)
            .context("cannot read the system's certificates")?
            .https_or_http()
            .enable_http1()
            .build();
        let api_key = target.api_key.map(|key| -> Result<HeaderValue> {
            let key = HeaderValue::from_str(&key);
            let mut key = key.context("the API key is no header's value")?;
            key.set_sensitive(true);
            Ok(key)
        });
        let url = &target.url;
        let uri = url
            .parse()
            .with_context(|| format!("the endpoint `{url}` is no URL"))?;
        Ok(Self {
            most_in_flight: target.most_in_flight,
            shot: Arc::new(Shot {
                client: Client::builder(TokioExecutor::new()).build(connector),
                uri,
                api_key: api_key.transpose()?,
                body: target.body,
                id_prefix: target.id_prefix,
                patience: target.patience,
                in_flight: AtomicUsize::new(0),
                events,
            }),
        })
    }

    async fn run(self, schedule: impl Iterator<Item = Arrival>, mut stop: watch::Receiver<bool>) {
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for arrival in schedule {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                () = tokio::time::sleep_until(start + arrival.due) => {}
            }
            while tasks.try_join_next().is_some() {}
            if self.shot.in_flight.load(Ordering::Relaxed) >= self.most_in_flight {
                // Whoever no longer listens needs no event.
                let _ = self.shot.events.send(Event::NotSent { arrival });
                continue;
            }
            self.shot.in_flight.fetch_add(1, Ordering::Relaxed);
            tasks.spawn(Arc::clone(&self.shot).send(arrival, start));
        }
        let all_answered = async { while tasks.join_next().await.is_some() {} };
        let enough = async {
            stopped(&mut stop).await;
            tokio::time::sleep(FAREWELL).await;
        };
        tokio::select! {
            () = all_answered => {}
            () = enough => {}
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Without a sender nobody can stop it anymore, and nobody listens.
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Shot {
    async fn send(self: Arc<Self>, arrival: Arrival, start: Instant) {
        let sent = start.elapsed();
        let _ = self.events.send(Event::Sent { arrival, sent });
        let answer = match tokio::time::timeout(self.patience, self.answer(arrival)).await {
            Ok(answer) => answer,
            Err(_) => Answer {
                status: None,
                layer: Answerer::TimedOut,
            },
        };
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        let _ = self.events.send(Event::Ended {
            arrival,
            sent,
            ended: start.elapsed(),
            answer,
        });
    }

    async fn answer(&self, arrival: Arrival) -> Answer {
        let without = |layer| Answer {
            status: None,
            layer,
        };
        let id = format!("{}{}", self.id_prefix, arrival.number);
        let body = self.body.replace("{id}", &id);
        let mut request = Request::post(&self.uri);
        if let Some(key) = &self.api_key {
            request = request.header("x-api-key", key);
        }
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, "cargo-xtask-load")
            .body(Full::new(Bytes::from(body)));
        let Ok(request) = request else {
            return without(Answerer::NotConnected);
        };
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(err) if err.is_connect() => return without(Answerer::NotConnected),
            Err(_) => return without(Answerer::BrokenOff),
        };
        let (head, body) = response.into_parts();
        let error_type = head.headers.get("x-amzn-errortype");
        let error_type = error_type.and_then(|value| value.to_str().ok());
        let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
            return without(Answerer::BrokenOff);
        };
        let status = head.status.as_u16();
        Answer {
            status: Some(status),
            layer: classify(status, error_type, &body.to_bytes()),
        }
    }
}

#[cfg(test)]
mod tests;
