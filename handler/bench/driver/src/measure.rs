//! The measuring: one process at a time, the variants in turn, so that what changes on the
//! machine meanwhile changes all of them alike.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use rig::dynamodb::{DynamoDb, Step};
use rig::runtime_api::{Answer, AnswerKind, Invocation, RuntimeApi};
use rustix::fs::{Advice, fadvise};
use rustls::ServerConfig;
use serde::Serialize;
use serde_json::Value;

use crate::variant::{Function, Surroundings, Variant};

/// The function's timeout in the template.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The CDK sample's own request.
const MOVIE: &str = r#"{"year":"2023","title":"kkkg","id":"12"}"#;

/// How much is measured.
#[derive(Debug, Clone, Copy, Serialize, clap::Args)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Amount {
    /// Cold starts of each variant.
    #[arg(long)]
    pub(crate) cold_starts: u32,
    /// Warm runs of each variant, every one in a process of its own.
    #[arg(long)]
    pub(crate) runs: u32,
    /// Requests of a warm run.
    #[arg(long)]
    pub(crate) requests: u32,
    /// Also start each variant with its files dropped from the page cache.
    #[arg(long)]
    pub(crate) evicted: bool,
}

/// What a variant was seen to take, one entry for each start or run.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Samples {
    pub(crate) cold: Vec<ColdStart>,
    pub(crate) evicted: Vec<ColdStart>,
    pub(crate) warm: Vec<WarmRun>,
}

/// From starting the process to its first answer.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ColdStart {
    /// Until the function first asked for an event.
    pub(crate) init_ms: f64,
    pub(crate) first_request_ms: f64,
}

impl ColdStart {
    pub(crate) fn total_ms(&self) -> f64 {
        self.init_ms + self.first_request_ms
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WarmRun {
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Of the process over its whole life.
    pub(crate) peak_memory_kib: u64,
}

/// Where the functions run.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// For logs.
    pub(crate) directory: &'a Path,
    pub(crate) certificates: &'a Path,
    pub(crate) tls: Arc<ServerConfig>,
    pub(crate) xray_daemon: &'a str,
}

/// Measures every variant; the samples are in the variants' order.
pub(crate) fn measure(
    variants: &[Variant],
    place: &Place<'_>,
    amount: Amount,
) -> anyhow::Result<Vec<Samples>> {
    let mut samples: Vec<Samples> = variants.iter().map(|_| Samples::default()).collect();
    eprintln!("==> a first start of each, not counted");
    for variant in variants {
        cold_start(variant, place)?;
    }
    eprintln!("==> {} cold starts of each", amount.cold_starts);
    for _ in 0..amount.cold_starts {
        for (variant, samples) in variants.iter().zip(&mut samples) {
            samples.cold.push(cold_start(variant, place)?);
        }
    }
    if amount.evicted {
        eprintln!("==> the same with the files dropped from the page cache");
        for _ in 0..amount.cold_starts {
            for (variant, samples) in variants.iter().zip(&mut samples) {
                variant
                    .files
                    .iter()
                    .map(PathBuf::as_path)
                    .try_for_each(evict)?;
                samples.evicted.push(cold_start(variant, place)?);
            }
        }
    }
    eprintln!(
        "==> {} warm runs of {} requests of each",
        amount.runs, amount.requests
    );
    for _ in 0..amount.runs {
        for (variant, samples) in variants.iter().zip(&mut samples) {
            samples
                .warm
                .push(warm_run(variant, place, amount.requests)?);
        }
    }
    Ok(samples)
}

/// A running function with what surrounds it.
struct Scene<'a> {
    // Dropped in this order: a function that outlived its services would print errors.
    function: Function,
    runtime_api: RuntimeApi,
    _dynamodb: DynamoDb,
    event: Vec<u8>,
    label: &'a str,
}

