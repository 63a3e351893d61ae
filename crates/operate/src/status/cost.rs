//! What a month costs at the present rate. The prices are data with a date, in `data/prices.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use cfnkit_console::error::{Context as _, Result};

const PRICES: &str = include_str!("../../data/prices.json");

const SECONDS_A_MONTH: f64 = 30.0 * 24.0 * 3600.0;

/// Bytes of log for a request: a line of the function with its metrics, one of the access log,
/// two of Lambda's own.
const LOG_BYTES: f64 = 2_500.0;

/// X-Ray's default rule: the first request of each second, and this share of the others.
const SAMPLED: f64 = 0.05;

/// What API Gateway reports of each method where detailed metrics are on: `Count`, `4XXError`,
/// `5XXError`, `Latency` and `IntegrationLatency`.
const DETAILED_METRICS: usize = 5;

/// What the handler reports of requests that go well: `Inserts`, `Latency` and `StoreLatency`.
const HANDLER_METRICS: usize = 3;

/// Prices in USD, as they were on their date.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prices {
    /// The day on which they were looked up.
    pub date: String,
    /// The region whose prices they are.
    pub region: String,
    per_million_requests: PerMillion,
    lambda_per_gigabyte_second: f64,
    logs_per_gigabyte: f64,
    per_month: PerMonth,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PerMillion {
    api_gateway: f64,
    lambda: f64,
    waf: f64,
    dynamo_db_write: f64,
    xray_traces: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PerMonth {
    waf_web_acl: f64,
    waf_rule: f64,
    alarm: f64,
    dashboard: f64,
    custom_metric: f64,
    encryption_key: f64,
}

/// What a stage has that costs something, whatever the number of requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fixtures {
    web_acl_rules: u32,
    /// The metrics that alarms watch: one over an expression costs as many as it has.
    alarm_metrics: u32,
    dashboards: u32,
    /// They cost something in hours with a request.
    custom_metrics: u32,
    has_encryption_key: bool,
}

impl Fixtures {
    /// Out of the stage's resources, as the deployed templates and parameters have them; `tiers` is
    /// how many keys are counted each by itself.
    pub fn read<'a>(
        resources: impl Iterator<Item = &'a Value>,
        tiers: usize,
        has_encryption_key: bool,
    ) -> Self {
        let list = |resource: &Value, name: &str| -> Vec<Value> {
            let list = resource.pointer(&format!("/Properties/{name}"));
            list.and_then(Value::as_array).cloned().unwrap_or_default()
        };
        let (mut rules, mut alarm_metrics, mut dashboards) = (0, 0, 0);
        let mut custom_metrics = HANDLER_METRICS;
        for resource in resources {
            match resource.get("Type").and_then(Value::as_str) {
                Some("AWS::WAFv2::WebACL") => rules += list(resource, "Rules").len(),
                Some("AWS::CloudWatch::Dashboard") => dashboards += 1,
                Some("AWS::CloudWatch::Alarm") => {
                    let metrics = list(resource, "Metrics");
                    let watched = metrics.iter().filter(|one| one.get("MetricStat").is_some());
                    alarm_metrics += watched.count().max(1);
                }
                // One for each key.
                Some("AWS::Logs::MetricFilter") => custom_metrics += tiers,
                Some("AWS::ApiGateway::Stage") => {
                    let settings = list(resource, "MethodSettings");
                    let mut settings = settings.iter();
                    let is_detailed =
                        settings.any(|one| one.get("MetricsEnabled").is_some_and(is_true));
                    custom_metrics += if is_detailed { DETAILED_METRICS } else { 0 };
                }
                _ => {}
            }
        }
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            web_acl_rules: number(rules),
            alarm_metrics: number(alarm_metrics),
            dashboards,
            custom_metrics: number(custom_metrics),
            has_encryption_key,
        }
    }
}

/// A template's `true` may be a text.
fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

/// How the stage is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Use {
    /// Requests that arrive, those that are refused included.
    pub requests_per_second: f64,
    /// Requests that reach the function.
    pub invocations_per_second: f64,
    /// How long the function has a request.
    pub duration_ms: f64,
    /// What the function is given.
    pub memory_in_megabytes: f64,
}

/// A month's cost in USD.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Whether it is used or not: firewall, alarms, dashboard, key.
    pub(crate) fixed_usd: f64,
    /// For the requests and their metrics, at the rate of the last hour.
    pub(crate) usage_usd: f64,
    pub(crate) total_usd: f64,
    /// The date of the prices.
    pub(crate) prices_of: String,
    /// The region whose prices they are.
    pub(crate) prices_in: String,
}

/// The prices that came with this program.
///
/// # Errors
///
/// They cannot be read, which a test rules out.
pub fn prices() -> Result<Prices> {
    serde_json::from_str(PRICES).context("`crates/operate/data/prices.json` is not as it should be")
}

