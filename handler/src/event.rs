//! From an event to its reply: what arrived around the body is checked here, the body is the
//! domain's, and every error becomes an answer and a line in the log.

mod ending;
mod headers;
mod proxy;
mod reply;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt as _;
use lambda_runtime::{Context, LambdaEvent};

use self::ending::ending;
use self::headers::HeaderError;
use self::proxy::{ProxyEvent, Sender};
pub use self::reply::Reply;
use crate::log::{self, Log};
use crate::movie::{Existing, Fate, InsertError, Insertion, Movie, MovieStore};
use crate::xray;

/// What is answered: resource and method, as the API declares them.
const ROUTES: &[(&str, &str)] = &[("/", "POST")];

/// What is left of an invocation's time for everything but the store, answer included.
const RESERVE: Duration = Duration::from_millis(500);

/// Why a request got no further, one variant for each kind of answer.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("event {0}")]
    NotProxy(Sender),
    #[error("no such path")]
    Path,
    /// With the methods that the resource has, as `Allow` lists them.
    #[error("method is not allowed, use {0}")]
    Method(String),
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("body is not valid base64")]
    Base64,
    #[error(transparent)]
    Insert(#[from] InsertError),
    #[error("panicked")]
    Panic(Fate),
}

/// What the store had to do with a request.
#[derive(Clone, Copy, Default)]
struct StoreUse {
    /// While the store has the movie: what it does about one that exists.
    busy: Option<Existing>,
    attempts: u32,
    status: Option<u16>,
    duration: Duration,
}

impl StoreUse {
    /// Of a movie whose handling panicked.
    fn fate(self) -> Fate {
        self.busy.map_or(Fate::NotStored, Fate::Unknown)
    }
}

/// Answers one event and writes its line to the log. The payload comes unparsed, because the
/// runtime would answer a payload of another shape with an error of the function. It never
/// panics, whatever the store does.
pub async fn handle(store: &impl MovieStore, event: LambdaEvent<&[u8]>, log: &Log) -> Reply {
    let started = Instant::now();
    let (payload, context) = event.into_parts();
    let request = ProxyEvent::from_json(payload);
    let mut store_use = StoreUse::default();
    let insertion = insert(store, &request, &context, &mut store_use);
    // A panic is answered like any other failure of ours, and the next request finds everything
    // as it was: nothing of a request is kept.
    let result = AssertUnwindSafe(insertion)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(RequestError::Panic(store_use.fate())));

    let gateway = request.request_context.unwrap_or_default();
    let identity = gateway.identity.unwrap_or_default();
    let request_id = gateway.request_id.as_deref();
    let reply = match &result {
        Ok(()) => Reply::inserted(),
        Err(err) => Reply::problem(err, request_id.unwrap_or(&context.request_id)),
    };
    log.request(&log::Request {
        request_id,
        extended_request_id: gateway.extended_request_id.as_deref(),
        lambda_request_id: &context.request_id,
        trace_id: context.xray_trace_id.as_deref().and_then(xray::root),
        source_ip: identity.source_ip.as_deref(),
        user_agent: identity.user_agent.as_deref(),
        api_key_id: identity.api_key_id.as_deref(),
        status: reply.status(),
        ending: ending(&result),
        reason: result.err().map(|err| log::chain(&err)),
        attempts: store_use.attempts,
        store_status: store_use.status,
        duration: started.elapsed(),
        store_duration: store_use.duration,
    });
    reply
}

async fn insert(
    store: &impl MovieStore,
    request: &ProxyEvent,
    context: &Context,
    store_use: &mut StoreUse,
) -> Result<(), RequestError> {
    // Behind a custom domain the path starts with the mapping's base path; the resource is as
    // the API declares it.
    let (Some(method), Some(resource)) = (&request.http_method, &request.resource) else {
        return Err(RequestError::NotProxy(request.sender));
    };
    check_route(resource, method)?;
    headers::check_content_type(request.headers())?;
    let existing = headers::existing(request.headers())?;
    let movie = Movie::from_json(&request.body()?)?;

    let insertion = Insertion {
        movie: &movie,
        existing,
        budget: budget(context.deadline, SystemTime::now()),
    };
    let started = Instant::now();
    store_use.busy = Some(existing);
    let outcome = store.insert(&insertion).await;
    *store_use = StoreUse {
        busy: None,
        attempts: outcome.attempts,
        status: outcome.status,
        duration: started.elapsed(),
    };
    Ok(outcome.result?)
}

fn check_route(resource: &str, method: &str) -> Result<(), RequestError> {
    if ROUTES.contains(&(resource, method)) {
        return Ok(());
    }
    let here = ROUTES.iter().filter(|route| route.0 == resource);
    let methods: Vec<&str> = here.map(|route| route.1).collect();
    match methods.as_slice() {
        [] => Err(RequestError::Path),
        methods => Err(RequestError::Method(methods.join(", "))),
    }
}

/// The time until the invocation's deadline, given in milliseconds since 1970, less the reserve.
fn budget(deadline: u64, now: SystemTime) -> Duration {
    let deadline = UNIX_EPOCH + Duration::from_millis(deadline);
    let left = deadline.duration_since(now).unwrap_or_default();
    left.saturating_sub(RESERVE)
}
