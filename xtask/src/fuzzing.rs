//! The fuzz target in `handler/fuzz`: built by cargo-fuzz with the pinned toolchain, run by
//! libFuzzer for a limited time. What the target holds against the handler is its own business.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use xshell::{Shell, cmd};

use cfnkit_console::screen::{self, QUIET};
use cfnkit_console::variable;
use cfnkit_tools::cargo::undisturbed;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

/// Where the target's own workspace is.
const DIRECTORY: &str = "handler/fuzz";

/// Seconds after which an input counts as one that hangs; a thousand of them fit into one.
const INPUT_TIMEOUT: u32 = 10;
const MEMORY_LIMIT_MB: u32 = 2048;
/// Bytes of an input. An event can be longer, but not in a way that would be news.
const INPUT_LENGTH: u32 = 8192;

/// Lines that are repeated when something was found: the panic's and libFuzzer's summary.
const LINES_OF_A_FIND: usize = 60;

/// A run in which nothing was found.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fuzzed {
    pub(crate) executions: u64,
    /// Inputs that reached something new, and are where the next run begins.
    pub(crate) new_inputs: u64,
}

/// Builds the target and feeds it for so many seconds. Fails where an input breaks a rule.
pub(crate) fn fuzz(sh: &Shell, workspace: &Workspace, seconds: u32) -> anyhow::Result<Fuzzed> {
    let program = build(sh, workspace)?;
    let directory = workspace.target().join("fuzz");
    let corpus = directory.join("corpus");
    let artifacts = directory.join("artifacts");
    for directory in [&corpus, &artifacts] {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("cannot make `{}`", directory.display()))?;
    }
    screen::progress(format!("fuzzing for {seconds} s"));
    let child = Command::new(&program)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={INPUT_TIMEOUT}"))
        .arg(format!("-rss_limit_mb={MEMORY_LIMIT_MB}"))
        .arg(format!("-max_len={INPUT_LENGTH}"))
        .arg(flag("-dict=", &source(workspace).join("event.dict")))
        .arg(flag("-artifact_prefix=", &artifacts.join("")))
        .arg("-print_final_stats=1")
        // The first corpus gets what is found; the others are only read.
        .args([&corpus, &source(workspace).join("corpus/event")])
        // A backtrace is longer than everything else, and `--input` shows it.
        .env("RUST_BACKTRACE", "0")
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", program.display()))?;
    let log = directory.join("log.txt");
    let lines = follow(child, &log)?;
    match lines {
        Ended::Well(lines) => Ok(statistics(&lines)),
        Ended::Badly(lines) => Err(found(workspace, &lines, &log)),
    }
}

/// Builds the target and runs it on one input. Fails where the input breaks a rule.
pub(crate) fn run_input(sh: &Shell, workspace: &Workspace, input: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(input.is_file(), "no file `{}`", input.display());
    let program = build(sh, workspace)?;
    cmd!(sh, "{program} {input}")
        .quiet()
        .run()
        .with_context(|| format!("`{}` breaks a rule", input.display()))
}

fn source(workspace: &Workspace) -> PathBuf {
    workspace.root().join(DIRECTORY)
}

fn flag(name: &str, path: &Path) -> std::ffi::OsString {
    let mut flag = std::ffi::OsString::from(name);
    flag.push(path);
    flag
}

/// The built target.
fn build(sh: &Shell, workspace: &Workspace) -> anyhow::Result<PathBuf> {
    check_compiler(sh)?;
    let cargo_fuzz = tool::CARGO_FUZZ.provide(sh, workspace)?;
    let cargo_fuzz = cargo_fuzz.join("cargo-fuzz");
    screen::progress("building the fuzz target (minutes, the first time)");
    let _directory = sh.push_dir(workspace.root());
    let host = host(sh)?;
    let manifest = source(workspace).join("Cargo.toml");
    // cargo-fuzz cannot be told `--locked`.
    let fetch = cmd!(
        sh,
        "cargo fetch --quiet --locked --manifest-path {manifest} --target {host}"
    );
    undisturbed(fetch).quiet().run().with_context(|| {
        format!(
            "`{DIRECTORY}/Cargo.lock` does not fit or the registry is out of reach; \
             `cargo update --workspace --manifest-path {DIRECTORY}/Cargo.toml` mends the first"
        )
    })?;
    let target = workspace.target().join("fuzz/build");
    // Sanitizers need a nightly compiler, and look for errors that safe code does not make. With
    // a dictionary, traced comparisons cost half of the executions and find less.
    let build = cmd!(
        sh,
        "{cargo_fuzz} fuzz build --sanitizer none --no-trace-compares --fuzz-dir {DIRECTORY}
         --target {host} --target-dir {target} event"
    );
    undisturbed(build)
        // It would win over the flags with which cargo-fuzz instruments the code.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .quiet()
        .run()
        .context("the fuzz target does not build")?;
    Ok(target.join(host).join("release/event"))
}

