//! `limits`: which throttling layer refuses a consumer, when and with what.

use super::args::{StageArgs, ValueArgs, first_tier, read_stage_file};
use crate::program::service;
use cfnkit_console::screen;
use cfnkit_limits::limits::report::Report;
use cfnkit_limits::limits::{Consumer, Layers, Limit, predict, predict_phases, reading};
use cfnkit_lint::linting::limits;
use cfnkit_load::load::phases::{Phase, stretches};
use cfnkit_template::templates::Templates;
use cfnkit_tools::workspace::Workspace;

/// Show every limit that a consumer meets, and which one refuses it first.
///
/// Reads the templates and the stage's parameters; needs no account. The layers are in the order
/// a request passes them: WAF per address, the tier's rate and quota, the stage, the account, the
/// function's concurrency, the table. The consumer is alone, its requests come evenly, and what
/// AWS only aims at (throttling is best effort, and WAF may take 30 s and more to see a rate) is
/// taken as exact.
#[derive(Debug, clap::Args)]
pub struct Limits {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub values: ValueArgs,

    /// Usage plan that the consumer's key is in.
    #[arg(long, value_name = "NAME", default_value = first_tier())]
    pub tier: String,

    /// Requests that the consumer sends per second; otherwise the tier's full rate, or the stage's.
    #[arg(long, value_name = "PER SECOND", value_parser = positive)]
    pub(crate) rate: Option<f64>,

    /// Addresses that it sends them from, evenly.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) addresses: u32,

    /// Milliseconds that the function has a request.
    #[arg(long, value_name = "MS", default_value = "100", value_parser = positive)]
    pub(crate) latency: f64,

    /// Bytes of the item that a request writes; each KiB begun is a write unit.
    #[arg(long, value_name = "BYTES", default_value_t = 1024)]
    pub(crate) item_size: u32,

    /// Also say what is expected of phases, one after the other, as `load` takes them: `50/s:60s`
    /// is 50 requests per second for a minute; may be repeated.
    #[arg(long = "phase", value_name = "RATE/s:DURATION")]
    pub phases: Vec<Phase>,

    /// Fail if limits of any stage contradict each other and no waiver accepts it; `lint` does
    /// this too.
    #[arg(
        long,
        conflicts_with_all = ["stage", "params", "params_file", "tier", "rate", "addresses", "latency", "item_size", "phases", "json"]
    )]
    pub check: bool,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl Limits {
    /// Shows the limits, or checks those of all stages.
    ///
    /// # Errors
    ///
    /// The templates, the stage's file or the parameters are not right, or there is no such tier,
    /// or no rate. With `--check`, a contradiction that nobody accepted.
    pub fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        if self.check {
            return Ok(limits::check(workspace, service())?);
        }
        let templates = Templates::read(&workspace.templates())?;
        let stage_file = read_stage_file(workspace, &self.stage.stage, &templates.root)?;
        let parameters = self.values.over(&stage_file, &templates.root)?;
        let layers = reading::read(&templates, &parameters)?;
        // Without usage plans nobody has a key, and all are alike.
        let tier = match layers.tiers.is_empty() {
            true => "",
            false => &self.tier,
        };
        let rate = match (self.rate, full_rate(&layers, tier)?) {
            (Some(rate), _) | (None, Some(rate)) => rate,
            (None, None) if tier.is_empty() => {
                anyhow::bail!("the stage has no rate; pass `--rate`")
            }
            (None, None) => anyhow::bail!("tier `{tier}` has no rate; pass `--rate`"),
        };
        let consumer = Consumer {
            addresses: self.addresses,
            latency_seconds: self.latency / 1000.0,
            item_bytes: self.item_size,
            ..Consumer::new(tier, rate)
        };
        let report = Report {
            stage: self.stage.stage.to_string(),
            prediction: predict(&layers, &consumer)?,
            phases: predict_phases(&layers, &consumer, &stretches(&self.phases))?,
            contradictions: limits::annotated(&templates, &parameters, &consumer)?,
            consumer,
        };
        match self.json {
            true => screen::data(serde_json::to_string_pretty(&report)?),
            false => screen::show(report.render().trim_end()),
        }
        Ok(())
    }
}

/// The most that a consumer of `tier` may send; where there are no tiers, that the stage takes.
fn full_rate(layers: &Layers, tier: &str) -> anyhow::Result<Option<f64>> {
    let throttle = match tier {
        "" => &layers.stage,
        tier => &layers.tier(tier)?.throttle,
    };
    Ok(match throttle.as_ref().map(|throttle| throttle.limit) {
        Some(Limit::Bucket {
            rate_per_second, ..
        }) => Some(rate_per_second),
        _ => None,
    })
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("expected a number above 0".to_owned()),
    }
}
