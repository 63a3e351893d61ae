//! Streams that take nothing: what a command comes to whose words nobody can read.

#[cfg(target_os = "linux")]
use std::fs::File;
use std::process::{Command, Stdio};

use crate::site::{STACK, Site, check_each};
use crate::support::Run;
#[cfg(target_os = "linux")]
use cfnkit_scripted_cloud::cloud::recorded::REQUEST_ID;
use cfnkit_scripted_cloud::cloud::state::Outcome;

/// The commands that print a result without building anything.
#[cfg(target_os = "linux")]
const PRINTING: [&[&str]; 26] = [
    &["--help"],
    &["deploy", "--help"],
    &["ls"],
    &["ls", "--json"],
    &["schema"],
    &["schema", "status"],
    &["completions", "bash"],
    &["graph"],
    &["graph", "--json"],
    &["limits"],
    &["limits", "--json"],
    &["local", "status"],
    &["local", "status", "--json"],
    &["outputs"],
    &["outputs", "--json"],
    &["keys"],
    &["keys", "--json"],
    &["keys", "--show", "standard"],
    &["logs"],
    &["logs", "--json"],
    &["logs", "--follow"],
    &["logs", "--request-id", REQUEST_ID],
    &["traces"],
    &["traces", "--json"],
    &["smoke", "--json"],
    &["diff", "--json", "--no-change-set"],
];

#[cfg(target_os = "linux")]
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let cases = PRINTING.map(|arguments| (arguments.join(" "), arguments));
    check_each(cases, |arguments| {
        let site = Site::serving();
        // Without an end it has no code to compare with.
        if arguments != ["logs", "--follow"] {
            let printed = site.run(arguments);
            if printed.stdout.is_empty() {
                return vec![format!("it prints nothing: {}", printed.stderr)];
            }
        }
        let mut command = site.command_here(arguments);
        let output = command.stdout(full()).stderr(Stdio::piped()).output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let expected = "error: cannot write the output: No space left on device\n";
        match (output.status.code(), said.ends_with(expected)) {
            (Some(1), true) => Vec::new(),
            (code, _) => vec![format!("{code:?}, and it said: {said}")],
        }
    });
}

#[test]
fn a_reader_that_went_away_has_what_it_wanted() {
    let site = Site::serving();
    for arguments in [&["schema"][..], &["--help"], &["logs", "--follow"]] {
        let mut command = site.command_here(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).stderr(Stdio::piped()).output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), said.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

/// Runs a command without the streams that `redirection` closes.
fn without(command: &Command, redirection: &str) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("exec \"$@\" {redirection}"), "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

#[test]
fn a_deploy_that_cannot_say_anything_ends_as_the_stack_ends() {
    let mut streams = vec!["2>&-", "2>&- <&-"];
    if cfg!(target_os = "linux") {
        streams.push("2>/dev/full");
        streams.push("2>/dev/full <&-");
    }
    let cases = streams
        .iter()
        .map(|streams| (format!("deploy {streams}"), streams));
    check_each(cases, |streams| {
        let site = Site::new();
        let deploy = site.command_here(&["deploy", "--yes"]);
        let run = Run::of(&mut without(&deploy, streams));
        let mut problems = site.problems(&run, 0, "CREATE_COMPLETE");
        if !run.stdout.contains("Endpoint") {
            problems.push(format!("stdout: {}", run.stdout));
        }
        problems
    });
}

#[test]
fn a_failed_deploy_that_cannot_say_anything_ends_as_the_stack_ends() {
    let site = Site::new();
    site.cloud.state().outcomes.push_back(Outcome::Failure);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = site
        .command_here(&["deploy", "--yes"])
        .stderr(writer)
        .status();
    assert_eq!(status.unwrap().code(), Some(3));
    assert_eq!(site.cloud.state().status_of(STACK), "ROLLBACK_COMPLETE");
}
