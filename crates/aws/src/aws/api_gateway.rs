//! API Gateway's keys, usage plans and account settings.

use serde_json::{Value, json};

use super::Connection;
use super::endpoint::API_GATEWAY;
use super::signed::escape;
use crate::error::Result;
use cfnkit_console::error::{Context as _, Error as Words};

/// A key of a usage plan. Its value is asked for where somebody is to see it, and only there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// API Gateway's ID of it, which is no secret.
    pub id: String,
    /// As it was created.
    pub name: String,
    /// Whether requests with it are let through.
    pub is_enabled: bool,
    /// Seconds since 1970.
    pub created: i64,
}

/// A usage plan's quota.
#[derive(Debug, Clone, PartialEq)]
pub struct UsagePlan {
    /// Requests in each period; `None` where there is no quota.
    pub quota: Option<u64>,
    /// `DAY`, `WEEK` or `MONTH`.
    pub quota_period: Option<String>,
}

/// What a key has used of its plan on the days asked for, the last day last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// One pair a day: used, left.
    pub days: Vec<(u64, u64)>,
}

/// The value of an API key.
///
/// Source: API Gateway's `GetApiKey` with `includeValue`.
///
/// # Errors
///
/// The call fails, as it does for a key that is not there, or its answer has no value.
pub async fn key_value(connection: &Connection, id: &str) -> Result<String> {
    let key = get_key(connection, id, true).await?;
    let value = key["value"].as_str().map(ToOwned::to_owned);
    Ok(value.with_context(|| format!("API key `{id}` has no value"))?)
}

/// Source: API Gateway's `GetApiKey`.
///
/// # Errors
///
/// The call fails, as it does for a key that is not there, or its answer has no ID.
pub async fn key(connection: &Connection, id: &str) -> Result<ApiKey> {
    api_key(&get_key(connection, id, false).await?)
}

async fn get_key(connection: &Connection, id: &str, with_value: bool) -> Result<Value> {
    let path = format!("/apikeys/{}?includeValue={with_value}", escape(id));
    let key = API_GATEWAY.get_json(connection, &path).await;
    Ok(key.with_context(|| format!("cannot read API key `{id}` (apigateway:GET)"))?)
}

/// The IDs of the keys in a plan.
///
/// Source: API Gateway's `GetUsagePlanKeys`.
///
/// # Errors
///
/// A page cannot be read, or a key in it has no ID.
pub async fn plan_keys(connection: &Connection, plan: &str) -> Result<Vec<String>> {
    let path = format!("/usageplans/{}/keys?limit=500", escape(plan));
    let pages = pages(connection, &path)
        .await
        .with_context(|| format!("cannot list the keys of usage plan `{plan}`"))?;
    let ids = pages.iter().flat_map(items).map(|key| text(key, "id"));
    ids.collect()
}

/// The keys with names that begin with `prefix`.
///
/// Source: API Gateway's `GetApiKeys` with `nameQuery`.
///
/// # Errors
///
/// A page cannot be read, or a key in it has no ID.
pub async fn keys_named(connection: &Connection, prefix: &str) -> Result<Vec<ApiKey>> {
    let path = format!("/apikeys?limit=500&name={}", escape(prefix));
    let pages = pages(connection, &path)
        .await
        .context("cannot list the API keys (apigateway:GET)")?;
    pages.iter().flat_map(items).map(api_key).collect()
}

/// Deletes a key; one that is gone is none to delete.
///
/// Source: API Gateway's `DeleteApiKey`.
///
/// # Errors
///
/// The call fails for another reason than that there is no such key. Where no answer came, the key
/// may be gone all the same.
pub async fn delete_key(connection: &Connection, id: &str) -> Result<()> {
    let path = format!("/apikeys/{}", escape(id));
    let deleted = API_GATEWAY.send(connection, "DELETE", &path, None).await;
    match deleted {
        Err(err) if err.call().is_some_and(|call| call.status == 404) => Ok(()),
        deleted => {
            deleted.with_context(|| format!("cannot delete API key `{id}`"))?;
            Ok(())
        }
    }
}

