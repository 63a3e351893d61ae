//! `diff --against`, over a copy of this repository with one thing changed in it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::Command;

use cfnkit_tools::checkout;
use tempfile::TempDir;

fn git(copy: &TempDir, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args([
        "-c",
        "user.name=Nobody",
        "-c",
        "user.email=nobody@localhost",
    ]);
    let output = git.args(arguments).current_dir(copy.path()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// This repository as the one commit of another.
fn copy() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    checkout::copy(package.parent().unwrap(), copy.path()).unwrap();
    git(&copy, &["init", "--quiet"]);
    git(&copy, &["add", "--all"]);
    git(&copy, &["commit", "--quiet", "--message", "All"]);
    copy
}

fn replace(copy: &TempDir, file: &str, from: &str, to: &str) {
    let path = copy.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file}: {from}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// What is said to be between the commit and the working tree, and whether it is a difference.
fn difference(copy: &TempDir, stage: &str) -> (bool, String) {
    let arguments = ["diff", "--against", "HEAD", "--exit-code", "--stage", stage];
    let mut program = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let program = program.args(arguments).current_dir(copy.path());
    let output = program.env_remove("GITHUB_STEP_SUMMARY").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let is_different = match output.status.code() {
        Some(0) => false,
        Some(5) => true,
        other => panic!("{other:?}: {text}"),
    };
    (is_different, text)
}

#[test]
fn the_same_files_have_no_difference() {
    let (is_different, text) = difference(&copy(), "dev");
    assert!(!is_different, "{text}");
    assert!(text.contains("movies-dev: no changes since "), "{text}");
}

#[test]
fn a_parameter_of_a_stage_changes_that_stage_alone() {
    let copy = copy();
    let file = "infra/stages/production.json";
    replace(&copy, file, "\"block\"", "\"count\"");
    let (is_different, text) = difference(&copy, "dev");
    assert!(!is_different, "{text}");
    let (is_different, text) = difference(&copy, "production");
    assert!(is_different);
    assert!(text.contains("WafManagedRules: block -> count"), "{text}");
    assert!(text.contains("WebAcl"), "{text}");
}

#[test]
fn a_handler_of_other_sources_is_another_zip() {
    let copy = copy();
    replace(&copy, "handler/src/movie.rs", "//! ", "//! Changed. ");
    let (is_different, text) = difference(&copy, "dev");
    assert!(is_different);
    assert!(
        text.contains("-> handler.zip of the working tree"),
        "{text}"
    );
    assert!(text.contains("  handler/src/movie.rs: changed\n"), "{text}");
}
