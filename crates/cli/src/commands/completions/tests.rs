use std::process::Command;

use clap::CommandFactory as _;

use super::*;
use crate::commands::{Cli, NoCommands};

/// What bash proposes for the words of a command line, the last of which is being typed.
fn bash(words: &[&str]) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("script");
    std::fs::write(
        &path,
        script(Shell::Bash, Cli::<NoCommands>::command()).unwrap(),
    )
    .unwrap();
    let program = r#"
        _cargo() { COMPREPLY=(build bench); }
        complete -F _cargo cargo
        source "$1"
        # Twice, as in a shell whose start is read again.
        source "$1"
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        [[ "$(complete -p cargo)" =~ -F\ ([^\ ]+) ]]
        "${BASH_REMATCH[1]}" cargo "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", program, "bash"])
        .arg(&path)
        .args(words)
        .output()
        .expect("the test needs bash");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.is_empty(), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    assert_eq!(bash(&["cargo", "xtask", "dep"]), ["deploy"]);
    assert_eq!(bash(&["cargo", "xtask", "deploy", "--st"]), ["--stage"]);
    assert_eq!(bash(&["cargo", "xtask", "keys", "rot"]), ["rotate"]);
    assert_eq!(
        bash(&["cargo", "xtask", "deploy", "--on-failure", ""]),
        ["rollback", "keep", "delete"]
    );
    assert!(bash(&["cargo", "xtask", ""]).len() > 20);
}

#[test]
fn bash_leaves_cargos_own_completion_as_it_is() {
    assert_eq!(bash(&["cargo", "b"]), ["build", "bench"]);
    assert_eq!(bash(&["cargo", "build", "--re"]), ["build", "bench"]);
}

#[test]
fn every_shell_has_a_script_that_knows_the_commands() {
    for shell in [
        Shell::Bash,
        Shell::Zsh,
        Shell::Fish,
        Shell::Elvish,
        Shell::PowerShell,
    ] {
        let text = script(shell, Cli::<NoCommands>::command()).unwrap();
        assert!(text.contains("termination-protection"), "{shell}");
        assert!(text.contains("traces"), "{shell}");
    }
    assert!(
        script(Shell::Zsh, Cli::<NoCommands>::command())
            .unwrap()
            .starts_with("#compdef cargo-xtask")
    );
}
