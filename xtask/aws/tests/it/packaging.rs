//! When `package` builds, what it says about it, and what it leaves behind when it fails.

use std::path::{Path, PathBuf};

use crate::support::{Run, builds_apart, copy_of_repository, edit, xtask};

/// A copy of the repository to package in, with the target directory of this one.
struct Checkout {
    copy: tempfile::TempDir,
    home: tempfile::TempDir,
}

impl Checkout {
    fn new() -> Self {
        Self {
            copy: copy_of_repository(),
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.copy.path().join(file)
    }

    fn package(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let mut command = xtask(self.copy.path(), self.home.path());
        command.arg("package").args(arguments);
        command
            .env_remove("RUSTFLAGS")
            .envs(environment.iter().copied());
        Run::of(builds_apart(&mut command))
    }

    #[track_caller]
    fn is_up_to_date(&self) {
        self.package(&["--local"], &[])
            .expect(0)
            .says("up to date, nothing to do");
    }
}

fn append(path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, before + text).unwrap();
}

#[test]
fn a_build_happens_when_something_changed_and_is_explained() {
    let checkout = Checkout::new();
    let main = checkout.path("handler/src/main.rs");
    let zip = checkout.path("target/package/local/handler.zip");

    let first = checkout.package(&["--local", "--explain"], &[]).expect(0);
    assert!(first.stdout.starts_with("no package yet"));
    assert!(!first.stderr.contains("up to date"));
    checkout.is_up_to_date();

    // A newer time alone is no change.
    let source = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, &source).unwrap();
    checkout.is_up_to_date();

    // What a build would make of a damaged zip is known; the zip is made again all the same.
    std::fs::write(&zip, b"half a zi").unwrap();
    let mended = checkout.package(&["--local"], &[]).expect(0);
    assert!(!mended.stderr.contains("up to date"));
    assert_eq!(mended.stdout.lines().nth(2), first.stdout.lines().nth(3));

    append(&main, "// no more\n");
    let changed = checkout.package(&["--local", "--explain"], &[]).expect(0);
    let expected = "changed since the last package:\n  handler/src/main.rs: changed\n";
    assert!(changed.stdout.starts_with(expected), "{}", changed.stdout);
    assert!(changed.stdout.contains("the zip "), "{}", changed.stdout);

    let again = checkout.package(&["--local", "--explain"], &[]).expect(0);
    let expected = "nothing has changed since the last package\n\
        it differs from the one before in:\n  handler/src/main.rs: changed\n";
    assert!(again.stdout.starts_with(expected), "{}", again.stdout);
}

#[test]
fn a_build_that_fails_leaves_the_last_package_as_it_was() {
    let checkout = Checkout::new();
    let main = checkout.path("handler/src/main.rs");
    checkout.package(&["--local"], &[]).expect(0);
    let files = || {
        let directory = checkout.path("target/package/local");
        let entries = std::fs::read_dir(directory).unwrap();
        let mut files: Vec<(PathBuf, Vec<u8>)> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = files();

    // The sources are the same, the flags are not: cargo must be asked, and does not know this.
    checkout
        .package(&["--local"], &[("RUSTFLAGS", "--nonsense")])
        .expect(1)
        .says("the handler does not build");
    assert_eq!(files(), before);
    checkout.is_up_to_date();

    let source = std::fs::read_to_string(&main).unwrap();
    append(&main, "fn {\n");
    checkout
        .package(&["--local"], &[])
        .expect(1)
        .says("the handler does not build");
    assert_eq!(files(), before);
    std::fs::write(&main, source).unwrap();
    checkout.is_up_to_date();
}

#[test]
fn the_processor_of_this_machine_is_refused_before_anything_is_built() {
    let checkout = Checkout::new();
    let refused = |environment: &[(&str, &str)]| {
        checkout
            .package(&[], environment)
            .expect(1)
            .says("the build was made for the processor of this machine")
            .says("illegal instruction")
            .says("nothing was written");
        assert!(!checkout.path("target/package/handler.zip").exists());
    };
    refused(&[("RUSTFLAGS", "-C target-cpu=native")]);
    refused(&[("CARGO_ENCODED_RUSTFLAGS", "-C\u{1f}target-cpu=native")]);
    refused(&[("CFLAGS", "-O2 -march=native")]);
    std::fs::write(
        checkout.path(".cargo/config.toml"),
        "[target.'cfg(target_os = \"linux\")']\nrustflags = [\"-Ctarget-cpu=native\"]\n",
    )
    .unwrap();
    refused(&[]);
    // The same in a file that is included.
    std::fs::rename(
        checkout.path(".cargo/config.toml"),
        checkout.path(".cargo/team.toml"),
    )
    .unwrap();
    std::fs::write(
        checkout.path(".cargo/config.toml"),
        "include = [\"team.toml\"]\n",
    )
    .unwrap();
    refused(&[]);
}

#[test]
fn a_manifest_that_cannot_be_read_is_named() {
    let checkout = Checkout::new();
    edit(&checkout.path("Cargo.toml"), "[workspace]", "[workspace");
    checkout
        .package(&["--local"], &[])
        .expect(1)
        .says("Cargo.toml");
    std::fs::remove_file(checkout.path("Cargo.lock")).unwrap();
    checkout.package(&["--local"], &[]).expect(1);
}
