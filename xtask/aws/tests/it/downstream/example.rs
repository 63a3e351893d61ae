//! The engine in another service's hands: `examples/intake`, which has templates of its own, two
//! functions and no API key.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{LocalCloud, Run, cargo, edit, post, program, repository, target_directory};

const NAME: &str = "examples/intake";

/// The example's programs: without the SDK, and with it.
const PROGRAMS: [&str; 2] = ["intake-xtask", "intake-xtask-aws"];

/// A copy of what the example deploys, and where.
struct Example {
    cloud: LocalCloud,
    copy: tempfile::TempDir,
}

impl Example {
    fn new() -> Self {
        let original = repository().join(NAME);
        let mut build = cargo();
        let packages = PROGRAMS.map(|program| ["--package", program]).concat();
        build.args(["build", "--locked"]).args(packages);
        Run::of(build.current_dir(&original)).expect(0);
        let example = Self {
            cloud: LocalCloud::start(),
            copy: tempfile::tempdir().unwrap(),
        };
        let mut list = Command::new("git");
        list.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        let listed = Run::of(list.current_dir(&original)).expect(0).stdout;
        for file in listed.lines() {
            let to = example.path(file);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(original.join(file), to).unwrap();
        }
        // The crates stay where they are.
        let crates = format!("\"{}/crates/", repository().display());
        edit(&example.path("Cargo.toml"), "\"../../crates/", &crates);
        example
    }

    fn path(&self, file: &str) -> PathBuf {
        self.copy.path().join(file)
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_in(self.copy.path(), PROGRAMS[1], arguments)
    }

    fn run_in(&self, directory: &Path, name: &str, arguments: &[&str]) -> Run {
        let built = target_directory().join("debug").join(name);
        let mut command = program(&built, directory, self.cloud.home.path());
        command.env("CARGO_TARGET_DIR", target_directory());
        Run::of(command.args(arguments))
    }

    /// When each function was packaged last.
    fn packaged(&self) -> [std::time::SystemTime; 2] {
        ["intake", "worker"].map(|function| {
            let zip = format!("package/local/{function}.zip");
            let zip = std::fs::metadata(target_directory().join(zip)).unwrap();
            zip.modified().unwrap()
        })
    }
}

fn lines_of(directory: &Path) -> usize {
    let lines = |path: PathBuf| match path.is_dir() {
        true => lines_of(&path),
        false if path.extension().is_some_and(|one| one == "rs") => {
            std::fs::read_to_string(path).unwrap().lines().count()
        }
        false => 0,
    };
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| lines(entry.unwrap().path())).sum()
}

#[tokio::test]
async fn another_service_is_deployed_changed_and_destroyed() {
    let example = Example::new();

    let packages = example.run(&["package", "--local"]).expect(0).stdout;
    assert!(packages.contains("local/intake.zip"), "{packages}");
    assert!(packages.contains("local/worker.zip"), "{packages}");
    let deployed = example.run(&["deploy", "--local", "--json"]).expect(0);
    let outputs = deployed.json();
    assert!(!deployed.stderr.contains("building"), "{}", deployed.stderr);
    deployed.says("notes-dev is deployed");
    // As people call it: the first program hands over to the second.
    let original = repository().join(NAME);
    let seen = example.run_in(&original, PROGRAMS[0], &["outputs", "--local", "--json"]);
    assert_eq!(seen.expect(0).json(), outputs);
    let endpoint = outputs["Endpoint"].as_str().unwrap();
    assert_eq!(post(endpoint, None, "buy milk").0, 202);
    assert_eq!(post(endpoint, None, "").0, 422);
    example.run(&["smoke", "--local"]).expect(0);
    // What only services with keys, a firewall or one function have is not asked for.
    for command in ["logs", "status", "keys", "doctor"] {
        example.run(&[command, "--local"]).expect(0);
    }
    for command in ["ls", "limits", "graph"] {
        example.run(&[command]).expect(0);
    }

    let before = example.packaged();
    edit(&example.path("worker/src/main.rs"), "words", "terms");
    let changed = example.run(&["deploy", "--local"]).expect(0);
    assert!(!changed.stderr.contains("the intake"), "{}", changed.stderr);
    let changed = changed.says("building the worker").stderr;
    let after = example.packaged();
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
    let (_, changes) = changed.split_once("\nnotes-dev\n").unwrap();
    let (changes, _) = changes.split_once("==> deploying").unwrap();
    assert!(changes.contains("1 to change"), "{changes}");
    assert!(changes.contains("Worker"), "{changes}");
    for stack in ["Storage", "Intake", "Api"] {
        assert!(!changes.contains(stack), "{changes}");
    }

    example
        .run(&["deploy", "--local"])
        .expect(0)
        .says("notes-dev: no changes");
    example.run(&["destroy", "--local"]).expect(0);
    assert_eq!(example.cloud.stacks().await, ["notes-bootstrap"]);
}

/// What a team writes is data; what it does is the crates'.
#[test]
fn its_own_tool_is_short() {
    let lines = lines_of(&repository().join(NAME).join("xtask"));
    assert!(lines <= 150, "{lines} lines");
}
