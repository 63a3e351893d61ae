//! The API keys of a stage's tiers: which is current, which is left of a rotation, what they used.

use comfy_table::{Table, presets};
use schemars::JsonSchema;
use serde::Serialize;

use cfnkit_assembly::stage::Stage;

#[cfg(test)]
mod tests;

/// A kind of consumer, with a usage plan of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    Standard,
    Premium,
}

impl Tier {
    pub const ALL: [Self; 2] = [Self::Standard, Self::Premium];

    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Premium => "premium",
        }
    }

    /// As the templates spell it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Premium => "Premium",
        }
    }

    /// What the names of the stage's keys of this tier begin with; no other stage's do.
    pub fn key_prefix(self, stage: &Stage) -> String {
        format!("{}-{}-", stage.stack_name(), self.name())
    }

    /// The stack's output with the current key's ID.
    pub fn key_output(self) -> &'static str {
        match self {
            Self::Standard => "StandardApiKeyId",
            Self::Premium => "PremiumApiKeyId",
        }
    }

    /// The stack's output with the usage plan's ID.
    pub fn plan_output(self) -> &'static str {
        match self {
            Self::Standard => "StandardUsagePlanId",
            Self::Premium => "PremiumUsagePlanId",
        }
    }

    /// The root parameter that a rotation counts up.
    pub fn generation(self) -> &'static str {
        match self {
            Self::Standard => "StandardKeyGeneration",
            Self::Premium => "PremiumKeyGeneration",
        }
    }
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
    pub stack: String,
    /// Those of each tier, the current one first.
    pub keys: Vec<Key>,
}

/// A key of a tier, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    pub tier: Tier,
    pub id: String,
    pub name: String,
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

/// The last day with a request, and today's number of them. The days end today.
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
        table.add_row([key.tier.name(), &key.id, state, &used, last]);
    }
    let text = table.to_string();
    let lines = text.lines().map(|line| line.trim());
    lines.collect::<Vec<_>>().join("\n")
}
