//! How many crates of others are compiled, held against `xtask/data/crates.json`, and the Rust that
//! they need.

use std::collections::BTreeSet;

use serde::Deserialize;
use xshell::{Shell, cmd};

use cfnkit_tools::cargo::undisturbed;

const FILE: &str = "xtask/data/crates.json";

/// How many crates a build may have.
#[derive(Deserialize)]
struct Allowance {
    package: String,
    target: String,
    crates: usize,
    /// What the largest part of them is for, and why the last one was let in.
    because: String,
}

fn allowances() -> Vec<Allowance> {
    let text = std::fs::read_to_string(super::root().join(FILE)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The crates of others that a build has, each with its version and its features: what is linked
/// and what runs during the build.
fn crates(directory: &str, selection: &str) -> BTreeSet<String> {
    let sh = Shell::new().unwrap();
    sh.change_dir(super::root().join(directory));
    let selection = selection.split_whitespace();
    let format = "{p} {f}";
    let tree = cmd!(
        sh,
        "cargo tree --locked --color never {selection...} --prefix none --format {format}"
    );
    let tree = undisturbed(tree).quiet().read().unwrap();
    // Our own are followed by the directory that they are in.
    let others = tree.lines().filter(|line| !line.contains(" (/"));
    // What is below one with a star was told before.
    others
        .map(|line| line.replace(" (proc-macro)", "").replace(" (*)", ""))
        .collect()
}

#[test]
fn no_build_has_more_crates_than_it_is_allowed() {
    let allowances = allowances();
    for allowance in &allowances {
        let Allowance {
            package,
            target,
            crates: allowed,
            ..
        } = allowance;
        let found = crates(
            ".",
            &format!("--package {package} --target {target} --edges normal,build"),
        );
        let versions = found.iter().map(|one| {
            let mut words = one.split(' ');
            (words.next(), words.next())
        });
        let found = versions.collect::<BTreeSet<_>>().len();
        assert!(!allowance.because.trim().is_empty(), "{FILE}: {package}");
        // A tree of this size cannot be a misread one.
        assert!(found > 50, "{package}: {found} crates");
        assert!(
            found <= *allowed,
            "{package} is built of {found} crates of others, and {FILE} allows \
             {allowed}; `git diff Cargo.lock` shows the new ones and `cargo tree --invert CRATE` \
             who wants them. Do without (fewer features?), or raise the number and say in \
             `because` what they are for"
        );
    }
    let packages: BTreeSet<&str> = allowances.iter().map(|one| one.package.as_str()).collect();
    assert_eq!(packages, ["handler", "xtask", "xtask-aws"].into());
}

/// Cargo compiles a crate again for every other setting or feature, and whatever depends on it.
#[test]
fn tests_and_the_example_share_what_is_compiled_for_commands() {
    let of_tests = crates(
        ".",
        "--workspace --exclude handler --exclude rig --edges normal,build,dev",
    );
    for (directory, package) in [
        (".", "xtask"),
        (".", "xtask-aws"),
        ("examples/intake", "intake-xtask-aws"),
    ] {
        let of_commands = crates(directory, &format!("--package {package} --edges no-dev"));
        let others: Vec<_> = of_commands.difference(&of_tests).collect();
        assert!(
            others.is_empty(),
            "{package} has these without the features that tests have them with, so that they are \
             compiled twice: {others:?}; name the features in its `Cargo.toml`, or in \
             {directory}/xtask/Cargo.toml"
        );
    }
    let profile = |file: &str| -> toml::Value {
        let text = std::fs::read_to_string(super::root().join(file)).unwrap();
        text.parse::<toml::Table>().unwrap()["profile"]["dev"].clone()
    };
    assert_eq!(profile("examples/intake/Cargo.toml"), profile("Cargo.toml"));
}

/// Each of these workspaces has crates of this one in it, and a lock file of its own.
#[test]
fn every_lock_file_fits() {
    let sh = Shell::new().unwrap();
    for directory in ["handler/bench", "handler/fuzz", "examples/intake"] {
        sh.change_dir(super::root().join(directory));
        let locked = undisturbed(cmd!(sh, "cargo update --workspace --locked"))
            .quiet()
            .ignore_status()
            .output()
            .unwrap();
        assert!(
            locked.status.success(),
            "`cargo update --workspace` in {directory} mends its lock file: {}",
            String::from_utf8_lossy(&locked.stderr)
        );
    }
}

/// `rust-version` is what is checked here and in CI: the toolchain's own version, and no older one
/// that nobody has tried.
#[test]
fn the_rust_that_is_promised_is_the_one_that_is_used() {
    let read = |file: &str| -> toml::Table {
        let text = std::fs::read_to_string(super::root().join(file)).unwrap();
        text.parse().unwrap()
    };
    let toolchain = read("rust-toolchain.toml");
    let channel = toolchain["toolchain"]["channel"].as_str().unwrap();
    let (minor, _) = channel.rsplit_once('.').unwrap();
    for (file, section) in [
        ("Cargo.toml", "workspace"),
        ("handler/bench/Cargo.toml", "workspace"),
        ("handler/fuzz/Cargo.toml", ""),
    ] {
        let manifest = read(file);
        let package = match section {
            "" => &manifest["package"],
            section => &manifest[section]["package"],
        };
        assert_eq!(package["rust-version"].as_str(), Some(minor), "{file}");
    }
    let members = read("Cargo.toml")["workspace"]["members"].clone();
    for member in members.as_array().unwrap() {
        let file = format!("{}/Cargo.toml", member.as_str().unwrap());
        let inherited = &read(&file)["package"]["rust-version"]["workspace"];
        assert_eq!(inherited.as_bool(), Some(true), "{file}");
    }
}
