//! What the figures were measured on.

use std::thread::available_parallelism;
use std::time::SystemTime;

use anyhow::Context as _;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) cpu: String,
    pub(crate) kernel: String,
    /// Processes that wanted a core in the last minute before the run; above zero, others were
    /// at work.
    pub(crate) load: String,
    pub(crate) date: String,
}

impl Machine {
    pub(crate) fn now() -> Self {
        let cpu = read("/proc/cpuinfo");
        let cpu = cpu.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == "model name").then(|| value.trim().to_owned())
        });
        let load = read("/proc/loadavg");
        let load = load.split_whitespace().next().unwrap_or("unknown");
        Self {
            cores: available_parallelism().map_or(0, usize::from),
            cpu: cpu.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: load.to_owned(),
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        }
    }
}

/// Keeps this process and all that it starts on one core: with 1 GB a function on Lambda has less
/// than one. On several, waking the idle ones of a virtual machine can be as much of a request as
/// the function.
pub(crate) fn stay_on_one_core() -> anyhow::Result<()> {
    let allowed = sched_getaffinity(None).context("cannot tell which cores there are")?;
    let mut one = CpuSet::new();
    if let Some(core) = (0..CpuSet::MAX_CPU).find(|core| allowed.is_set(*core)) {
        one.set(core);
    }
    sched_setaffinity(None, &one).context("cannot stay on one core")
}

/// A machine that hides something is still one to measure on.
fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
