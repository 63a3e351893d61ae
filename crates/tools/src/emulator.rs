//! The local cloud: the pinned emulator as a process of this repository's own. It listens on
//! 127.0.0.1 only and keeps its state in memory until it is stopped.

use std::fs::{File, TryLockError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xshell::Shell;

use crate::tool;
use crate::tool::pip::is_of_python;
use crate::workspace::Workspace;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_console::variable;

const LAUNCHER_NAME: &str = "emulator.py";

/// Starts the emulator with the repairs it needs.
const LAUNCHER: &str = include_str!("../pinned/emulator.py");

/// The port other local clouds use too, so that users find it where they look.
const DEFAULT_PORT: u16 = 4566;

const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether the local cloud runs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Where it listens; absent where it does not run.
    pub endpoint: Option<String>,
}

/// A running emulator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Emulator {
    /// The leader of the process group; the functions' processes belong to the group.
    pid: i32,
    /// On 127.0.0.1.
    pub port: u16,
}

impl Emulator {
    /// The URL that every service of it is called at.
    pub fn endpoint(&self) -> String {
        endpoint(self.port)
    }

    /// The URL of a deployed stage. AWS's own host name of the API does not lead to the emulator.
    pub fn stage_url(&self, deployed: &str) -> Option<String> {
        let (host, stage) = deployed.strip_prefix("https://")?.split_once('/')?;
        let api = host.split('.').next()?;
        let endpoint = self.endpoint();
        Some(format!(
            "{endpoint}/_aws/execute-api/{api}/{}",
            stage.trim_end_matches('/')
        ))
    }
}

/// Directories and files of the emulator.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    directory: PathBuf,
}

impl Whereabouts {
    /// `XTASK_LOCAL_DIR` where it is set (the tests' emulators must not meet a person's), else
    /// `local` in cargo's target directory.
    pub fn of(workspace: &Workspace) -> Self {
        let directory = variable::value("XTASK_LOCAL_DIR").map(PathBuf::from);
        Self {
            directory: directory.unwrap_or_else(|| workspace.target().join("local")),
        }
    }

    /// The file that it writes its output to.
    pub fn log(&self) -> PathBuf {
        self.directory.join("emulator.log")
    }

    /// What is known of the emulator. Its processes hold a lock on the file as long as one of them
    /// lives, so that the system knows whose they are without a look at names and numbers.
    fn state(&self) -> PathBuf {
        self.directory.join("emulator.json")
    }
}

/// The emulator that was started here and still answers.
///
/// # Errors
///
/// The file with its state cannot be read, or it cannot be told whether the file is locked.
pub fn running(place: &Whereabouts) -> Result<Option<Emulator>> {
    Ok(alive(place)?.filter(|emulator| is_healthy(emulator.port)))
}

/// The emulator that was started here last, if it or a process of a function still lives.
fn alive(place: &Whereabouts) -> Result<Option<Emulator>> {
    let read = || -> std::io::Result<Option<String>> {
        let state = File::open(place.state())?;
        match state.try_lock() {
            Err(TryLockError::WouldBlock) => std::io::read_to_string(state).map(Some),
            Err(TryLockError::Error(err)) => Err(err),
            // Nobody holds it: it is of one that has ended.
            Ok(()) => Ok(None),
        }
    };
    match read() {
        // A state that is cut off is as good as none.
        Ok(text) => Ok(text.and_then(|text| serde_json::from_str(&text).ok())),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(err).context("cannot read the local cloud's state"),
    }
}

/// The running emulator, started where there is none.
///
/// # Errors
///
/// It runs on another port than `port`, the port is not free, what an earlier start left does not
/// stop, or the emulator cannot be installed, written to its directory, or started. One that does
/// not answer within 60 s is stopped again, and its state forgotten.
pub fn up(
    sh: &Shell,
    workspace: &Workspace,
    place: &Whereabouts,
    port: Option<u16>,
) -> Result<Emulator> {
    let _lock = workspace.lock(&place.directory.join("emulator.lock"))?;
    if let Some(emulator) = running(place)? {
        match port {
            Some(port) if port != emulator.port => bail!(
                "the local cloud is running on port {}; `cargo xtask local down` stops it",
                emulator.port
            ),
            _ => return Ok(emulator),
        }
    }
    // What an interrupted start left behind would hold the port.
    down(place)?;
    let port = port.unwrap_or(DEFAULT_PORT);
    check_port(port)?;
    let bin = tool::EMULATOR.provide(sh, workspace)?;
    let step = format!("starting the local cloud on {}", endpoint(port));
    workspace.reporter().step(&step);
    start(place, &bin, port)
}

/// Stops the emulator, also one that does not answer, and forgets its state. Returns whether
/// there was one.
///
/// # Errors
///
/// Its state cannot be read or removed, or a process of it still lives 10 s after it was killed:
/// then the state stays.
pub fn down(place: &Whereabouts) -> Result<bool> {
    let emulator = alive(place)?;
    if let Some(emulator) = &emulator {
        stop(emulator.pid)?;
    }
    match std::fs::remove_file(place.state()) {
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => {
            return Err(err).context("cannot remove the local cloud's state");
        }
        _ => {}
    }
    Ok(emulator.is_some())
}

