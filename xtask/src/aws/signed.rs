//! Single calls to services whose SDK crates would cost more build time than the rest of
//! this program: they are signed with AWS's own signer and sent by a plain HTTP client.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use backon::Retryable as _;
use serde_json::Value;
use ureq::http::{HeaderName, HeaderValue, Request};

use super::Connection;
use crate::patience::patient;
use crate::web::agent;

/// Calls again after the first, the first of them after this long.
const ATTEMPTS: usize = 4;
const BACKOFF: Duration = Duration::from_millis(500);

/// The protocol's version by service: 1.1 but for this one.
const JSON_PROTOCOL: &str = "application/x-amz-json-1.1";
const JSON_PROTOCOL_OF_MONITORING: &str = "application/x-amz-json-1.0";

const TIMEOUT: Duration = Duration::from_secs(15);

/// The ID of the region's prefix list for DynamoDB (`pl-..`). CloudFormation has no look-up.
///
/// Source: EC2's `DescribeManagedPrefixLists`, filtered by `com.amazonaws.<region>.dynamodb`.
pub(crate) async fn dynamodb_prefix_list(connection: &Connection) -> anyhow::Result<String> {
    let region = &connection.region;
    let query = format!(
        "Action=DescribeManagedPrefixLists&Version=2016-11-15\
         &Filter.1.Name=prefix-list-name&Filter.1.Value.1=com.amazonaws.{region}.dynamodb"
    );
    let answer = get(connection, "ec2", &format!("/?{query}")).await;
    let find = |answer: String| -> anyhow::Result<String> {
        let document = roxmltree::Document::parse(&answer).context("the answer is not XML")?;
        let id = document
            .descendants()
            .find(|node| node.has_tag_name("prefixListId"));
        let id = id.or_else(|| {
            // Tag names carry the API's namespace.
            document
                .descendants()
                .find(|node| node.tag_name().name() == "prefixListId")
        });
        let id = id
            .and_then(|node| node.text())
            .context("the region has none")?;
        Ok(id.to_owned())
    };
    answer.and_then(find).with_context(|| {
        format!(
            "cannot look up DynamoDB's prefix list in {region} (ec2:DescribeManagedPrefixLists); \
             pass it with `--param DynamoDbPrefixListId=pl-..`"
        )
    })
}

/// How many VPCs the region has.
///
/// Source: EC2's `DescribeVpcs`.
pub(crate) async fn vpcs(connection: &Connection) -> anyhow::Result<u64> {
    let answer = get(
        connection,
        "ec2",
        "/?Action=DescribeVpcs&Version=2016-11-15",
    )
    .await?;
    let document = roxmltree::Document::parse(&answer).context("the answer is not XML")?;
    let set = document
        .descendants()
        .find(|node| node.tag_name().name() == "vpcSet")
        .context("EC2's answer has no VPCs")?;
    let items = set.children().filter(roxmltree::Node::is_element);
    Ok(items.count().try_into()?)
}

/// A service's refusal, as it says it.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// The error's name, such as `AccessDeniedException`; empty where the answer has none.
    pub(crate) code: String,
    message: String,
    base: String,
}

impl Refusal {
    fn read(base: &str, status: u16, text: &str) -> Self {
        let answer: Value = serde_json::from_str(text).unwrap_or_default();
        let member = |names: &[&str]| {
            let found = names.iter().find_map(|name| answer.get(name)?.as_str());
            found.map(ToOwned::to_owned)
        };
        // `com.amazonaws.logs#ResourceNotFoundException`, and `Code:http://...` of the gateway.
        let code = member(&["__type", "code", "Code"]).unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default();
        Self {
            status,
            code: code.to_owned(),
            message: member(&["message", "Message"]).unwrap_or_else(|| text.trim().to_owned()),
            base: base.to_owned(),
        }
    }

    fn is_for_now(&self) -> bool {
        self.status == 429 || self.status >= 500 || self.code.contains("Throttl")
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            status,
            code,
            message,
            base,
        } = self;
        let code = match code.is_empty() {
            true => String::new(),
            false => format!(" {code}"),
        };
        write!(f, "`{base}` answered {status}{code}: {message}")
    }
}

impl std::error::Error for Refusal {}

/// The refusal among the causes of `err`.
pub(crate) fn refusal(err: &anyhow::Error) -> Option<&Refusal> {
    err.chain().find_map(|cause| cause.downcast_ref())
}

pub(super) async fn get(
    connection: &Connection,
    service: &str,
    path: &str,
) -> anyhow::Result<String> {
    call(connection, service, "GET", path, None, None).await
}

/// Gets a JSON document.
pub(super) async fn get_json(
    connection: &Connection,
    service: &str,
    path: &str,
) -> anyhow::Result<Value> {
    let answer = get(connection, service, path).await?;
    parse(service, &answer)
}

