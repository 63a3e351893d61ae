//! What `cargo xtask` is built from, and the program that other commands are handed over to.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::root;

/// Crates of both programs that have more features in the second. What rests on them is compiled
/// twice, which is little for these.
const DIFFERENT: [&str; 7] = [
    "base64",
    "digest",
    "form_urlencoded",
    "http",
    "httparse",
    "once_cell",
    "ureq",
];

/// The crates that a program is compiled from, with their features.
fn crates(program: &[&str]) -> BTreeMap<String, String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--package", "xtask"])
        .args(["--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p} {f}"])
        .args(program)
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

fn name(of: &str) -> &str {
    of.split(' ').next().unwrap_or_default()
}

#[test]
fn nobody_waits_for_the_sdk_who_does_not_talk_to_aws() {
    let heavy = ["aws-", "hyper", "rustls", "ring", "h2"];
    let all = crates(&["--no-default-features"]);
    let found: Vec<&String> = all
        .keys()
        .filter(|one| heavy.iter().any(|heavy| name(one).starts_with(heavy)))
        .collect();
    assert_eq!(found, Vec::<&String>::new());
    let second = crates(&[]);
    assert!(second.keys().any(|one| one.starts_with("aws-sdk-s3 ")));
}

#[test]
fn what_both_programs_share_is_compiled_once() {
    let (first, second) = (crates(&["--no-default-features"]), crates(&[]));
    assert!(first.len() > 100);
    let different: BTreeSet<&str> = first
        .iter()
        .filter(|(one, features)| second.get(*one) != Some(features))
        .map(|(one, _)| name(one))
        .filter(|name| *name != "xtask")
        .collect();
    assert_eq!(
        different,
        DIFFERENT.into(),
        "turn the same features on in `xtask/Cargo.toml`, as for `hashbrown`"
    );
}
