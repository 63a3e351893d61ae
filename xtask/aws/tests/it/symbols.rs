//! From a panic of the program that Lambda starts to the functions and lines that led to it; only
//! Linux makes such a program for itself.

#![cfg(target_os = "linux")]

use std::process::Command;

use crate::support::{Run, build_handler, log_of_panic, repository, xtask};

#[test]
fn a_panic_of_the_handler_is_followed_to_its_lines() {
    let directory = tempfile::tempdir().unwrap();
    let bootstrap = build_handler(directory.path());
    let panicked = log_of_panic(Command::new(&bootstrap), &[]);
    let log = directory.path().join("log");
    let prefix = b"2026-01-31T12:00:00.123000+00:00 2026/01/31/[$LATEST]0123 ";
    std::fs::write(&log, [&prefix[..], &panicked].concat()).unwrap();

    let mut command = xtask(&repository(), directory.path());
    command.arg("symbolize").arg(&log);
    let run = Run::of(command.arg("--debug").arg(&bootstrap)).expect(0);
    let (heading, stack) = run.stdout.split_once('\n').unwrap();
    assert!(heading.contains(" panicked at "), "{heading}");
    let first = stack.strip_prefix("   0: ").unwrap();
    // Rust 1.99 has the type of a function in angle brackets.
    let first = first.strip_prefix('<').unwrap_or(first);
    assert!(
        first.starts_with("tokio::runtime::blocking::pool::"),
        "{stack}"
    );
    let line = stack
        .lines()
        .position(|line| line.contains(": handler::start"));
    let place = stack.lines().nth(line.unwrap() + 1).unwrap();
    assert!(
        place.starts_with("             at handler/src/main.rs:"),
        "{stack}"
    );

    // A log without a panic is no success.
    std::fs::write(&log, "{}").unwrap();
    let mut command = xtask(&repository(), directory.path());
    Run::of(command.arg("symbolize").arg(&log))
        .expect(1)
        .says("no panic with a `backtrace` in the log");
}