impl<'a> Scene<'a> {
    fn set(variant: &'a Variant, place: &Place<'_>) -> anyhow::Result<Self> {
        let dynamodb = DynamoDb::start_tls(Vec::new(), Step::Forget, Arc::clone(&place.tls));
        let runtime_api = RuntimeApi::start();
        let around = Surroundings {
            runtime_api: runtime_api.address(),
            dynamodb: dynamodb.endpoint(),
            xray_daemon: place.xray_daemon,
            certificates: place.certificates,
        };
        let log = place
            .directory
            .join(format!("{}.log", variant.role.name(&variant.label)));
        let function = variant.start(&around, &log)?;
        Ok(Self {
            function,
            runtime_api,
            _dynamodb: dynamodb,
            event: rig::contract::event(MOVIE).to_string().into_bytes(),
            label: &variant.label,
        })
    }

    /// One request, which has to succeed: the time of a failure says nothing.
    fn request(&self) -> anyhow::Result<Duration> {
        let invocation = Invocation {
            event: self.event.clone(),
            deadline: TIMEOUT,
            trace: Some(trace()),
        };
        let answer = match self.runtime_api.invoke(&invocation, TIMEOUT) {
            Ok(answer) => answer,
            Err(why) => anyhow::bail!("{}: {why}; {}", self.label, self.function.last_words()),
        };
        if !is_success(&answer) {
            anyhow::bail!(
                "{} did not answer 200 but {}; {}",
                self.label,
                String::from_utf8_lossy(&answer.body),
                self.function.last_words()
            );
        }
        Ok(answer.elapsed)
    }
}

/// The event waits when the function first asks, as in a cold start that a request has caused.
fn cold_start(variant: &Variant, place: &Place<'_>) -> anyhow::Result<ColdStart> {
    let scene = Scene::set(variant, place)?;
    let first_request = scene.request()?;
    let ready = scene
        .runtime_api
        .wait_ready(TIMEOUT)
        .with_context(|| format!("{} never asked for an event", variant.label))?;
    Ok(ColdStart {
        init_ms: (ready - scene.function.started).as_secs_f64() * 1e3,
        first_request_ms: first_request.as_secs_f64() * 1e3,
    })
}

fn warm_run(variant: &Variant, place: &Place<'_>, requests: u32) -> anyhow::Result<WarmRun> {
    let scene = Scene::set(variant, place)?;
    scene.request()?;
    let mut times = Vec::new();
    for _ in 0..requests {
        times.push(scene.request()?.as_secs_f64() * 1e6);
    }
    Ok(WarmRun {
        p50_us: quantile(times.clone(), 0.5),
        p99_us: quantile(times, 0.99),
        peak_memory_kib: scene.function.peak_memory()?,
    })
}

/// A sampled trace of this moment: an old one would be dropped unseen.
fn trace() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = now.map_or(0, |now| now.as_secs());
    format!("Root=1-{seconds:08x}-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=1")
}

fn is_success(answer: &Answer) -> bool {
    let reply = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    answer.kind == AnswerKind::Response && reply["statusCode"] == 200
}

/// Drops the files' pages, so that the next start reads the disk. Pages another process has
/// mapped stay.
fn evict(path: &Path) -> anyhow::Result<()> {
    let context = || format!("cannot drop `{}` from the page cache", path.display());
    if path.is_dir() {
        for entry in std::fs::read_dir(path).with_context(context)? {
            let entry = entry.with_context(context)?;
            // A link may lead out of the variant's own files.
            if !entry.file_type().with_context(context)?.is_symlink() {
                evict(&entry.path())?;
            }
        }
        return Ok(());
    }
    let file = File::open(path).with_context(context)?;
    // Pages not written yet would stay.
    file.sync_data().with_context(context)?;
    fadvise(&file, 0, None, Advice::DontNeed).with_context(context)
}

/// The value that `part` of all are at or below; of an even number of them, the median is the
/// lower middle one.
pub(crate) fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * part).ceil() as usize;
    let index = rank.clamp(1, values.len().max(1)) - 1;
    values.get(index).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(hundred.clone(), 0.5), 50.0);
        assert_eq!(quantile(hundred.clone(), 0.99), 99.0);
        assert_eq!(quantile(hundred, 1.0), 100.0);
        assert_eq!(quantile(vec![3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(quantile(vec![7.0], 0.99), 7.0);
    }
}
