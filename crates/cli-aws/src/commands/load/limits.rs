//! The limits of a deployed stage, read from its stack's parameters.

use anyhow::Context as _;

use cfnkit_assembly::service::{LimitParameters, Tier};
use cfnkit_load::load::verdict::{Bucket, StageLimits};
use cfnkit_template::parameters::Parameters;

/// The limits for a key of `tier`. A parameter is missing in a stack that an older template made;
/// only that of the concurrency may be a word, as where nothing is reserved.
pub(super) fn of_stack(
    parameters: &Parameters,
    tier: &Tier,
    shared: &LimitParameters,
    concurrency: Option<&str>,
) -> anyhow::Result<StageLimits> {
    let text = |name: &str| {
        parameters
            .get(name)
            .with_context(|| format!("the stack has no parameter `{name}`; deploy it again"))
    };
    let number = |name: &str| -> anyhow::Result<f64> {
        let text = text(name)?;
        text.parse()
            .with_context(|| format!("the stack's parameter `{name}` is `{text}`, no number"))
    };
    let bucket = |rate: &str, burst: &str| -> anyhow::Result<Bucket> {
        Ok(Bucket {
            rate_per_second: number(rate)?,
            burst_requests: number(burst)?,
        })
    };
    Ok(StageLimits {
        key: bucket(tier.rate_parameter, tier.burst_parameter)?,
        stage: bucket(shared.stage_rate, shared.stage_burst)?,
        quota_per_day: number(tier.quota_parameter)? as u64,
        firewall_per300_seconds: number(shared.firewall_rate)? as u64,
        firewall_parameter: shared.firewall_rate.to_owned(),
        concurrency: match concurrency {
            Some(name) => text(name)?.parse().ok(),
            None => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIER: Tier = Tier {
        name: "standard",
        key_output: "",
        plan_output: "",
        generation_parameter: "",
        rate_parameter: "KeyRate",
        burst_parameter: "KeyBurst",
        quota_parameter: "KeyQuota",
        word: "Standard",
    };

    const SHARED: LimitParameters = LimitParameters {
        stage_rate: "StageRate",
        stage_burst: "StageBurst",
        firewall_rate: "FirewallRate",
    };

    const DEPLOYED: &[(&str, &str)] = &[
        ("StageRate", "100"),
        ("StageBurst", "200"),
        ("KeyRate", "50"),
        ("KeyBurst", "100"),
        ("KeyQuota", "10000"),
        ("FirewallRate", "2000"),
        ("Reserved", "100"),
    ];

    /// What is read where `name` is deployed as `value`, or not at all.
    fn limits(name: &str, value: Option<&str>) -> anyhow::Result<StageLimits> {
        let deployed = DEPLOYED.iter();
        let mut parameters: Parameters = deployed
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        match value {
            Some(value) => parameters.insert(name.to_owned(), value.to_owned()),
            None => parameters.remove(name),
        };
        of_stack(&parameters, &TIER, &SHARED, Some("Reserved"))
    }

    #[test]
    fn each_limit_is_its_parameter() {
        let expected = StageLimits {
            key: Bucket {
                rate_per_second: 50.0,
                burst_requests: 100.0,
            },
            stage: Bucket {
                rate_per_second: 100.0,
                burst_requests: 200.0,
            },
            quota_per_day: 10_000,
            firewall_per300_seconds: 2000,
            firewall_parameter: "FirewallRate".to_owned(),
            concurrency: Some(100),
        };
        assert_eq!(limits("Reserved", Some("100")).unwrap(), expected);
        assert_eq!(limits("Reserved", Some("none")).unwrap().concurrency, None);
    }

    #[test]
    fn a_stack_of_before_lacks_a_parameter_and_is_told_so() {
        let text = |name, value| limits(name, value).unwrap_err();
        assert_eq!(
            text("KeyRate", Some("x")).to_string(),
            "the stack's parameter `KeyRate` is `x`, no number"
        );
        for name in ["KeyRate", "FirewallRate", "Reserved"] {
            assert_eq!(
                text(name, None).to_string(),
                format!("the stack has no parameter `{name}`; deploy it again")
            );
        }
    }
}
