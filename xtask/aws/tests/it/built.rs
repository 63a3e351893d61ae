//! What is in the zip: what was just built, of what is there now. A small repository stands for
//! this one, so that each way to miss a change can be tried; its program prints what it was built
//! from.

use std::fs::Permissions;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::support::{Run, xtask};

const FILES: [(&str, &str); 13] = [
    ("infra/cfn/root.yaml", ""),
    (
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"handler\", \"shared\", \"windows\"]\n",
    ),
    (
        "handler/Cargo.toml",
        "[package]\nname = \"handler\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nshared = { path = \"../shared\" }\n\n\
         [target.'cfg(windows)'.dependencies]\nwindows = { path = \"../windows\" }\n",
    ),
    (
        "handler/src/main.rs",
        "mod inner;\nfn main() {\n    println!(\"{} {} {} {} {} {}\", inner::TEXT, shared::TEXT,\n        \
         include_str!(\"../../text.txt\"), option_env!(\"FIXTURE_OPTION\").unwrap_or(\"none\"),\n        \
         env!(\"FROM_SCRIPT\"), cfg!(fixture));\n}\n",
    ),
    (
        "handler/src/inner.rs",
        "pub const TEXT: &str = \"inner\";\n",
    ),
    (
        "handler/build.rs",
        "fn main() {\n    println!(\"cargo:rerun-if-changed=../data\");\n    \
         println!(\"cargo::rerun-if-env-changed=FIXTURE_SCRIPT\");\n    \
         println!(\"cargo::rustc-check-cfg=cfg(fixture)\");\n    \
         let data = std::fs::read_to_string(\"../data/a.txt\").unwrap();\n    \
         let variable = std::env::var(\"FIXTURE_SCRIPT\").unwrap_or(\"none\".into());\n    \
         println!(\"cargo::rustc-env=FROM_SCRIPT={data}-{variable}\");\n}\n",
    ),
    ("handler/tests/it.rs", "#[test]\nfn t() {}\n"),
    (
        "shared/Cargo.toml",
        "[package]\nname = \"shared\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    ),
    ("shared/src/lib.rs", "pub const TEXT: &str = \"shared\";\n"),
    (
        "windows/Cargo.toml",
        "[package]\nname = \"windows\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    ),
    ("windows/src/lib.rs", ""),
    ("text.txt", "text"),
    ("data/a.txt", "data"),
];

const UNCHANGED: &str = "inner shared text none data-none false";

struct Repository {
    directory: tempfile::TempDir,
    /// Below the directory, so that there is room beside it.
    root: PathBuf,
}

impl Repository {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let repository = Self {
            root: directory.path().join("repo with $HOME & blank"),
            directory,
        };
        for (file, text) in FILES {
            repository.write(file, text);
        }
        let mut lock = Command::new(env!("CARGO"));
        lock.args(["generate-lockfile", "--offline", "--quiet"]);
        assert!(
            lock.current_dir(&repository.root)
                .status()
                .unwrap()
                .success()
        );
        repository
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = xtask(&self.root, self.directory.path());
        command.args(["package", "--local"]);
        for (name, _) in std::env::vars() {
            let of_cargo = name.starts_with("CARGO_") && name != "CARGO_HOME";
            if of_cargo || name.ends_with("RUSTFLAGS") {
                command.env_remove(name);
            }
        }
        command
    }

    /// What the program in the zip prints, after a run of `package` that is changed like this.
    #[track_caller]
    fn built(&self, change: impl FnOnce(&mut Command)) -> String {
        let mut command = self.command();
        change(&mut command);
        self.zipped(&Run::of(&mut command).expect(0))
    }

    /// The same of the zip that a run of `package` tells of.
    #[track_caller]
    fn zipped(&self, run: &Run) -> String {
        let path = run
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix("path"));
        let zip = self.root.join(path.unwrap().trim_start());
        let mut zip = zip::ZipArchive::new(std::fs::File::open(zip).unwrap()).unwrap();
        let mut bytes = Vec::new();
        let mut entry = zip.by_name("bootstrap").unwrap();
        entry.read_to_end(&mut bytes).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("bootstrap");
        std::fs::write(&program, bytes).unwrap();
        std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let run = Run::of(&mut Command::new(program)).expect(0);
        run.stdout.trim().to_owned()
    }

    #[track_caller]
    fn is_up_to_date(&self) {
        Run::of(&mut self.command())
            .expect(0)
            .says("up to date, nothing to do");
    }
}

