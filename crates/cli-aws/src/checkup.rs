//! The account looked at for what a deploy needs of it. What cannot be asked is a finding too.

use std::time::SystemTime;

use crate::bootstrap;
use crate::commands::failed_call;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_assembly::stage::Stage;
use cfnkit_aws::aws::{Connection, account, api_gateway, ec2, lambda, logs};
use cfnkit_aws::error::{Result, ServiceError, Trouble};
use cfnkit_console::error::chain;
use cfnkit_operate::doctor::{self, Checked, Kept, Trail};
use cfnkit_operation::stack::Stack;
use cfnkit_template::parameters::Parameters;

/// Codes of Service Quotas, as `aws service-quotas list-service-quotas` lists them.
const QUOTAS: [(&str, &str, &str); 2] = [
    (
        "requests per second of all APIs",
        "apigateway",
        "L-8A5B8E43",
    ),
    ("VPCs in the region", "vpc", "L-F678F1CE"),
];

/// What is to be deployed.
#[derive(Debug)]
pub(crate) struct Intent<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) parameters: &'a Parameters,
    pub(crate) deployed: Option<&'a Stack>,
    /// The bucket for the assets, where it is not the bootstrap stack's.
    pub(crate) asset_bucket: Option<&'a str>,
}

/// What would make a first deploy fail after minutes, and what an account should have besides.
pub(crate) async fn before_first_deploy(
    connection: &Connection,
    intent: &Intent<'_>,
) -> Vec<Checked> {
    let mut findings = vec![
        logs_role(connection).await,
        concurrency(connection, intent).await,
    ];
    findings.extend(collisions(connection, intent).await);
    findings.push(trails(connection).await);
    findings
}

/// Everything that can be known of an account.
pub(crate) async fn of_account(
    connection: &Connection,
    cloud: Cloud,
    login: &str,
    intent: &Intent<'_>,
) -> Vec<Checked> {
    let mut findings = vec![Checked::ok("account and region", connection.place())];
    if cloud == Cloud::Aws {
        let expiry = connection.expiry();
        let left = expiry.map(|end| end.duration_since(SystemTime::now()).unwrap_or_default());
        findings.push(doctor::credentials(left, login));
    }
    findings.push(bootstrap_state(connection, intent).await);
    match cloud {
        Cloud::Local => {
            findings.push(concurrency(connection, intent).await);
            findings.extend(collisions(connection, intent).await);
        }
        Cloud::Aws => {
            findings.extend(before_first_deploy(connection, intent).await);
            findings.extend(quotas(connection, intent).await);
        }
    }
    findings
}

async fn bootstrap_state(connection: &Connection, intent: &Intent<'_>) -> Checked {
    const NAME: &str = "asset bucket";
    if let Some(bucket) = intent.asset_bucket {
        return match connection.s3().check(bucket).await {
            Ok(()) => Checked::ok(NAME, format!("`{bucket}`, as chosen")),
            Err(err) => Checked::error(
                NAME,
                chain(&err),
                "name another with `--asset-bucket`, or leave it to the bootstrap stack",
            ),
        };
    }
    match bootstrap::asset_bucket(&connection.cloudformation()).await {
        Ok(Some(bucket)) => Checked::ok(NAME, bucket),
        Ok(None) => Checked::warning(
            NAME,
            "none yet",
            "nothing: the first deploy asks, and creates it",
        ),
        Err(err) => unknown(NAME, err, "cloudformation:DescribeStacks"),
    }
}

async fn logs_role(connection: &Connection) -> Checked {
    match api_gateway::logs_role(connection).await {
        Ok(role) => doctor::logs_role(role.as_deref()),
        Err(err) => unknown("API Gateway's logs role", err, "apigateway:GET"),
    }
}

async fn concurrency(connection: &Connection, intent: &Intent<'_>) -> Checked {
    let reserved = |parameters: &Parameters| -> Option<(&str, u64)> {
        let name = intent.stage.service().concurrency_parameter()?;
        Some((name, parameters.get(name)?.parse().ok()?))
    };
    let already = intent
        .deployed
        .and_then(|stack| reserved(&stack.parameters))
        .map_or(0, |(_, count)| count);
    match account::concurrency(connection).await {
        Ok((limit, unreserved)) => {
            doctor::concurrency(limit, unreserved, reserved(intent.parameters), already)
        }
        Err(err) => unknown("Lambda concurrency", err, "lambda:GetAccountSettings"),
    }
}

