//! A run of the built program that goes on, and its place among those that run.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::AT_A_TIME;
use super::tree::Tree;
use crate::support::Run;

/// More than any run takes, however busy the machine is.
const LIMIT: Duration = Duration::from_secs(60);

/// A run that goes on. It ends with this value, one way or the other.
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<()>>,
    said: Arc<(Mutex<String>, Condvar)>,
    /// That of a run elsewhere, kept as long as it runs.
    pub(super) tree: Option<Tree>,
    _turn: Option<Turn>,
}

impl Running {
    pub(super) fn start(command: Command) -> Self {
        Self::start_with(command, Some(Turn::take()))
    }

    pub(super) fn start_with(mut command: Command, turn: Option<Turn>) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let said = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let saying = Arc::clone(&said);
        Self {
            child,
            stdout: Some(std::thread::spawn(move || {
                let mut text = String::new();
                let _ = stdout.read_to_string(&mut text);
                text
            })),
            stderr: Some(std::thread::spawn(move || {
                for line in stderr.lines() {
                    let Ok(line) = line else { return };
                    let mut text = saying.0.lock().unwrap();
                    text.push_str(&line);
                    text.push('\n');
                    saying.1.notify_all();
                }
            })),
            said,
            tree: None,
            _turn: turn,
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn interrupt(&self) {
        let _ = kill_process(self.pid(), Signal::INT);
    }

    /// Waits until stderr holds this text; `false` where the program ended without it.
    pub(crate) fn says(&mut self, text: &str) -> bool {
        let begin = Instant::now();
        loop {
            let said = self.said.0.lock().unwrap();
            let (said, _) = self
                .said
                .1
                .wait_timeout(said, Duration::from_millis(20))
                .unwrap();
            if said.contains(text) {
                return true;
            }
            drop(said);
            let is_over = self.child.try_wait().unwrap().is_some();
            if is_over || begin.elapsed() > LIMIT {
                return self.said.0.lock().unwrap().contains(text);
            }
        }
    }

    /// What it did, once it has ended; one that does not end in time has the exit code -2.
    pub(crate) fn end(mut self) -> Run {
        let begin = Instant::now();
        let mut pause = Duration::from_millis(2);
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code().unwrap_or(-1);
            }
            if begin.elapsed() > LIMIT {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break -2;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        let stdout = self.stdout.take().unwrap().join().unwrap();
        self.stderr.take().unwrap().join().unwrap();
        let stderr = self.said.0.lock().unwrap().clone();
        drop(self.tree.take());
        Run {
            code,
            stdout,
            stderr,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One of the places for running programs.
pub(super) struct Turn;

static RUNNING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

impl Turn {
    fn take() -> Self {
        let mut running = RUNNING.0.lock().unwrap();
        while *running >= AT_A_TIME {
            running = RUNNING.1.wait(running).unwrap();
        }
        *running += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *RUNNING.0.lock().unwrap() -= 1;
        RUNNING.1.notify_one();
    }
}
