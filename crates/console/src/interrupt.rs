//! Ctrl-C, the SIGTERM of a CI that gives up, and the SIGHUP of a terminal that was closed: asked
//! for, never acted on here. SIGQUIT ends the program at once, as everywhere.

use std::process::Command;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::{Context as _, Result};
use crate::exit::Exit;

/// The interrupts of this process from now on. One that comes while nobody waits is kept.
#[derive(Debug)]
pub struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
    /// `None` where the process was told to outlive its terminal.
    hang_up: Option<Signal>,
}

/// Who interrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// Somebody who may do so again.
    Asked,
    /// A terminal that has gone. The kernel and the shell may each say so.
    HungUp,
}

impl Interrupts {
    /// From here on an interrupt ends nothing by itself.
    ///
    /// # Errors
    ///
    /// The system does not tell of signals.
    pub fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for Ctrl-C");
        let hang_up = match ignores_hang_up() {
            true => None,
            false => Some(listen(SignalKind::hangup())?),
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        self.interruption().await;
    }

    /// Waits for the next one, and says whose it is.
    pub async fn interruption(&mut self) -> Interruption {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Interruption::Asked,
            _ = self.terminate.recv() => Interruption::Asked,
            _ = hang_up => Interruption::HungUp,
        }
    }

    /// Does `work`, which leaves nothing behind when it is dropped, unless an interrupt comes.
    ///
    /// # Errors
    ///
    /// Those of `work`, and [`Exit::Declined`] where one came.
    pub async fn unless<T, E: From<Exit>>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        tokio::select! {
            biased;
            () = self.next() => Err(Exit::Declined.into()),
            done = work => done,
        }
    }
}

/// Whether this process goes on when its terminal has gone, as `nohup` has it.
fn ignores_hang_up() -> bool {
    match std::fs::read_to_string("/proc/self/status") {
        Ok(status) => ignored_signals(&status) & 1 != 0,
        // Only Linux tells; but a child ignores what its parent does.
        Err(_) => {
            let mut shell = Command::new("sh");
            let ended = shell.args(["-c", "kill -HUP $$"]).status();
            ended.is_ok_and(|ended| ended.success())
        }
    }
}

/// The signals that Linux says are ignored, the first one in the lowest bit.
fn ignored_signals(status: &str) -> u64 {
    let mut lines = status.lines();
    let ignored = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|ignored| u64::from_str_radix(ignored.trim(), 16).ok());
    ignored.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_of_ignored_signals_is_read() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        assert_eq!(ignored_signals(status), 0x1001);
        assert_eq!(ignored_signals("Name:\txtask\n"), 0);
    }
}
