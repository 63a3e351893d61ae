//! `bench`: the handler's speed and size beside other ways to write it.

use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr;

use anyhow::Context as _;
use xshell::{Shell, cmd};

use cfnkit_assembly::assembly::Cloud;
use cfnkit_console::exit::Exit;
use cfnkit_console::screen;
use cfnkit_package::handler::{self, Reuse};
use cfnkit_tools::cargo;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

mod build;
mod copy;
mod display;
mod package;

/// Measure the handler beside a Python and a naive Rust one.
///
/// Cold start, warm latency, memory and size. Each variant is started as Lambda starts a
/// `bootstrap`, with a cleared environment, and writes to a stand-in for DynamoDB over TLS on this
/// machine. The variants take turns, and every answer must be a 200.
///
/// The Python one is the CDK sample's handler with boto3 under AWS's own runtime client; the naive
/// one uses the SDK's and cargo's defaults. All are built for this machine, so the ratios say more
/// than the times. Everything runs on one core: close what else is running.
///
/// The first run compiles for some minutes and installs boto3; after that it takes about one
/// minute. The result goes to stdout and to `target/bench/` (`result.md`, `result.json`), together
/// with the goals and whether they are reached.
///
/// `cargo xtask bench package` measures the packaging instead, `cargo xtask bench display` the live
/// display of a deployment, `cargo xtask bench build` how long a fresh clone compiles.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct Bench {
    #[command(subcommand)]
    other: Option<Other>,
    /// Cold starts of each variant.
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..))]
    cold_starts: u32,
    /// Warm runs of each variant, every one in a process of its own.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Requests of a warm run.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,
    /// Also start each variant with its files dropped from the page cache, as in a sandbox that
    /// never ran it.
    #[arg(long)]
    evicted: bool,
    /// Also measure the handler with other settings of `[profile.lambda]`, such as
    /// `lto=fat,opt-level=3`; may be repeated, and builds it once more each time.
    #[arg(long, value_name = "SETTINGS", value_parser = ProfileSettings::from_str)]
    with: Vec<ProfileSettings>,
    /// Exit with 1 if a goal is missed.
    #[arg(long)]
    check: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Other {
    Build(build::BuildBench),
    Package(package::PackageBench),
    Display(display::DisplayBench),
}

impl Bench {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        match self.other {
            Some(Other::Build(build)) => return build.run(sh, workspace),
            Some(Other::Package(package)) => return package.run(sh, workspace),
            Some(Other::Display(display)) => return display.run(),
            None => {}
        }
        let python = tool::PYTHON_SAMPLE.provide(sh, workspace)?.join("python");
        let handler = build_handler(sh, workspace)?;
        let others = self.with.iter();
        let others = others
            .map(|settings| Ok((settings, settings.build(sh, workspace)?)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        // One at a time: together, each would get the features that the other asks for.
        let naive = build(sh, workspace, "naive", "naive")?;
        let driver = build(sh, workspace, "driver", "bench")?;

        let package = existing_package(sh, workspace)?;
        screen::progress("measuring");
        let mut bench = Command::new(driver);
        bench
            .arg("--handler")
            .arg(handler)
            .arg("--naive")
            .arg(naive)
            .arg("--python")
            .arg(python)
            .arg("--output")
            .arg(workspace.target().join("bench"))
            .args(["--commit", &commit(sh, workspace)])
            .args(["--cold-starts", &self.cold_starts.to_string()])
            .args(["--runs", &self.runs.to_string()])
            .args(["--requests", &self.requests.to_string()]);
        for (settings, program) in others {
            let label = format!("ours, {}=", settings.0.join(", "));
            let mut other = std::ffi::OsString::from(label);
            other.push(program);
            bench.arg("--other").arg(other);
        }
        if let Some(package) = package {
            bench.arg("--package").arg(package);
        }
        bench.args(self.evicted.then_some("--evicted"));
        bench.args(self.check.then_some("--check"));
        let status = bench.status().context("cannot start the measuring")?;
        match status.success() {
            true => Ok(()),
            false => Err(Exit::Silent.into()),
        }
    }
}

/// The program that is measured: as for Lambda, but for this machine.
fn build_handler(sh: &Shell, workspace: &Workspace) -> anyhow::Result<PathBuf> {
    screen::progress("building the handler for this machine, optimized");
    handler::optimized_for_host(sh, workspace, workspace.target(), &[])
}

/// Settings of the handler's profile, each `name=value`.
#[derive(Debug, Clone)]
struct ProfileSettings(Vec<String>);

impl FromStr for ProfileSettings {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let settings = text.split(',').map(|setting| {
            let (name, value) = setting
                .split_once('=')
                .with_context(|| format!("`{setting}` is not `NAME=VALUE`"))?;
            // What is no number and no truth value is a string in TOML.
            let is_bare = value.parse::<u32>().is_ok() || value.parse::<bool>().is_ok();
            Ok(match is_bare {
                true => format!("{name}={value}"),
                false => format!("{name}=\"{}\"", value.trim_matches('"')),
            })
        });
        Ok(Self(settings.collect::<anyhow::Result<_>>()?))
    }
}

impl ProfileSettings {
    fn build(&self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<PathBuf> {
        let settings = self.0.iter();
        let settings: Vec<String> = settings
            .map(|setting| format!("profile.lambda.{setting}"))
            .collect();
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        screen::progress(format!("building the handler with {}", self.0.join(", ")));
        // No equals sign: the driver takes what is before the last one for the label.
        let name = self.0.join("_").replace('=', "-").replace('"', "");
        let target = workspace.target().join("bench-build").join(name);
        handler::optimized_for_host(sh, workspace, &target, &settings)
    }
}

/// Builds a program of the workspace in `handler/bench`.
fn build(
    sh: &Shell,
    workspace: &Workspace,
    package: &str,
    program: &str,
) -> anyhow::Result<PathBuf> {
    screen::progress(format!("building `{package}` of handler/bench"));
    let target = workspace.target().join("bench-build");
    let _directory = sh.push_dir(workspace.root().join("handler/bench"));
    let build = cmd!(
        sh,
        "cargo build --locked --package {package} --release --target-dir {target}"
    );
    // Only this machine's can be measured.
    let build = cargo::build::run(build.env_remove("CARGO_BUILD_TARGET"));
    let build = build.context("a variant does not build")?;
    Ok(build.program(program)?.to_path_buf())
}

/// The zip for Lambda, of the same sources. Only where there is one already: a first one takes the
/// cross compiler.
fn existing_package(sh: &Shell, workspace: &Workspace) -> anyhow::Result<Option<PathBuf>> {
    if !workspace.target().join("package/handler.zip").is_file() {
        return Ok(None);
    }
    let package = handler::package(sh, workspace, Cloud::Aws.into(), Reuse::IfUpToDate)?;
    Ok(Some(package.path))
}

/// What was measured. Sources that are not in git have no name.
fn commit(sh: &Shell, workspace: &Workspace) -> String {
    let _directory = sh.push_dir(workspace.root());
    cmd!(sh, "git describe --always --dirty --exclude=*")
        .quiet()
        .ignore_stderr()
        .read()
        .unwrap_or_else(|_| "unknown".to_owned())
}