fn nothing(_: &mut Command) {}

/// What the zip holds after a change, and that it holds for the run after it.
#[track_caller]
fn check(change: impl FnOnce(&Repository), expected: &str) {
    let repository = Repository::new();
    assert_eq!(repository.built(nothing), UNCHANGED);
    repository.is_up_to_date();
    change(&repository);
    assert_eq!(repository.built(nothing), expected);
    repository.is_up_to_date();
}

#[test]
fn every_file_that_is_read_makes_a_new_zip() {
    check(
        |repository| repository.write("handler/src/inner.rs", "pub const TEXT: &str = \"new\";\n"),
        "new shared text none data-none false",
    );
    check(
        |repository| repository.write("shared/src/lib.rs", "pub const TEXT: &str = \"new\";\n"),
        "inner new text none data-none false",
    );
    check(
        |repository| repository.write("text.txt", "new"),
        "inner shared new none data-none false",
    );
    check(
        |repository| repository.write("data/a.txt", "new"),
        "inner shared text none new-none false",
    );
    check(
        |repository| {
            repository.write(".cargo/config.toml", "[env]\nFIXTURE_OPTION = \"new\"\n");
        },
        "inner shared text new data-none false",
    );
}

#[test]
fn what_is_not_read_makes_none() {
    let repository = Repository::new();
    repository.built(nothing);
    repository.write("handler/tests/it.rs", "#[test]\nfn other() {}\n");
    repository.write("windows/src/lib.rs", "pub fn new() {}\n");
    repository.write("handler/src/not_a_module.rs", "nonsense");
    repository.write("README.md", "new");
    repository.write(".cargo/config.toml", "[alias]\nb = \"build\"\n");
    repository.is_up_to_date();
}

#[test]
fn every_variable_that_is_read_makes_a_new_zip() {
    let repository = Repository::new();
    assert_eq!(repository.built(nothing), UNCHANGED);
    let with = |name: &'static str| {
        move |command: &mut Command| {
            command.env(name, "new");
        }
    };
    assert_eq!(
        repository.built(with("FIXTURE_OPTION")),
        "inner shared text new data-none false"
    );
    assert_eq!(
        repository.built(with("FIXTURE_SCRIPT")),
        "inner shared text none data-new false"
    );
    assert_eq!(repository.built(nothing), UNCHANGED);
    repository.built(with("FIXTURE_UNREAD"));
    repository.is_up_to_date();
}

#[test]
fn the_program_is_where_cargo_puts_it() {
    let directories: [(&str, &str); 3] = [
        ("[build]\ntarget-dir = \"elsewhere\"\n", "target-dir"),
        ("[build]\nbuild-dir = \"apart\"\n", "build-dir"),
        (
            "[build]\ntarget = \"aarch64-unknown-linux-gnu\"\n",
            "target",
        ),
    ];
    for (configuration, name) in directories {
        let repository = Repository::new();
        assert_eq!(repository.built(nothing), UNCHANGED);
        repository.write(".cargo/config.toml", configuration);
        repository.write("text.txt", name);
        let expected = format!("inner shared {name} none data-none false");
        assert_eq!(repository.built(nothing), expected);
        repository.is_up_to_date();
    }
}

