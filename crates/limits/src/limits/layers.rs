//! A stage's layers looked at as one consumer meets them: by tier, and in their order.

use cfnkit_console::error::{Context as _, Result};

use super::{Layer, Layers, Limit, Tier};

impl Layers {
    /// The same without what the local cloud has not: WAF, a limit of executions, a table that
    /// throttles.
    pub fn of_local_cloud(mut self) -> Self {
        self.waf = None;
        self.concurrency.limit = Limit::Slots {
            executions: f64::MAX,
        };
        if let Some(table) = &mut self.table {
            table.limit = Limit::Writes {
                units_per_second: f64::MAX,
                burst: f64::MAX,
            };
        }
        self
    }

    /// The tier called `name`.
    ///
    /// # Errors
    ///
    /// There is no such tier; the error names those there are.
    pub fn tier(&self, name: &str) -> Result<&Tier> {
        let found = self.tiers.iter().find(|tier| tier.name == name);
        found.with_context(|| {
            let names: Vec<&str> = self.tiers.iter().map(|tier| tier.name.as_str()).collect();
            format!(
                "there is no tier `{name}` in the templates; there is {}",
                names.join(", ")
            )
        })
    }

    /// What a request with a key of `tier` passes, in its order. WAF comes before everything of
    /// API Gateway's; there the client's limits come before the stage's and those before the
    /// account's ("How throttling limit settings are applied", API Gateway's developer guide).
    /// Whether a throttled request is counted against the quota is not documented; here the
    /// throttle comes first, and it is not.
    ///
    /// # Errors
    ///
    /// There is no such tier; the error names those there are.
    pub fn path(&self, tier: &str) -> Result<Vec<&Layer>> {
        // Without usage plans nobody has a key, and a consumer is of no tier.
        let tier = match tier {
            "" if self.tiers.is_empty() => None,
            tier => Some(self.tier(tier)?),
        };
        let in_order = [
            self.waf.as_ref(),
            tier.and_then(|tier| tier.throttle.as_ref()),
            tier.and_then(|tier| tier.quota.as_ref()),
            self.stage.as_ref(),
            Some(&self.account),
            Some(&self.concurrency),
            self.table.as_ref(),
        ];
        Ok(in_order.into_iter().flatten().collect())
    }
}
