//! This repository as another service's: renamed in a copy, where its own tests then run.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{BUILDS, Run, copy_of_repository, target_directory, xtask};

/// A copy that is a repository of its own.
struct Copy {
    directory: tempfile::TempDir,
    home: tempfile::TempDir,
}

impl Copy {
    fn new() -> Self {
        let copy = Self {
            directory: copy_of_repository(),
            home: tempfile::tempdir().unwrap(),
        };
        copy.git(&["init", "--quiet"]);
        copy.commit();
        copy
    }

    fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.current_dir(self.directory.path()).args(arguments);
        Run::of(&mut git).expect(0).stdout
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        let author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
        let commit = ["commit", "--quiet", "--message", "All"];
        self.git(&[author.as_slice(), &commit].concat());
    }

    fn rename(&self, arguments: &[&str]) -> Run {
        let mut rename = xtask(self.directory.path(), self.home.path());
        Run::of(rename.arg("rename").args(arguments))
    }

    #[track_caller]
    fn is_untouched(&self) {
        assert_eq!(self.git(&["status", "--porcelain"]), "");
    }

    /// Cargo, in the copy and with what is built already.
    #[track_caller]
    fn cargo(&self, arguments: &[&str]) {
        let mut cargo = Command::new(env!("CARGO"));
        for (name, _) in std::env::vars() {
            if name.starts_with("CARGO_") && name != "CARGO_HOME" {
                cargo.env_remove(name);
            }
        }
        cargo
            .current_dir(self.directory.path())
            .args(arguments)
            .env("CARGO_TARGET_DIR", target_directory())
            // What the names' lengths move is for a person to look at, and no failure.
            .env("UPDATE_EXPECT", "1")
            .env("RUST_BACKTRACE", "0");
        Run::of(&mut cargo).expect(0);
    }
}

#[tokio::test]
async fn a_renamed_copy_has_no_old_name_and_passes_its_own_tests() {
    let copy = Copy::new();
    copy.rename(&[
        "booking",
        "--service",
        "hotel-bookings",
        "--function",
        "hotel_api",
        "--key",
        "bookingId",
        "--yes",
    ])
    .expect(0)
    .says("This is the hotel-bookings service now");

    copy.commit();
    for file in copy.git(&["ls-files"]).lines() {
        let bytes = std::fs::read(copy.path(file)).unwrap();
        let text = format!("{file}\n{}", String::from_utf8_lossy(&bytes)).to_lowercase();
        for name in ["movie", "apigw_handler", "xtask rename", "make-it-yours"] {
            let line = text.lines().find(|line| line.contains(name));
            assert_eq!(line, None, "{file} has `{name}`");
        }
    }
    let table = std::fs::read_to_string(copy.path("infra/cfn/data.yaml")).unwrap();
    assert_eq!(table.matches("AttributeName: bookingId\n").count(), 2);

    let mut limits = xtask(copy.directory.path(), copy.home.path());
    Run::of(limits.args(["limits", "--check"])).expect(0);

    // The handler's contract, and what holds templates, tool and documents together.
    let _builds = BUILDS.lock().await;
    copy.cargo(&["fmt", "--all", "--check"]);
    copy.cargo(&[
        "test",
        "--no-fail-fast",
        "--locked",
        "--package",
        "handler",
        "--package",
        "rig",
        "--",
        // The 100,000 generated events know no name, and take longer than all the rest.
        "--skip",
        "generated",
    ]);
    let others = ["cfnkit-*", "infra-tests", "xtask"].map(|package| ["--package", package]);
    let targets = ["--lib", "--test", "templates", "--test", "tidy"];
    // What is generated there, too, knows no name.
    let unnamed = ["mutation", "agreement", "orders", "properties"];
    let skipped = unnamed.map(|test| ["--skip", test]).concat();
    let test = ["test", "--no-fail-fast", "--locked"];
    copy.cargo(&[&test, &others.concat()[..], &targets, &["--"], &skipped].concat());
}

#[test]
fn nothing_is_renamed_where_it_could_not_be_taken_back_or_would_collide() {
    let copy = Copy::new();
    copy.rename(&["purchase-order", "--yes"])
        .expect(1)
        .says("is not one word");
    copy.rename(&["event", "--yes"])
        .expect(1)
        .says("`handler/src/event.rs`, which is there already");
    copy.rename(&["trace", "--yes"])
        .expect(1)
        .says("has a type `Trace` already");
    // Nobody is there to be asked.
    copy.rename(&["order"]).expect(1).says("pass `--yes`");
    copy.is_untouched();

    std::fs::write(copy.path("new"), "new").unwrap();
    copy.rename(&["order", "--yes"])
        .expect(1)
        .says("not committed, the first is `?? new`");
    std::fs::remove_file(copy.path("new")).unwrap();
    copy.is_untouched();

    // What cannot be formatted is not left renamed.
    let main = copy.path("handler/src/main.rs");
    let code = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, code + "fn {\n").unwrap();
    copy.commit();
    copy.rename(&["order", "--yes"])
        .expect(1)
        .says("nothing was renamed");
    copy.is_untouched();
}