/// Sends a JSON document with `method`; what comes back may be empty.
pub(super) async fn send_json(
    connection: &Connection,
    service: &str,
    method: &str,
    path: &str,
    json: &Value,
) -> anyhow::Result<Value> {
    let json = json.to_string();
    let answer = call(connection, service, method, path, None, Some(&json)).await?;
    match answer.trim() {
        "" => Ok(Value::Null),
        answer => parse(service, answer),
    }
}

pub(super) async fn delete(
    connection: &Connection,
    service: &str,
    path: &str,
) -> anyhow::Result<()> {
    call(connection, service, "DELETE", path, None, None).await?;
    Ok(())
}

/// Calls an operation of a service that speaks AWS's JSON protocol, such as
/// `Logs_20140328.FilterLogEvents`.
pub(super) async fn operate(
    connection: &Connection,
    service: &str,
    operation: &str,
    input: &Value,
) -> anyhow::Result<Value> {
    let input = input.to_string();
    let answer = call(
        connection,
        service,
        "POST",
        "/",
        Some(operation),
        Some(&input),
    )
    .await?;
    parse(service, &answer)
}

fn parse(service: &str, answer: &str) -> anyhow::Result<Value> {
    serde_json::from_str(answer).with_context(|| format!("the answer of `{service}` is not JSON"))
}

/// Text for a query or a path, with everything escaped that has a meaning there.
pub(super) fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// One call, repeated while the service is busy. What may not happen twice has a token of its
/// own, or is looked at again by who asked.
async fn call(
    connection: &Connection,
    service: &str,
    method: &str,
    path: &str,
    operation: Option<&str>,
    json: Option<&str>,
) -> anyhow::Result<String> {
    let base = base(connection, service);
    let is_busy = |err: &anyhow::Error| refusal(err).is_some_and(Refusal::is_for_now);
    let attempt = || async {
        let request = sign_call(connection, service, method, path, operation, json).await?;
        let base = base.clone();
        // The client blocks, and Ctrl-C is to be heard meanwhile.
        tokio::task::spawn_blocking(move || send(&base, request))
            .await
            .context("the call was given up")?
    };
    let waits = backon::ExponentialBuilder::default()
        .with_min_delay(patient(BACKOFF))
        .with_max_times(ATTEMPTS)
        .with_jitter();
    attempt.retry(waits).when(is_busy).await
}

fn base(connection: &Connection, service: &str) -> String {
    let region = &connection.region;
    match connection.config.endpoint_url() {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None if region.starts_with("cn-") => format!("https://{service}.{region}.amazonaws.com.cn"),
        None => format!("https://{service}.{region}.amazonaws.com"),
    }
}

/// A request that is ready to go, for a few minutes.
async fn sign_call(
    connection: &Connection,
    service: &str,
    method: &str,
    path: &str,
    operation: Option<&str>,
    json: Option<&str>,
) -> anyhow::Result<Request<String>> {
    let config = &connection.config;
    let url = format!("{}{path}", base(connection, service));
    let provider = config.credentials_provider().context("no credentials")?;
    let credentials = provider
        .provide_credentials()
        .await
        .context("no credentials")?;
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&connection.region)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .context("cannot sign the request")?
        .into();
    let mut headers: Vec<(&str, &str)> = Vec::new();
    match (operation, json) {
        (Some(operation), _) => {
            let protocol = match service {
                "monitoring" => JSON_PROTOCOL_OF_MONITORING,
                _ => JSON_PROTOCOL,
            };
            headers.push(("content-type", protocol));
            headers.push(("x-amz-target", operation));
        }
        (None, Some(_)) => headers.push(("content-type", "application/json")),
        // API Gateway answers with links in HAL otherwise.
        (None, None) => headers.push(("accept", "application/json")),
    }
    let body = json.unwrap_or_default();
    let signable = SignableBody::Bytes(body.as_bytes());
    let request = SignableRequest::new(method, &url, headers.iter().copied(), signable)
        .and_then(|request| sign(request, &params))
        .context("cannot sign the request")?;
    let (instructions, _) = request.into_parts();
    let mut request = Request::builder()
        .method(method)
        .uri(&url)
        .body(body.to_owned())
        .with_context(|| format!("`{url}` cannot be asked for"))?;
    for (name, value) in headers {
        request
            .headers_mut()
            .insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

fn send(base: &str, request: Request<String>) -> anyhow::Result<String> {
    let mut response = agent(base, patient(TIMEOUT))
        .run(request)
        .with_context(|| format!("cannot call `{base}`"))?;
    let status = response.status();
    let text = response
        .body_mut()
        .read_to_string()
        .with_context(|| format!("`{base}` broke off"))?;
    if !status.is_success() {
        return Err(Refusal::read(base, status.as_u16(), &text).into());
    }
    Ok(text)
}
