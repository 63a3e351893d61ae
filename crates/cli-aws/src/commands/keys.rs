//! The steps of `keys`.

use std::time::{Duration, SystemTime};

use xshell::Shell;

use crate::deployed::Deployed;
use crate::deployed::deployed;
use cfnkit_assembly::service::Tier;
use cfnkit_aws::aws::{Connection, api_gateway};
use cfnkit_cli::commands::keys::{Action, Keys};
use cfnkit_cli::program::service;
use cfnkit_console::screen;
use cfnkit_operate::api_keys::{self, Key, Listing, State, seen};
use cfnkit_tools::workspace::Workspace;

mod rotate;

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) async fn run(flags: Keys, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    if let Some(Action::Rotate(rotate)) = flags.action {
        return rotate::run(rotate, sh, workspace).await;
    }
    if flags.show.is_some() && screen::is_ci() {
        anyhow::bail!("a key's value is not shown where CI is set: the log would keep it");
    }
    let deployed = deployed(&flags.stage, &flags.environment, sh, workspace).await?;
    let connection = &deployed.environment.connection;
    if let Some(tier) = flags.show {
        let id = deployed.output(tier.key_output)?;
        screen::data(api_gateway::key_value(connection, id).await?);
        return Ok(());
    }
    let mut keys = Vec::new();
    for tier in service().tiers {
        keys.extend(tier_keys(&deployed, tier).await?);
    }
    if flags.json {
        let stack = deployed.stack.name.clone();
        let listing = Listing { stack, keys };
        screen::data(serde_json::to_string_pretty(&listing)?);
        return Ok(());
    }
    screen::show(api_keys::render(&keys, &date(SystemTime::now())));
    if deployed.is_local() {
        screen::note(
            "The local cloud holds the quota and does not tell what was used of it; that \
             shows on AWS only.",
        );
    }
    Ok(())
}

/// The keys of a tier's usage plan, the current one first.
pub(super) async fn tier_keys(
    deployed: &Deployed,
    tier: &'static Tier,
) -> anyhow::Result<Vec<Key>> {
    let connection = &deployed.environment.connection;
    let plan_id = deployed.output(tier.plan_output)?;
    let current = deployed.output(tier.key_output)?;
    let plan = api_gateway::plan(connection, plan_id).await?;
    let mut keys = Vec::new();
    for id in api_gateway::plan_keys(connection, plan_id).await? {
        let key = api_gateway::key(connection, &id).await?;
        let usage = match deployed.is_local() {
            true => None,
            false => Some(usage(connection, plan_id, &id).await?),
        };
        keys.push(Key {
            tier: tier.name,
            name: key.name,
            state: match (key.is_enabled, id == current) {
                (false, _) => State::Disabled,
                (true, true) => State::Current,
                (true, false) => State::Old,
            },
            id,
            created_at: key.created,
            used_today: usage.as_ref().map(|(today, _)| *today),
            last_seen: usage.and_then(|(_, last)| last),
            quota: plan.quota,
            quota_period: plan.quota_period.clone(),
        });
    }
    keys.sort_by_key(|key| (key.id != current, std::cmp::Reverse(key.created_at)));
    Ok(keys)
}

/// Today's requests, and the day of the last.
async fn usage(
    connection: &Connection,
    plan: &str,
    key: &str,
) -> anyhow::Result<(u64, Option<String>)> {
    const DAYS: u32 = 30;
    let now = SystemTime::now();
    let dates: Vec<String> = (0..DAYS)
        .rev()
        .map(|back| date(now - back * A_DAY))
        .collect();
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
        return Ok((0, None));
    };
    let usage = api_gateway::usage(connection, plan, key, first, last).await?;
    Ok(seen(&usage.days, &dates))
}

/// `2026-11-24`, in UTC.
fn date(time: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(time).to_string();
    text.chars().take(10).collect()
}
