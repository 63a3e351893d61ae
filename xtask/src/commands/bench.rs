//! `bench`: the handler's speed and size beside other ways to write it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr;

use anyhow::Context as _;
use xshell::{Shell, cmd};

use crate::service::SERVICE;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_console::exit::Exit;
use cfnkit_console::screen;
use cfnkit_package::packaging::{self, Reuse};
use cfnkit_tools::cargo;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

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
/// `cargo xtask bench package` measures the packaging instead, `cargo xtask bench build` how long a
/// fresh clone compiles.
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
    /// Measure the first command of a fresh clone.
    ///
    /// Each is run in a copy of this repository with nothing compiled; the sources of the crates
    /// are downloaded and the tools installed.
    ///
    /// With one round this takes some minutes on two cores. The table goes to stdout and to
    /// `target/bench/build.md`.
    Build {
        /// Builds of each command.
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
    },
    /// Measure `package` beside `cargo lambda build --arm64 --output-format zip`.
    ///
    /// Three things are timed, each in copies of this repository with target directories of their
    /// own: a build with nothing compiled (the tools are installed, the sources downloaded), one
    /// after a change of one line, and one after no change. `cargo lambda` runs with our profile,
    /// which gives the same program; with `--release`, which gives one that is larger and aborts on
    /// panics; and without either, which is not what one would deploy. Both use the same Zig.
    ///
    /// With one cold build of each this takes about fifteen minutes on two cores. The table goes to
    /// stdout and to `target/bench/package.md`.
    Package {
        /// Builds of each variant with nothing compiled.
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        cold: u32,
        /// One-line changes of each variant.
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
        changes: u32,
        /// Runs of each variant without a change.
        #[arg(long, value_name = "N", default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..))]
        unchanged: u32,
        /// Exit with 1 where `cargo lambda build --profile lambda` is faster.
        #[arg(long)]
        check: bool,
    },
}

impl Bench {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        if let Some(other) = self.other {
            return other.run(sh, workspace);
        }
        let python = tool::PYTHON_SAMPLE.provide(sh, workspace)?.join("python");
        screen::progress("building the handler for this machine, optimized");
        let handler = packaging::optimized_for_host(
            sh,
            workspace,
            &SERVICE.functions[0],
            workspace.target(),
            &[],
        )?;
        let others = self.with.iter();
        let others = others
            .map(|settings| settings.variant(sh, workspace))
            .collect::<anyhow::Result<Vec<_>>>()?;
        // One at a time: together, each would get the features that the other asks for.
        let naive = build(sh, workspace, "naive", "naive")?;
        let mut bench = Command::new(build(sh, workspace, "driver", "bench")?);
        bench
            .arg("--handler")
            .arg(handler)
            .arg("--naive")
            .arg(naive)
            .arg("--python")
            .arg(python)
            .arg("--output")
            .arg(workspace.target().join("bench"))
            .args(["--cold-starts", &self.cold_starts.to_string()])
            .args(["--runs", &self.runs.to_string()])
            .args(["--requests", &self.requests.to_string()])
            .args(self.evicted.then_some("--evicted"))
            .args(self.check.then_some("--check"));
        for variant in others {
            bench.arg("--other").arg(variant);
        }
        // Only where there is a zip already: a first one takes the cross compiler.
        if workspace.target().join("package/handler.zip").is_file() {
            let package = packaging::package(
                sh,
                workspace,
                &SERVICE.functions[0],
                Cloud::Aws.into(),
                Reuse::IfUpToDate,
            )?;
            bench.arg("--package").arg(package.path);
        }
        measure(bench)
    }
}

impl Other {
    fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        tool::ZIG.provide(sh, workspace)?;
        let mut bench = Command::new(build(sh, workspace, "packaging", "packaging")?);
        bench
            .arg("--repository")
            .arg(workspace.root())
            .arg("--target")
            .arg(workspace.target());
        match self {
            Self::Build { rounds } => bench.args(["build", "--rounds", &rounds.to_string()]),
            Self::Package {
                cold,
                changes,
                unchanged,
                check,
            } => bench
                .args(["package", "--cargo-lambda"])
                .arg(tool::CARGO_LAMBDA.provide(sh, workspace)?)
                .args(["--cold", &cold.to_string()])
                .args(["--changes", &changes.to_string()])
                .args(["--unchanged", &unchanged.to_string()])
                .args(check.then_some("--check")),
        };
        measure(bench)
    }
}

/// Runs a program of `handler/bench`; it says itself what it found.
fn measure(mut program: Command) -> anyhow::Result<()> {
    screen::progress("measuring");
    let status = program.status().context("cannot start the measuring")?;
    match status.success() {
        true => Ok(()),
        false => Err(Exit::Silent.into()),
    }
}

/// Settings of the handler's profile, each `name=value` in TOML.
#[derive(Debug, Clone)]
struct ProfileSettings(Vec<String>);

impl FromStr for ProfileSettings {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let settings = text.split(',').map(|setting| {
            let (name, value) = setting
                .split_once('=')
                .with_context(|| format!("`{setting}` is not `NAME=VALUE`"))?;
            Ok(match value.parse::<toml::Value>() {
                Ok(_) => setting.to_owned(),
                // A string without its quotes.
                Err(_) => format!("{name}=\"{value}\""),
            })
        });
        Ok(Self(settings.collect::<anyhow::Result<_>>()?))
    }
}

impl ProfileSettings {
    /// The handler built with them, as the driver takes it: `LABEL=PROGRAM`.
    fn variant(&self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<OsString> {
        let label = self.0.join(", ");
        screen::progress(format!("building the handler with {label}"));
        let settings = self.0.iter();
        let settings: Vec<String> = settings
            .map(|setting| format!("profile.lambda.{setting}"))
            .collect();
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        // No equals sign: the driver takes what is before the last one for the label.
        let name = self.0.join("_").replace('=', "-").replace('"', "");
        let target = workspace.target().join("bench-build").join(name);
        let program = packaging::optimized_for_host(
            sh,
            workspace,
            &SERVICE.functions[0],
            &target,
            &settings,
        )?;
        let mut variant = OsString::from(format!("ours, {label}="));
        variant.push(program);
        Ok(variant)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_in_settings_need_no_quotes() {
        let settings: ProfileSettings =
            r#"lto=fat,opt-level=3,debug=true,panic="abort""#.parse().unwrap();
        let expected = [
            r#"lto="fat""#,
            "opt-level=3",
            "debug=true",
            r#"panic="abort""#,
        ];
        assert_eq!(settings.0, expected);
        let err = "lto".parse::<ProfileSettings>().unwrap_err();
        assert_eq!(err.to_string(), "`lto` is not `NAME=VALUE`");
    }
}
