//! Answers for the tests of a module, without a port: the SDK's clients send what they send, and
//! each request is answered by a rule, in the format of its service.

use std::collections::VecDeque;
use std::sync::Mutex;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::cloud::http::{Request, Response};
use crate::cloud::service;
use crate::cloud::state::Values;
use crate::cloud::xml::{self, Refusal};

/// A request, and what it is answered.
#[derive(Debug, Clone)]
pub struct Rule {
    action: &'static str,
    parameters: Values,
    headers: Vec<(&'static str, String)>,
    answer: Result<Response, Refusal>,
}

impl Rule {
    /// For the requests of `action` that have these parameters and no others, by their names on the
    /// wire; of S3, that is `Path` with bucket and key. The answer is empty.
    pub fn of<'a>(
        action: &'static str,
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let parameters = parameters.into_iter();
        Self {
            action,
            parameters: parameters
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            headers: Vec::new(),
            answer: Ok(Response::new(200, "text/xml", "")),
        }
    }

    /// For those alone that have this header, too; its name is in lower case.
    pub fn sent_with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Answers with the elements of the action's result, as the query protocol wraps them.
    pub fn answered(mut self, result: &str) -> Self {
        self.answer = Ok(xml::answer(self.action, result));
        self
    }

    /// Answers with this header.
    pub fn answered_with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.answer = self.answer.map(|answer| answer.with(name, value));
        self
    }

    /// Refuses, with the status, the code and the words that the service has for it.
    pub fn refused(mut self, status: u16, code: &'static str, message: &str) -> Self {
        self.answer = Err(Refusal::new(status, code, message));
        self
    }

    fn fits(&self, request: &Request) -> bool {
        let (action, parameters) = asked(request);
        let mut headers = self.headers.iter();
        self.action == action
            && self.parameters == parameters
            && headers.all(|(name, value)| request.header(name) == Some(value))
    }

    fn respond(&self, request: &Request) -> Response {
        match &self.answer {
            Ok(response) => response.clone(),
            Err(refusal) => refusal.answer(request),
        }
    }
}

/// The configuration of clients with `rules` for their requests, each for as many as it fits. A
/// request that none fits fails the test.
pub fn in_any_order(rules: impl IntoIterator<Item = Rule>) -> SdkConfig {
    let rules: Vec<Rule> = rules.into_iter().collect();
    answered_by(move |request| {
        let rule = rules.iter().find(|rule| rule.fits(request))?;
        Some(rule.respond(request))
    })
}

/// The same, with each rule for one request, and the requests in the order of the rules.
pub fn in_order(rules: impl IntoIterator<Item = Rule>) -> SdkConfig {
    let rules = Mutex::new(rules.into_iter().collect::<VecDeque<Rule>>());
    answered_by(move |request| {
        let rule = rules.lock().unwrap().pop_front()?;
        rule.fits(request).then(|| rule.respond(request))
    })
}

/// Nobody is connected to, and nothing is tried again.
fn answered_by(answer: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static) -> SdkConfig {
    let connector = SharedHttpConnector::new(Connector(answer));
    let credentials = Credentials::from_keys("test", "test", None);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-west-1"))
        .endpoint_url("http://localhost")
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build()
}

/// The action of a request, and its parameters without what all have.
fn asked(request: &Request) -> (String, Values) {
    let (action, mut parameters) = service::action(request);
    parameters.retain(|name, _| name != "Action" && name != "Version");
    (action, parameters)
}

struct Connector<F>(F);

impl<F> std::fmt::Debug for Connector<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Connector")
    }
}

impl<F: Fn(&Request) -> Option<Response> + Send + Sync> HttpConnector for Connector<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (_, target) = request.uri().split_once("://localhost").unwrap();
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let request = Request::new(request.method(), target, headers.collect(), body);
        let response = (self.0)(&request);
        let response = response.unwrap_or_else(|| {
            let (action, parameters) = asked(&request);
            panic!(
                "no rule for {action} with {parameters:#?} and {:#?}",
                request.headers
            )
        });
        let body = match request.method.as_str() {
            "HEAD" => SdkBody::empty(),
            _ => SdkBody::from(response.body),
        };
        let mut answer = HttpResponse::new(response.status.try_into().unwrap(), body);
        for (name, value) in response.headers {
            answer.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}
