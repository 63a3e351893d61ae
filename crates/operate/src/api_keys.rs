//! The API keys of a stage's tiers: which is current, which is left of a rotation, what they used.

use comfy_table::{Table, presets};
use schemars::JsonSchema;
use serde::Serialize;

use cfnkit_assembly::service::Tier;
use cfnkit_assembly::stage::Stage;

#[cfg(test)]
mod tests;

/// What the names of the stage's keys of a tier begin with; no other stage's do.
pub fn key_prefix(stage: &Stage, tier: &Tier) -> String {
    format!("{}-{}-", stage.stack_name(), tier.name)
}

/// What a key is to its tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The one that new consumers get.
    Current,
    /// Replaced by a rotation, and valid still.
    Old,
    /// Refused.
    Disabled,
}

/// The keys of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// Name of the root stack.
    pub stack: String,
    /// Those of each tier, the current one first.
    pub keys: Vec<Key>,
}

/// A key of a tier, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// As the service calls it.
    pub tier: &'static str,
    /// API Gateway's ID of it.
    pub id: String,
    /// As it was created, and unique in the stage.
    pub name: String,
    /// Which of the tier's keys it is.
    pub state: State,
    /// In seconds since 1970.
    pub created_at: i64,
    /// Requests today, in UTC, that count against the quota; absent where nobody counts.
    pub used_today: Option<u64>,
    /// Requests that the plan allows in each period.
    pub quota: Option<u64>,
    /// `DAY`, `WEEK` or `MONTH`.
    pub quota_period: Option<String>,
    /// The last of the past 30 days, in UTC, on which it was used; absent where there is none,
    /// or nobody counts.
    pub last_seen: Option<String>,
}

/// Today's number of requests, and the last day with one. `days` has for each day the requests used
/// and those that remained, as API Gateway's `GetUsage` does, and ends today.
pub fn seen(days: &[(u64, u64)], dates: &[String]) -> (u64, Option<String>) {
    let today = days.last().map_or(0, |(used, _)| *used);
    // There may be fewer days than were asked for: they end with the last.
    let offset = dates.len().saturating_sub(days.len());
    let last = days.iter().rposition(|(used, _)| *used > 0);
    let last = last.and_then(|index| dates.get(offset + index));
    (today, last.cloned())
}

/// The keys as a table of at most 80 columns.
pub fn render(keys: &[Key], today: &str) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["TIER", "ID", "STATE", "USED TODAY", "LAST SEEN"]);
    for key in keys {
        let state = match key.state {
            State::Current => "current",
            State::Old => "old, valid still",
            State::Disabled => "disabled",
        };
        let used = match (key.used_today, key.quota) {
            (Some(used), Some(quota)) => {
                let share = 100 * used / quota.max(1);
                format!("{used} of {quota} ({share} %)")
            }
            (Some(used), None) => used.to_string(),
            (None, Some(quota)) => format!("? of {quota}"),
            (None, None) => "?".to_owned(),
        };
        let last = match (&key.last_seen, key.used_today) {
            (Some(day), _) if day == today => "today",
            (Some(day), _) => day,
            (None, Some(_)) => "not in 30 days",
            (None, None) => "?",
        };
        table.add_row([key.tier, &key.id, state, &used, last]);
    }
    let text = table.to_string();
    let lines = text.lines().map(|line| line.trim());
    lines.collect::<Vec<_>>().join("\n")
}