/// Fails where there is no C++ compiler: libFuzzer comes as source.
pub(crate) fn check_compiler(sh: &Shell) -> anyhow::Result<()> {
    let compiler = variable::value("CXX").unwrap_or_else(|| "c++".into());
    cmd!(sh, "{compiler} --version")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .with_context(|| {
            format!(
                "no C++ compiler `{}`, which libFuzzer is built with; on Debian and \
                 Ubuntu: `apt-get install g++`, on macOS: `xcode-select --install`",
                compiler.display()
            )
        })
}

fn host(sh: &Shell) -> anyhow::Result<String> {
    let version = cmd!(sh, "rustc -vV").quiet().read().context("no `rustc`")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}

/// How libFuzzer ended, and what it printed.
enum Ended {
    Well(Vec<String>),
    Badly(Vec<String>),
}

/// Shows libFuzzer's signs of life, and keeps the rest for whoever asks.
fn follow(mut child: Child, log: &Path) -> anyhow::Result<Ended> {
    let stderr = child.stderr.take().context("libFuzzer has no output")?;
    let cannot_write = || format!("cannot write `{}`", log.display());
    let mut file = File::create(log).with_context(cannot_write)?;
    let mut lines = Vec::new();
    for line in BufReader::new(stderr).split(b'\n') {
        let line = line.context("cannot read what libFuzzer prints")?;
        let line = String::from_utf8_lossy(&line).into_owned();
        writeln!(file, "{line}").with_context(cannot_write)?;
        if line.contains("\tpulse ") {
            screen::say(format!("{QUIET}{line}{QUIET:#}"));
        }
        // Inputs that are kept are most of the output, and none of the news.
        if !line.contains("\tNEW ") && !line.contains("\tREDUCE ") {
            lines.push(line);
        }
    }
    let status = child.wait().context("cannot wait for libFuzzer")?;
    Ok(match status.success() {
        true => Ended::Well(lines),
        false => Ended::Badly(lines),
    })
}

fn statistics(lines: &[String]) -> Fuzzed {
    let value = |name: &str| {
        let prefix = format!("stat::{name}:");
        let value = lines.iter().find_map(|line| line.strip_prefix(&prefix));
        value.and_then(|value| value.trim().parse().ok())
    };
    Fuzzed {
        executions: value("number_of_executed_units").unwrap_or_default(),
        new_inputs: value("new_units_added").unwrap_or_default(),
    }
}

/// The error for a run that ended badly, after what libFuzzer printed.
fn found(workspace: &Workspace, lines: &[String], log: &Path) -> anyhow::Error {
    for line in &lines[lines.len().saturating_sub(LINES_OF_A_FIND)..] {
        screen::say(line);
    }
    let Some(input) = input_of(lines) else {
        let log = workspace.display(log);
        return anyhow::anyhow!("libFuzzer failed and names no input; see `{log}`");
    };
    let input = workspace.display(input);
    anyhow::anyhow!(
        "an input breaks a rule: `{input}`\n\
         Run it again: `cargo xtask fuzz --input {input}`\n\
         Once it is mended, keep the input: name it after what it is and put it into \
         `{DIRECTORY}/corpus/event/`"
    )
}

/// The file that libFuzzer says it wrote.
fn input_of(lines: &[String]) -> Option<&Path> {
    let mut lines = lines.iter();
    let path = lines.find_map(|line| line.split_once("Test unit written to "))?;
    Some(Path::new(path.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn executions_are_read_from_the_final_statistics() {
        let lines = lines(
            "Done 132876 runs in 21 second(s)\n\
             stat::number_of_executed_units: 132876\n\
             stat::average_exec_per_sec:     6327\n\
             stat::new_units_added:          1953\n",
        );
        let expected = Fuzzed {
            executions: 132_876,
            new_inputs: 1953,
        };
        assert_eq!(statistics(&lines), expected);
    }

    #[test]
    fn a_find_is_named() {
        let lines = lines(
            "thread '<unnamed>' panicked at fuzz_targets/event.rs:1:1:\n\
             SUMMARY: libFuzzer: deadly signal\n\
             artifact_prefix='found/'; Test unit written to found/crash-0a1b\n",
        );
        assert_eq!(input_of(&lines), Some(Path::new("found/crash-0a1b")));
        assert_eq!(input_of(&lines[..2]), None);
    }
}