#[test]
fn a_relative_target_directory_is_where_the_command_was_typed() {
    let repository = Repository::new();
    let typed = |command: &mut Command| {
        let place = repository.root.join("handler");
        command.current_dir(place).env("CARGO_TARGET_DIR", "built");
    };
    assert_eq!(repository.built(typed), UNCHANGED);
    assert!(repository.root.join("handler/built/debug/handler").exists());
    assert!(!repository.root.join("built").exists());
    assert!(!repository.root.join("target").exists());
    repository.write("text.txt", "new");
    let expected = "inner shared new none data-none false";
    assert_eq!(repository.built(typed), expected);
}

#[test]
fn flags_in_a_file_that_is_included_reach_the_program() {
    let repository = Repository::new();
    repository.built(nothing);
    repository.write(".cargo/config.toml", "include = [\"team.toml\"]\n");
    repository.write(
        ".cargo/team.toml",
        "[build]\nrustflags = [\"--cfg\", \"fixture\"]\n",
    );
    let explained = Run::of(repository.command().arg("--explain")).expect(0);
    let said = "rustc flags: none -> --cfg fixture";
    assert!(explained.stdout.contains(said), "{}", explained.stdout);
    assert_eq!(
        repository.zipped(&explained),
        "inner shared text none data-none true"
    );
}

/// Cargo goes by times; what was unpacked, copied or checked out may be older than what it replaces.
#[test]
fn a_file_that_is_replaced_by_an_older_one_is_compiled() {
    let before = SystemTime::now() - Duration::from_secs(3600);
    let replace = |repository: &Repository, file: &str, text: &str| {
        repository.write(file, text);
        let file = std::fs::File::open(repository.root.join(file)).unwrap();
        file.set_modified(before).unwrap();
    };
    check(
        |repository| replace(repository, "text.txt", "old"),
        "inner shared old none data-none false",
    );
    check(
        |repository| {
            replace(
                repository,
                "shared/src/lib.rs",
                "pub const TEXT: &str = \"old\";",
            )
        },
        "inner old text none data-none false",
    );
    check(
        |repository| replace(repository, "data/a.txt", "old"),
        "inner shared text none old-none false",
    );
}

/// To cargo, packages of the same name at the same place in two workspaces are one.
#[test]
fn two_checkouts_that_share_a_target_directory_have_each_its_own_program() {
    let [one, other] = [Repository::new(), Repository::new()];
    other.write("text.txt", "other");
    let before = SystemTime::now() - Duration::from_secs(3600);
    for repository in [&one, &other] {
        age(&repository.root, before);
    }
    let shared = tempfile::tempdir().unwrap();
    let share = |command: &mut Command| {
        command.env("CARGO_TARGET_DIR", shared.path());
    };
    let others = "inner shared other none data-none false";
    assert_eq!(one.built(share), UNCHANGED);
    assert_eq!(other.built(share), others);
    one.write("README.md", "");
    std::fs::remove_file(shared.path().join("package/local/handler.zip")).unwrap();
    assert_eq!(one.built(share), UNCHANGED);
}

fn age(path: &Path, time: SystemTime) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            age(&entry.unwrap().path(), time);
        }
    } else {
        std::fs::File::open(path)
            .unwrap()
            .set_modified(time)
            .unwrap();
    }
}

/// What cargo compiles at once is known, also where something beside it has to be compiled again.
#[test]
fn a_change_after_a_build_by_hand_is_packaged() {
    let repository = Repository::new();
    let mut by_hand = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_") && name != "CARGO_HOME" {
            by_hand.env_remove(name);
        }
    }
    by_hand.args(["build", "--quiet", "--package", "handler"]);
    assert!(
        by_hand
            .current_dir(&repository.root)
            .status()
            .unwrap()
            .success()
    );
    repository.write("shared/src/lib.rs", "pub const TEXT: &str = \"new\";\n");
    let expected = "inner new text none data-none false";
    assert_eq!(repository.built(nothing), expected);
    repository.is_up_to_date();
}
