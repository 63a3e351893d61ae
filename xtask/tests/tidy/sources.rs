//! What every file of Rust keeps to, and what a crate's own border cannot hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::root;

/// Below these is all that is written in Rust.
const DIRECTORIES: [&str; 5] = ["crates", "examples", "handler", "infra/tests", "xtask"];

/// Lines of a file; past them there is a second subject in it.
const LENGTH: usize = 400;

pub(crate) fn sources_in(directory: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut directories = vec![root().join(directory)];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_path_buf(), text));
            }
        }
    }
    assert!(!found.is_empty(), "{directory} has no source");
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    DIRECTORIES.into_iter().flat_map(sources_in).collect()
}

#[test]
fn every_module_says_what_it_owns() {
    for (path, text) in sources() {
        let is_tests = path.file_name().unwrap() == "tests.rs";
        assert!(is_tests || text.starts_with("//! "), "{}", path.display());
    }
}

/// The tests of the second program have tables, which are as long as they are.
#[test]
fn no_file_has_two_subjects() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        let has_tables = path.starts_with("xtask/aws/tests");
        assert!(
            has_tables || lines <= LENGTH,
            "{} has {lines} lines: past {LENGTH}, move its second subject into a file of its own",
            path.display()
        );
    }
}

#[test]
fn unfinished_work_is_an_issue_and_not_a_comment() {
    for (path, text) in sources() {
        for word in [
            concat!("TO", "DO"),
            concat!("FIX", "ME"),
            concat!("#[ign", "ore"),
        ] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

/// It could be tested nowhere else then, and says something of this service.
#[test]
fn no_crate_reads_the_repository_around_it() {
    for (path, text) in sources_in("crates") {
        let places = text.split("env!(\"CARGO_MANIFEST_DIR\")").skip(1);
        for place in places {
            let place = place.split(';').next().unwrap_or_default();
            let leads_out = ["..", "parent()", "ancestors()"]
                .iter()
                .any(|way| place.contains(way));
            assert!(
                !leads_out,
                "{} leads out of its crate: {place}",
                path.display()
            );
        }
    }
}

/// A step that two commands share is a module of its own, below them.
#[test]
fn commands_do_not_call_each_other() {
    for directory in [
        "crates/cli/src/commands",
        "crates/cli-aws/src/commands",
        "xtask/src/commands",
    ] {
        let sources = sources_in(directory);
        let below = |path: &Path| path.strip_prefix(directory).unwrap().with_extension("");
        let of = |path: &Path| -> String {
            let path = below(path);
            path.iter().next().unwrap().to_str().unwrap().to_owned()
        };
        let commands: BTreeSet<String> = sources.iter().map(|(path, _)| of(path)).collect();
        let callable = |name: &String, path: &Path| name == "args" || *name == of(path);
        for (path, text) in &sources {
            // From a file of a command's own directory, its siblings are one `super` further.
            let up = "super::".repeat(below(path).iter().count());
            for name in commands.iter().filter(|name| !callable(name, path)) {
                for call in [format!("use {up}{name}"), format!("commands::{name}::")] {
                    assert!(!text.contains(&call), "{} names `{call}`", path.display());
                }
            }
        }
    }
}