/// Source: API Gateway's `GetUsagePlan`.
///
/// # Errors
///
/// The call fails, as it does for a plan that is not there, or its answer is not JSON.
pub async fn plan(connection: &Connection, id: &str) -> Result<UsagePlan> {
    let path = format!("/usageplans/{}", escape(id));
    let plan = API_GATEWAY.get_json(connection, &path).await;
    let plan = plan.with_context(|| format!("cannot read usage plan `{id}` (apigateway:GET)"))?;
    // The emulator keeps a number as the text that the template has.
    let limit = &plan["quota"]["limit"];
    let limit = limit.as_f64().or_else(|| limit.as_str()?.parse().ok());
    let period = plan["quota"]["period"].as_str();
    Ok(UsagePlan {
        quota: limit.map(|limit| limit as u64),
        quota_period: period.map(ToOwned::to_owned),
    })
}

/// The requests that a key of a plan used, and has left, from `start` to `end`, dates as
/// `2026-11-24` in UTC.
///
/// Source: API Gateway's `GetUsage`. It is some minutes behind.
///
/// # Errors
///
/// The call fails, or a day in its answer lacks one of its two figures. A key that was never used
/// has no days, and that is no error.
pub async fn usage(
    connection: &Connection,
    plan: &str,
    key: &str,
    start: &str,
    end: &str,
) -> Result<Usage> {
    let path = format!(
        "/usageplans/{}/usage?startDate={start}&endDate={end}&keyId={}",
        escape(plan),
        escape(key)
    );
    let answer = API_GATEWAY.get_json(connection, &path).await;
    let answer = answer.with_context(|| format!("cannot read what key `{key}` used"))?;
    // A key that was never used is left out.
    let days = answer.get("values").or_else(|| answer.get("items"));
    let days = days.and_then(|values| values[key].as_array());
    let days = days.into_iter().flatten().map(|day| {
        day[0]
            .as_u64()
            .zip(day[1].as_u64())
            .context("API Gateway's usage has a day without its two figures")
    });
    Ok(Usage {
        days: days.collect::<Result<_, Words>>()?,
    })
}

/// Makes a key useless, or useful again.
///
/// Source: API Gateway's `UpdateApiKey`.
///
/// # Errors
///
/// The call fails. Where no answer came, the key may be changed all the same.
pub async fn enable_key(connection: &Connection, id: &str, enabled: bool) -> Result<()> {
    let patch = json!({ "patchOperations": [
        { "op": "replace", "path": "/enabled", "value": enabled.to_string() }
    ] });
    let path = format!("/apikeys/{}", escape(id));
    API_GATEWAY
        .send(connection, "PATCH", &path, Some(&patch))
        .await
        .with_context(|| format!("cannot change API key `{id}` (apigateway:PATCH)"))?;
    Ok(())
}

/// The role API Gateway writes logs with in this region, if it has one.
///
/// Source: API Gateway's `GetAccount`.
///
/// # Errors
///
/// The call fails, or its answer is not JSON. That there is no role is no error.
pub async fn logs_role(connection: &Connection) -> Result<Option<String>> {
    let account = API_GATEWAY.get_json(connection, "/account").await?;
    let role = account["cloudwatchRoleArn"].as_str();
    Ok(role.filter(|role| !role.is_empty()).map(ToOwned::to_owned))
}

/// A list to its end. Where there is more, an answer says from which `position` on.
async fn pages(connection: &Connection, path: &str) -> Result<Vec<Value>> {
    let mut pages = Vec::new();
    let mut from = String::new();
    loop {
        let path = format!("{path}{from}");
        let page = API_GATEWAY.get_json(connection, &path).await?;
        let position = page["position"].as_str();
        let next = position.map(|position| format!("&position={}", escape(position)));
        pages.push(page);
        match next {
            Some(next) if next != from => from = next,
            _ => return Ok(pages),
        }
    }
}

/// A list is called `item` in the service's own answers, `items` by its SDKs.
fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    let list = answer.get("item").or_else(|| answer.get("items"));
    let (list, single) = match list {
        // HAL writes a list of one as its member.
        Some(Value::Object(_)) => (None, list),
        list => (list.and_then(Value::as_array), None),
    };
    list.into_iter().flatten().chain(single)
}

fn text(value: &Value, name: &str) -> Result<String> {
    let text = value[name].as_str().map(ToOwned::to_owned);
    Ok(text.with_context(|| format!("API Gateway's answer lacks `{name}`"))?)
}

fn api_key(key: &Value) -> Result<ApiKey> {
    let created = key["createdDate"].as_f64();
    Ok(ApiKey {
        id: text(key, "id")?,
        name: text(key, "name").unwrap_or_default(),
        // The emulator keeps what a patch brings, a string.
        is_enabled: key["enabled"] == true || key["enabled"] == "true",
        created: created.map_or(0, |seconds| seconds as i64),
    })
}