/// A month of 30 days at this use. API Gateway charges for requests that WAF or a throttle
/// refused in part only; here each costs the whole.
pub fn estimate(prices: &Prices, fixtures: Fixtures, usage: Use) -> Cost {
    let month = &prices.per_month;
    let mut fixed = month.waf_web_acl
        + month.waf_rule * f64::from(fixtures.web_acl_rules)
        + month.alarm * f64::from(fixtures.alarm_metrics)
        + month.dashboard * f64::from(fixtures.dashboards);
    if fixtures.has_encryption_key {
        fixed += month.encryption_key;
    }
    let million = &prices.per_million_requests;
    let requests = usage.requests_per_second * SECONDS_A_MONTH / 1e6;
    let invocations = usage.invocations_per_second * SECONDS_A_MONTH / 1e6;
    let gigabyte_seconds =
        invocations * 1e6 * (usage.duration_ms / 1000.0) * (usage.memory_in_megabytes / 1024.0);
    let traces_per_second = match usage.requests_per_second {
        rate if rate <= 1.0 => rate,
        rate => 1.0 + (rate - 1.0) * SAMPLED,
    };
    let traces = traces_per_second * SECONDS_A_MONTH / 1e6;
    let metrics = match usage.requests_per_second > 0.0 {
        true => month.custom_metric * f64::from(fixtures.custom_metrics),
        false => 0.0,
    };
    let usage_usd = metrics
        + requests * (million.api_gateway + million.waf)
        + invocations * (million.lambda + million.dynamo_db_write)
        + gigabyte_seconds * prices.lambda_per_gigabyte_second
        + traces * million.xray_traces
        + requests * 1e6 * LOG_BYTES / 1e9 * prices.logs_per_gigabyte;
    let cents = |usd: f64| (usd * 100.0).round() / 100.0;
    Cost {
        fixed_usd: cents(fixed),
        usage_usd: cents(usage_usd),
        total_usd: cents(fixed + usage_usd),
        prices_of: prices.date.clone(),
        prices_in: prices.region.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURES: Fixtures = Fixtures {
        web_acl_rules: 3,
        alarm_metrics: 11,
        dashboards: 1,
        custom_metrics: 0,
        has_encryption_key: false,
    };

    fn usage(rate: f64) -> Use {
        Use {
            requests_per_second: rate,
            invocations_per_second: rate,
            duration_ms: 10.0,
            memory_in_megabytes: 1024.0,
        }
    }

    /// Added up by hand: 5 + 3 + 1.10 + 3; and for a million requests 3.50 + 0.60 + 0.20 + 0.625,
    /// 10,000 GB-seconds, as many traces, and 2.5 GB of logs.
    #[test]
    fn the_sum_is_what_a_person_adds_up() {
        let prices = prices().unwrap();
        let idle = estimate(&prices, FIXTURES, usage(0.0));
        assert_eq!((idle.fixed_usd, idle.usage_usd), (12.1, 0.0));
        let a_million_a_month = estimate(&prices, FIXTURES, usage(1e6 / SECONDS_A_MONTH));
        let by_hand = 3.5 + 0.6 + 0.2 + 0.625 + 0.133334 + 5.0 + 1.25;
        assert!((a_million_a_month.usage_usd - by_hand).abs() < 0.01);
        let keyed = Fixtures {
            has_encryption_key: true,
            ..FIXTURES
        };
        assert_eq!(estimate(&prices, keyed, usage(0.0)).fixed_usd, 13.1);
    }

    #[test]
    fn a_metric_costs_something_in_hours_with_a_request() {
        let busy = Fixtures {
            custom_metrics: 10,
            ..FIXTURES
        };
        let prices = prices().unwrap();
        assert_eq!(estimate(&prices, busy, usage(0.0)).usage_usd, 0.0);
        let more = estimate(&prices, busy, usage(1.0)).usage_usd
            - estimate(&prices, FIXTURES, usage(1.0)).usage_usd;
        assert!((more - 3.0).abs() < 0.011, "{more}");
    }

    #[test]
    fn x_ray_samples_what_is_above_one_a_second() {
        let prices = prices().unwrap();
        let without_traces = |rate: f64| {
            let requests = rate * SECONDS_A_MONTH / 1e6;
            requests * (3.5 + 0.6 + 0.2 + 0.625 + 0.133334 + 1.25)
        };
        let traces = estimate(&prices, FIXTURES, usage(101.0)).usage_usd - without_traces(101.0);
        // 1 + 100 * 5 % = 6 a second.
        assert!(
            (traces - 6.0 * SECONDS_A_MONTH / 1e6 * 5.0).abs() < 0.02,
            "{traces}"
        );
    }

    #[test]
    fn the_prices_have_a_date() {
        let date = prices().unwrap().date;
        let day = format!("{date}T00:00:00Z");
        assert!(humantime::parse_rfc3339(&day).is_ok(), "{date}");
    }
}
