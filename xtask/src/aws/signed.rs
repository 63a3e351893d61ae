//! Single calls to services whose SDK crates would cost more build time than the rest of
//! this program: they are signed with AWS's own signer and sent by a plain HTTP client.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::Connection;

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

/// The value of an API key. Only the local cloud's keys are asked for; a real key is shown by
/// the AWS CLI, on request.
pub(crate) async fn api_key_value(connection: &Connection, id: &str) -> anyhow::Result<String> {
    let answer = get(
        connection,
        "apigateway",
        &format!("/apikeys/{id}?includeValue=true"),
    )
    .await?;
    let key: serde_json::Value = serde_json::from_str(&answer)
        .with_context(|| format!("the answer for API key `{id}` is not JSON"))?;
    let value = key.get("value").and_then(serde_json::Value::as_str);
    Ok(value
        .with_context(|| format!("API key `{id}` has no value"))?
        .to_owned())
}

/// The role API Gateway writes logs with in this region, if it has one.
pub(crate) async fn api_gateway_logs_role(
    connection: &Connection,
) -> anyhow::Result<Option<String>> {
    let answer = get(connection, "apigateway", "/account").await?;
    let account: serde_json::Value =
        serde_json::from_str(&answer).context("API Gateway's answer is not JSON")?;
    let role = account
        .get("cloudwatchRoleArn")
        .and_then(serde_json::Value::as_str);
    Ok(role.filter(|role| !role.is_empty()).map(ToOwned::to_owned))
}

pub(super) async fn get(
    connection: &Connection,
    service: &str,
    path: &str,
) -> anyhow::Result<String> {
    call(connection, service, path, None).await
}

/// Puts a JSON document.
pub(super) async fn put(
    connection: &Connection,
    service: &str,
    path: &str,
    json: &str,
) -> anyhow::Result<String> {
    call(connection, service, path, Some(json)).await
}

/// A GET or, with a body, a PUT.
async fn call(
    connection: &Connection,
    service: &str,
    path: &str,
    json: Option<&str>,
) -> anyhow::Result<String> {
    let config = &connection.config;
    let region = &connection.region;
    let base = match config.endpoint_url() {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None if region.starts_with("cn-") => format!("https://{service}.{region}.amazonaws.com.cn"),
        None => format!("https://{service}.{region}.amazonaws.com"),
    };
    let url = format!("{base}{path}");
    let provider = config.credentials_provider().context("no credentials")?;
    let credentials = provider
        .provide_credentials()
        .await
        .context("no credentials")?;
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .context("cannot sign the request")?
        .into();
    let (method, body) = match json {
        Some(json) => ("PUT", json),
        None => ("GET", ""),
    };
    let body = SignableBody::Bytes(body.as_bytes());
    let request = SignableRequest::new(method, &url, std::iter::empty(), body)
        .and_then(|request| sign(request, &params))
        .context("cannot sign the request")?;
    let (instructions, _) = request.into_parts();
    let (headers, _) = instructions.into_parts();
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|header| (header.name().to_owned(), header.value().to_owned()))
        .collect();
    // The client blocks; nothing else runs meanwhile.
    let agent = agent(&url);
    let answer = match json {
        None => {
            let call = headers.iter().fold(agent.get(&url), |call, (name, value)| {
                call.header(name, value)
            });
            call.call()
        }
        Some(json) => {
            let call = agent.put(&url).content_type("application/json");
            let call = headers
                .iter()
                .fold(call, |call, (name, value)| call.header(name, value));
            call.send(json)
        }
    };
    let mut response = answer.with_context(|| format!("cannot call `{base}`"))?;
    let status = response.status();
    let text = response
        .body_mut()
        .read_to_string()
        .with_context(|| format!("`{base}` broke off"))?;
    if !status.is_success() {
        anyhow::bail!("`{base}` answered {status}: {}", text.trim());
    }
    Ok(text)
}

fn agent(url: &str) -> ureq::Agent {
    let builder = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false);
    if url.starts_with("http://") {
        return builder.proxy(None).build().into();
    }
    // The system's roots, as the SDK uses them: behind a proxy that opens TLS they hold its root.
    let roots: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .build();
    builder.tls_config(tls).build().into()
}
