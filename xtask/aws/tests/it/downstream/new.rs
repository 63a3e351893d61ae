//! A repository of a team's own: what `new` writes is tested, deployed and taken down.

use std::path::Path;

use crate::support::{LocalCloud, Run, builds_apart, cargo, edit, program, repository, xtask};

fn new(path: &Path, arguments: &[&str]) -> Run {
    let mut new = xtask(&repository(), path);
    Run::of(new.arg("new").arg(path).args(arguments))
}

/// The files of a repository, with what git would commit of it.
fn files(repository: &Path) -> Vec<String> {
    let mut list = std::process::Command::new("git");
    list.args(["ls-files", "--others", "--exclude-standard"]);
    let listed = Run::of(list.current_dir(repository)).expect(0).stdout;
    listed.lines().map(str::to_owned).collect()
}

fn entries(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_new_repository_has_names_of_its_own_and_is_tested_deployed_and_destroyed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("orders");
    new(&path, &["--name", "orders"])
        .expect(0)
        .says("The orders service is in");
    assert_eq!(entries(directory.path()), ["orders"]);
    for file in files(&path) {
        let text = std::fs::read_to_string(path.join(&file)).unwrap();
        let text = format!("{file}\n{text}").to_lowercase();
        for name in [
            "movie",
            "apigw_handler",
            "intake",
            " a order",
            "xtask bench",
            "xtask test",
        ] {
            let line = text.lines().find(|line| line.contains(name));
            assert_eq!(line, None, "{file} has `{name}`");
        }
    }

    let cargo = |arguments: &[&str]| {
        Run::of(
            builds_apart(&mut cargo())
                .current_dir(&path)
                // Generated inputs meet the same code under its first name, and more of them.
                .env("PROPTEST_CASES", "8")
                .args(arguments),
        )
        .expect(0);
    };
    cargo(&["fmt", "--check"]);
    // Cargo tells packages apart by name and version, and not by where their workspace is.
    let version = |version: &str| format!("version = \"{version}\"\nedition");
    edit(
        &path.join("Cargo.toml"),
        &version("0.1.0"),
        &version("0.0.0"),
    );
    cargo(&["update", "--workspace", "--offline"]);
    // In two parts, each with the features that are compiled already.
    cargo(&[
        "test",
        "--locked",
        "--package",
        "handler",
        "--package",
        "rig",
        "--",
        "--test-threads=4",
    ]);
    let programs = ["--package", "orders-xtask", "--package", "orders-xtask-aws"];
    cargo(&[&["build", "--locked"], &programs[..]].concat());

    let cloud = LocalCloud::start();
    let run = |arguments: &[&str]| {
        let built = path.join("target/debug/orders-xtask-aws");
        let mut command = program(&built, &path, cloud.home.path());
        Run::of(builds_apart(command.args(arguments))).expect(0)
    };
    run(&["deploy", "--local"]).says("orders-dev is deployed");
    run(&["smoke", "--local"]);
    run(&["limits", "--check"]);
    run(&["destroy", "--local"]);
    assert_eq!(cloud.stacks().await, ["orders-bootstrap"]);
}

#[test]
fn what_cannot_be_written_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let refused = |arguments: &[&str], why: &str| {
        new(&path("new"), arguments).expect(1).says(why);
    };
    refused(&["--name", "Orders"], "cannot be the service's name");
    refused(&["--name", "intake"], "say what it is with `--noun`");
    refused(
        &["--name", "events"],
        "`handler/src/event.rs` has the name `event`",
    );
    refused(
        &["--name", "traces"],
        "has the name `trace` or `Trace` already",
    );
    let orders = ["--name", "orders"];
    let engine = |flags: [&'static str; 2]| [orders, flags].concat();
    refused(
        &engine(["--engine-path", "/tmp"]),
        "there is no engine in `/tmp`",
    );
    // When everything else is written.
    refused(
        &engine(["--engine-git", "no URL"]),
        "cargo does not find what the new repository depends on",
    );
    assert_eq!(entries(directory.path()), [""; 0]);

    std::fs::create_dir(path("full")).unwrap();
    std::fs::write(path("full/kept"), "kept").unwrap();
    new(&path("full"), &orders).expect(1).says("is not empty");
    new(&path("none/new"), &orders)
        .expect(1)
        .says("no directory");
    assert_eq!(entries(directory.path()), ["full"]);
    assert_eq!(entries(&path("full")), ["kept"]);
}
