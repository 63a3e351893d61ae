//! Measures the handler beside other ways to write it: `cargo xtask bench` builds the variants
//! and calls this with their paths.

mod certificates;
mod figures;
mod goals;
mod machine;
mod measure;
mod report;
mod variant;

use std::io::{Cursor, Write as _};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use clap::Parser as _;
use serde_json::json;

use crate::figures::Figures;
use crate::goals::goals;
use crate::machine::{Machine, stay_on_one_core};
use crate::measure::{Amount, Place, Samples, measure};
use crate::report::Report;
use crate::variant::{Role, Variant};

/// Measures variants of the handler that are built already; `cargo xtask bench` builds them.
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// The handler, built for this machine.
    #[arg(long, value_parser = absolute)]
    handler: PathBuf,
    /// The naive Rust handler.
    #[arg(long, value_parser = absolute)]
    naive: PathBuf,
    /// The interpreter of an environment with boto3 and awslambdaric.
    #[arg(long, value_parser = absolute)]
    python: PathBuf,
    /// The handler built in another way, `LABEL=PROGRAM`; any number of times.
    #[arg(long, value_parser = other)]
    other: Vec<(String, PathBuf)>,
    /// The handler's zip for Lambda; only its size counts.
    #[arg(long)]
    package: Option<PathBuf>,
    /// Where the results and the functions' logs go.
    #[arg(long, value_parser = absolute)]
    output: PathBuf,
    /// Fail if a goal is missed.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    amount: Amount,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(err) => {
            eprintln!("error: {err:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the goals are reached, as far as that was asked.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let directory = &arguments.output;
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot create `{}`", directory.display()))?;
    let machine = Machine::now();
    stay_on_one_core()?;
    let variants = variants(arguments)?;
    let certificates = directory.join("root.pem");
    let (_daemon, xray_daemon) = xray_daemon()?;
    let place = Place {
        directory,
        tls: certificates::issue(&certificates)?,
        certificates: &certificates,
        xray_daemon: &xray_daemon,
    };
    let samples = measure(&variants, &place, arguments.amount)?;

    let figures: Vec<Figures> = variants
        .iter()
        .zip(&samples)
        .map(|(variant, samples)| Ok(Figures::new(variant, samples, zipped(variant)?)))
        .collect::<anyhow::Result<_>>()?;
    let package_bytes = arguments.package.as_deref().map(size).transpose()?;
    let goals = goals(&figures, package_bytes);
    let report = Report {
        figures: &figures,
        package_bytes,
        goals: &goals,
        amount: arguments.amount,
        machine: &machine,
        commit: &commit(),
    };
    write(directory, &report, &samples)?;
    Ok(!arguments.check || goals.iter().all(|goal| goal.is_reached))
}

/// What was measured. Sources that are not in git have no name.
fn commit() -> String {
    let mut git = Command::new("git");
    let said = git
        .args(["describe", "--always", "--dirty", "--exclude=*"])
        .output();
    match said {
        Ok(said) if said.status.success() => {
            String::from_utf8_lossy(&said.stdout).trim().to_owned()
        }
        _ => "unknown".to_owned(),
    }
}

/// Functions are started in directories of their own.
fn absolute(path: &str) -> std::io::Result<PathBuf> {
    std::path::absolute(path)
}

fn other(text: &str) -> anyhow::Result<(String, PathBuf)> {
    // A label may have equals signs of its own, as settings do.
    let (label, path) = text.rsplit_once('=').context("not `LABEL=PROGRAM`")?;
    Ok((label.to_owned(), absolute(path)?))
}

fn variants(arguments: &Arguments) -> anyhow::Result<Vec<Variant>> {
    let mut variants = vec![
        Variant::python(&arguments.python, &arguments.output.join("python"))?,
        Variant::program(Role::Naive, "naive Rust", &arguments.naive)?,
        Variant::program(Role::Ours, "ours", &arguments.handler)?,
    ];
    for (label, program) in &arguments.other {
        variants.push(Variant::program(Role::Other, label, program)?);
    }
    Ok(variants)
}

/// A socket in the place of the X-Ray daemon, and its address. Nobody reads it: once its buffer is
/// full, the kernel drops what comes, and no other process takes the function's time.
fn xray_daemon() -> anyhow::Result<(UdpSocket, String)> {
    let open = || -> std::io::Result<(UdpSocket, String)> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?.to_string();
        Ok((socket, address))
    };
    open().context("cannot listen for trace segments")
}

/// The size of a program in a zip as `cargo xtask package` makes it.
fn zipped(variant: &Variant) -> anyhow::Result<Option<u64>> {
    if variant.role == Role::Python {
        return Ok(None);
    }
    let program = std::fs::read(&variant.program)
        .with_context(|| format!("cannot read `{}`", variant.program.display()))?;
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(9));
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options)?;
    writer.write_all(&program)?;
    let zip = writer.finish().context("cannot zip a program")?;
    Ok(Some(zip.into_inner().len() as u64))
}

fn size(path: &Path) -> anyhow::Result<u64> {
    let metadata =
        std::fs::metadata(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(metadata.len())
}

/// Writes `result.md` and `result.json`, and prints the former.
fn write(directory: &Path, report: &Report<'_>, samples: &[Samples]) -> anyhow::Result<()> {
    let markdown = report.markdown();
    let variants: Vec<_> = report
        .figures
        .iter()
        .zip(samples)
        .map(|(figures, samples)| json!({ "figures": figures, "samples": samples }))
        .collect();
    let result = json!({
        "commit": report.commit,
        "machine": report.machine,
        "amount": report.amount,
        "variants": variants,
        "packageBytes": report.package_bytes,
        "goals": report.goals,
    });
    let json = serde_json::to_string_pretty(&result).context("cannot describe the result")?;
    for (name, text) in [("result.md", &markdown), ("result.json", &(json + "\n"))] {
        let path = directory.join(name);
        std::fs::write(&path, text)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    // A reader that went away has the files.
    let _ = write!(std::io::stdout(), "{markdown}");
    Ok(())
}