fn start(place: &Whereabouts, bin: &std::path::Path, port: u16) -> Result<Emulator> {
    let scratch = place.directory.join("tmp");
    let launcher = place.directory.join(LAUNCHER_NAME);
    let open = || -> std::io::Result<(File, File, File)> {
        std::fs::create_dir_all(&scratch)?;
        std::fs::write(&launcher, LAUNCHER)?;
        let state = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(place.state())?;
        state.lock()?;
        let log = File::create(place.log())?;
        Ok((state, log.try_clone()?, log))
    };
    let (state, out, err) =
        open().with_context(|| format!("cannot write to `{}`", place.directory.display()))?;
    let mut command = Command::new(bin.join("python"));
    command
        .arg(&launcher)
        .current_dir(&place.directory)
        .env("BIND_HOST", Ipv4Addr::LOCALHOST.to_string())
        .env("GATEWAY_PORT", port.to_string())
        // The functions call back to this emulator.
        .env("AWS_ENDPOINT_URL", endpoint(port))
        .env("LAMBDA_EXECUTOR", "local")
        .env("TMPDIR", &scratch)
        // Nothing to read. A lock is of the open file, and so it is the child's as well.
        .stdin(state)
        .stdout(out)
        .stderr(err)
        // A group of its own: Ctrl-C in the terminal is not meant for it, and stopping the group
        // stops the functions' processes too.
        .process_group(0);
    // The functions inherit the emulator's environment: a person's credentials stay out of it,
    // and so does a proxy, which does not lead back to this machine. What is said to the user's own
    // Python is not meant for this one.
    for (name, _) in std::env::vars_os() {
        let lower = name.to_string_lossy().to_lowercase();
        let is_ours = lower == "aws_endpoint_url";
        if (lower.starts_with("aws_") && !is_ours)
            || lower.ends_with("_proxy")
            || name.to_str().is_some_and(is_of_python)
        {
            command.env_remove(&name);
        }
    }
    let mut child = command.spawn().context("cannot start the emulator")?;
    let emulator = Emulator {
        pid: child.id().cast_signed(),
        port,
    };
    // Recorded before it answers, so that it can be stopped whatever happens to this process.
    let recorded: Result<()> = serde_json::to_string(&emulator)
        .context("cannot describe the emulator")
        .and_then(|state| {
            std::fs::write(place.state(), state).context("cannot write the local cloud's state")
        });
    let started: Result<()> = recorded
        .and_then(|()| wait_until_healthy(&mut child, port))
        .with_context(|| {
            format!(
                "the local cloud did not start; its log is `{}`",
                place.log().display()
            )
        });
    if let Err(err) = started {
        let _ = stop(emulator.pid);
        let _ = child.wait();
        let _ = std::fs::remove_file(place.state());
        return Err(err);
    }
    Ok(emulator)
}

fn wait_until_healthy(child: &mut Child, port: u16) -> Result<()> {
    let begin = Instant::now();
    while begin.elapsed() < START_TIMEOUT {
        if let Some(status) = child.try_wait().context("cannot watch the emulator")? {
            bail!("it ended at once ({status})");
        }
        if is_healthy(port) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("it does not answer after {} s", START_TIMEOUT.as_secs())
}

fn stop(pid: i32) -> Result<()> {
    let Some(group) = Pid::from_raw(pid) else {
        return Ok(());
    };
    for signal in [Signal::TERM, Signal::KILL] {
        // A group that is gone cannot be signalled, which is what is wanted.
        let _ = kill_process_group(group, signal);
        let begin = Instant::now();
        while begin.elapsed() < STOP_TIMEOUT {
            if !is_alive(pid) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    bail!("the local cloud (process {pid}) does not stop")
}

fn is_alive(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|group| test_kill_process_group(group).is_ok())
}

fn is_healthy(port: u16) -> bool {
    health(port).is_ok_and(|line| line.contains(" 200 "))
}

/// The first line of the answer, which says enough; an HTTP client would be compiled for it alone.
fn health(port: u16) -> std::io::Result<String> {
    let wait = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), wait)?;
    stream.set_read_timeout(Some(wait))?;
    stream.set_write_timeout(Some(wait))?;
    let request = "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}

fn check_port(port: u16) -> Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .with_context(|| {
            format!(
                "port {port} on 127.0.0.1 is not free; free it, or choose another with `--port`"
            )
        })
}

fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_url_leads_to_the_emulator() {
        let emulator = Emulator { pid: 1, port: 4566 };
        let deployed = "https://a1b2c3.execute-api.us-east-1.amazonaws.com/dev";
        assert_eq!(
            emulator.stage_url(deployed).unwrap(),
            "http://127.0.0.1:4566/_aws/execute-api/a1b2c3/dev"
        );
        assert_eq!(emulator.stage_url("not a URL"), None);
    }

    #[test]
    fn a_port_in_use_is_explained() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let err = check_port(port).unwrap_err();
        assert!(
            err.to_string()
                .starts_with(&format!("port {port} on 127.0.0.1 is not free"))
        );
    }
}