/// Names that the templates give; what has no name of its own cannot collide.
async fn collisions(connection: &Connection, intent: &Intent<'_>) -> Vec<Checked> {
    if intent.deployed.is_some() {
        return Vec::new();
    }
    let functions = intent.stage.service().functions.iter();
    let functions = functions.filter_map(|function| function.name_in(intent.stage));
    let mut findings = Vec::new();
    for function in functions {
        findings.push(match lambda::exists(connection, &function).await {
            Ok(exists) => doctor::collision("function", &function, exists),
            Err(err) => unknown(
                "name of the function",
                err,
                "lambda:GetFunctionConfiguration",
            ),
        });
    }
    for group in intent.stage.fixed_log_groups() {
        findings.push(match logs::groups(connection, &group).await {
            Ok(groups) => doctor::collision("log group", &group, groups.contains(&group)),
            Err(err) => unknown("name of the log group", err, "logs:DescribeLogGroups"),
        });
    }
    findings
}

async fn trails(connection: &Connection) -> Checked {
    let rights = "cloudtrail:DescribeTrails, GetTrailStatus and GetEventSelectors";
    match find_trails(connection).await {
        Ok(trails) => doctor::trails(&trails),
        Err(err) => unknown("CloudTrail", err, rights),
    }
}

async fn find_trails(connection: &Connection) -> anyhow::Result<Vec<Trail>> {
    let mut found = Vec::new();
    for trail in account::trails(connection).await? {
        let is_logging = account::is_logging(connection, &trail).await;
        let selectors = account::logs_management_events(connection, &trail).await;
        // The organisation's trail may be looked at from its own account only.
        let or_trusted = |known: Result<bool>| match known {
            Err(err) if trail.is_of_organization && err.trouble() == Some(Trouble::Refused) => {
                Ok(true)
            }
            known => known,
        };
        let days = connection.s3().expiration_days(&trail.bucket).await;
        found.push(Trail {
            name: trail.arn.rsplit('/').next().unwrap_or_default().to_owned(),
            is_everywhere: trail.is_multi_region,
            is_logging: or_trusted(is_logging)?,
            logs_management_events: or_trusted(selectors)?,
            kept: match days {
                Ok(Some(days)) => Kept::Days(days),
                Ok(None) => Kept::Forever,
                Err(_) => Kept::Unknown,
            },
        });
    }
    Ok(found)
}

/// What could not be found out, and the right that was missing where one was.
fn unknown(name: &str, err: impl Into<anyhow::Error>, right: &str) -> Checked {
    let err = err.into();
    match failed_call(&err).is_some_and(ServiceError::is_denial) {
        true => Checked::unknown(name, err.as_ref(), right),
        false => Checked::unanswered(name, err.as_ref()),
    }
}

async fn quotas(connection: &Connection, intent: &Intent<'_>) -> Vec<Checked> {
    let rate = intent.stage.service().limits.as_ref();
    let rate = rate.and_then(|limits| intent.parameters.get(limits.stage_rate));
    let rate = rate.and_then(|rate| rate.parse().ok()).unwrap_or(1);
    let mut findings = Vec::new();
    for (name, service, code) in QUOTAS {
        let value = match account::quota(connection, service, code).await {
            Ok(value) => value,
            Err(err) => {
                let right = "servicequotas:GetServiceQuota";
                findings.push(unknown(name, err, right));
                continue;
            }
        };
        findings.push(match service {
            "vpc" => match ec2::vpcs(connection).await {
                Ok(used) => {
                    let needed = u64::from(intent.deployed.is_none());
                    doctor::quota(name, value, Some(used), needed)
                }
                Err(err) => unknown(name, err, "ec2:DescribeVpcs"),
            },
            _ => doctor::quota(name, value, None, rate),
        });
    }
    findings
}
