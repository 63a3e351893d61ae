//! Single calls to services whose SDK crates would cost more build time than the rest of
//! this program: they are signed with AWS's own signer and sent by the SDK's HTTP client.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use backon::Retryable as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use serde_json::Value;
use ureq::http::Request;

use super::Connection;
use super::endpoint::{self, Service};
use super::refusal::{self, Answer};
use crate::connection_failure::{ConnectionFailure, cause};
use crate::error::{Context as _, Error, Result, ServiceError, Trouble};
use cfnkit_console::patience::patient;

/// Calls again after the first, the first of them after this long.
const ATTEMPTS: usize = 4;
const BACKOFF: Duration = Duration::from_millis(500);

/// The protocol's version by service: 1.1 but for this one.
const JSON_PROTOCOL: &str = "application/x-amz-json-1.1";
const JSON_PROTOCOL_OF_MONITORING: &str = "application/x-amz-json-1.0";

const TIMEOUT: Duration = Duration::from_secs(15);

/// All characters but those that a signature of version 4 leaves as they are.
const RESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The ID of the region's prefix list for DynamoDB (`pl-..`). CloudFormation has no look-up.
///
/// Source: EC2's `DescribeManagedPrefixLists`, filtered by `com.amazonaws.<region>.dynamodb`.
pub async fn dynamodb_prefix_list(connection: &Connection) -> Result<String> {
    let region = &connection.region;
    let query = format!(
        "Action=DescribeManagedPrefixLists&Version=2016-11-15\
         &Filter.1.Name=prefix-list-name&Filter.1.Value.1=com.amazonaws.{region}.dynamodb"
    );
    let answer = get(connection, endpoint::EC2, &format!("/?{query}")).await;
    let find = |answer: String| -> Result<String> {
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
pub async fn vpcs(connection: &Connection) -> Result<u64> {
    let mut count = 0;
    let mut token = String::new();
    loop {
        let path = format!("/?Action=DescribeVpcs&Version=2016-11-15{token}");
        let answer = get(connection, endpoint::EC2, &path).await?;
        let document = roxmltree::Document::parse(&answer).context("the answer is not XML")?;
        let named = |name: &str| {
            let mut nodes = document.descendants();
            nodes.find(|node| node.tag_name().name() == name)
        };
        let set = named("vpcSet").context("EC2's answer has no VPCs")?;
        let items = set.children().filter(roxmltree::Node::is_element);
        count += items.count() as u64;
        match named("nextToken").and_then(|node| node.text()) {
            Some(next) => token = format!("&NextToken={}", escape(next)),
            None => return Ok(count),
        }
    }
}

pub(super) async fn get(connection: &Connection, service: Service, path: &str) -> Result<String> {
    call(connection, service, "GET", path, None, None).await
}

/// Gets a JSON document.
pub(super) async fn get_json(
    connection: &Connection,
    service: Service,
    path: &str,
) -> Result<Value> {
    let answer = get(connection, service, path).await?;
    parse(service, &answer)
}

/// Sends a JSON document with `method`; what comes back may be empty.
pub(super) async fn send_json(
    connection: &Connection,
    service: Service,
    method: &str,
    path: &str,
    json: &Value,
) -> Result<Value> {
    let json = json.to_string();
    let answer = call(connection, service, method, path, None, Some(&json)).await?;
    match answer.trim() {
        "" => Ok(Value::Null),
        answer => parse(service, answer),
    }
}

pub(super) async fn delete(connection: &Connection, service: Service, path: &str) -> Result<()> {
    call(connection, service, "DELETE", path, None, None).await?;
    Ok(())
}

/// Calls an operation of a service that speaks AWS's JSON protocol, such as
/// `Logs_20140328.FilterLogEvents`.
pub(super) async fn operate(
    connection: &Connection,
    service: Service,
    operation: &str,
    input: &Value,
) -> Result<Value> {
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

/// Calls an operation for one page after another, until no answer has another `token`.
pub(super) async fn operate_to_the_end(
    connection: &Connection,
    service: Service,
    operation: &str,
    token: &str,
    mut input: Value,
) -> Result<Vec<Value>> {
    let mut pages = Vec::new();
    loop {
        let page = operate(connection, service, operation, &input).await?;
        let next = page.get(token).cloned().filter(|next| !next.is_null());
        pages.push(page);
        match next {
            Some(next) if input.get(token) != Some(&next) => input[token] = next,
            _ => return Ok(pages),
        }
    }
}

fn parse(service: Service, answer: &str) -> Result<Value> {
    serde_json::from_str(answer)
        .with_context(|| format!("the answer of `{}` is not JSON", service.name))
}

/// Text for a query or a path, with everything escaped that has a meaning there, and nothing else:
/// what a signature is made over has these characters as they are, and whoever compares it with the
/// text that was sent must find the same.
pub(super) fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, &RESERVED).to_string()
}

/// One call, repeated while the service is busy. What may not happen twice has a token of its
/// own, or is looked at again by who asked.
async fn call(
    connection: &Connection,
    service: Service,
    method: &str,
    path: &str,
    operation: Option<&str>,
    json: Option<&str>,
) -> Result<String> {
    let base = endpoint::of(&connection.config, service).await?;
    let is_busy = |err: &Error| err.trouble() == Some(Trouble::Passing);
    let attempt = || async {
        let url = format!("{base}{path}");
        let request = sign_call(connection, service, method, &url, operation, json).await?;
        let answer = tokio::time::timeout(patient(TIMEOUT), send(connection, &base, request));
        answer
            .await
            .with_context(|| format!("no answer from `{base}` in time"))?
    };
    let waits = backon::ExponentialBuilder::default()
        .with_min_delay(patient(BACKOFF))
        .with_max_times(ATTEMPTS)
        .with_jitter();
    attempt.retry(waits).when(is_busy).await
}

/// A request that is ready to go, for a few minutes.
async fn sign_call(
    connection: &Connection,
    service: Service,
    method: &str,
    url: &str,
    operation: Option<&str>,
    json: Option<&str>,
) -> Result<Request<String>> {
    let config = &connection.config;
    let provider = config.credentials_provider().context("no credentials")?;
    let credentials = provider
        .provide_credentials()
        .await
        .context("no credentials")?;
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&connection.region)
        .name(service.name)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .context("cannot sign the request")?
        .into();
    let mut headers: Vec<(&str, &str)> = Vec::new();
    match (operation, json) {
        (Some(operation), _) => {
            let protocol = match service {
                endpoint::CLOUDWATCH => JSON_PROTOCOL_OF_MONITORING,
                _ => JSON_PROTOCOL,
            };
            headers.push(("content-type", protocol));
            headers.push(("x-amz-target", operation));
        }
        (None, Some(_)) => headers.push(("content-type", "application/json")),
        // It answers with links in HAL otherwise.
        (None, None) if service == endpoint::API_GATEWAY => {
            headers.push(("accept", "application/json"));
        }
        (None, None) => {}
    }
    let body = json.unwrap_or_default();
    let signable = SignableBody::Bytes(body.as_bytes());
    let request = SignableRequest::new(method, url, headers.iter().copied(), signable)
        .and_then(|request| sign(request, &params))
        .context("cannot sign the request")?;
    let (instructions, _) = request.into_parts();
    let request = Request::builder().method(method).uri(url);
    let headers = headers.into_iter();
    let request = headers.fold(request, |request, (name, value)| {
        request.header(name, value)
    });
    let mut request = request
        .body(body.to_owned())
        .with_context(|| format!("`{url}` cannot be asked for"))?;
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

async fn send(connection: &Connection, base: &str, request: Request<String>) -> Result<String> {
    let request =
        HttpRequest::try_from(request.map(SdkBody::from)).context("the request cannot be sent")?;
    let answer = connection.connector.call(request).await;
    let mut response = answer.map_err(|err| match cause::<ConnectionFailure>(&err) {
        // A connection that was kept may have ended meanwhile.
        Some(failure) => Error::from(ServiceError {
            text: failure.to_string(),
            trouble: Trouble::Passing,
            ..ServiceError::default()
        }),
        None => Error::new(format!("cannot call `{base}`: {err}")),
    })?;
    let body = ByteStream::new(response.take_body()).collect().await;
    let body = body
        .with_context(|| format!("`{base}` broke off"))?
        .to_vec();
    let body = String::from_utf8_lossy(&body);
    if response.status().is_success() {
        return Ok(body.into_owned());
    }
    let headers = response.headers();
    let answer = Answer {
        status: response.status().as_u16(),
        error_type: headers.get("x-amzn-errortype"),
        date: headers.get("date"),
        body: &body,
    };
    Err(refusal::read(base, &answer).into())
}
