//! What `cargo xtask` is built from, and the program that other commands are handed over to.

use std::collections::BTreeSet;
use std::process::Command;

use super::root;

/// The crates that a program is compiled from, each with its version and its features. One that
/// also runs while others are compiled is there twice where it has other features then.
fn crates(package: &str) -> BTreeSet<(String, String)> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--package", package])
        .args(["--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p} {f}"])
        .current_dir(root())
        .output()
        .unwrap();
    let text = String::from_utf8(tree.stdout).unwrap();
    let error = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{error}");
    let crates = text.lines().map(|line| {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (name, version) = (word(), word());
        let features = line
            .trim_end_matches(" (*)")
            .trim_end_matches(" (proc-macro)");
        let features = features.rsplit(' ').next().unwrap_or_default();
        (format!("{name} {version}"), features.to_owned())
    });
    crates.collect()
}

#[test]
fn nobody_waits_for_the_sdk_who_does_not_talk_to_aws() {
    let heavy = ["aws-", "hyper", "rustls", "ring", "h2"];
    let is_heavy = |name: &str| heavy.iter().any(|heavy| name.starts_with(heavy));
    let mut found = crates("xtask");
    found.retain(|(name, _)| is_heavy(name));
    assert_eq!(found, BTreeSet::new());
    let second = crates("xtask-aws");
    assert!(second.iter().any(|(one, _)| one.starts_with("aws-sdk-s3 ")));
}

#[test]
fn what_both_programs_share_is_compiled_once() {
    let (first, second) = (crates("xtask"), crates("xtask-aws"));
    assert!(first.len() > 100);
    let different: Vec<_> = first.difference(&second).collect();
    assert!(
        different.is_empty(),
        "the second program has other features of {different:?}: turn the same features \
         on in `crates/cli/Cargo.toml`, as for `hashbrown`"
    );
}
