use std::sync::Arc;

use cfnkit_console::report::Nobody;
use expect_test::{Expect, expect};

use super::*;

const MANIFEST: &str = "[workspace]\nmembers = [\"handler\"]\n\n\
    [profile.lambda]\ninherits = \"release\"\nlto = \"fat\"\n";
const LOCK: &str = r#"version = 4

[[package]]
name = "handler"
version = "0.1.0"
dependencies = ["ring", "proptest", "lib 1.0.0"]

[[package]]
name = "lib"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "1111111111111111111111111111111111111111111111111111111111111111"

[[package]]
name = "lib"
version = "2.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "2222222222222222222222222222222222222222222222222222222222222222"

[[package]]
name = "proptest"
version = "1.0.0"
dependencies = ["lib 2.0.0"]

[[package]]
name = "ring"
version = "0.17.13"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "3333333333333333333333333333333333333333333333333333333333333333"

[[package]]
name = "xtask"
version = "0.1.0"
dependencies = ["lib 2.0.0"]
"#;

struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.write("handler/src/main.rs", "fn main() {}");
        repository.write("shared/text.txt", "text");
        repository.write("assets/a/b.txt", "b");
        repository.write(
            "handler/Cargo.toml",
            "[dependencies]\nring = \"0.17\"\nlib = \"1\"\n[dev-dependencies]\nproptest = \"1\"\n",
        );
        repository.write("Cargo.toml", MANIFEST);
        repository.write("Cargo.lock", LOCK);
        repository
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.0.path().join(file)).unwrap();
        assert!(text.contains(from));
        self.write(file, &text.replace(from, to));
    }

    fn inputs(&self) -> Inputs {
        self.inputs_with("arm64", None)
    }

    fn inputs_with(&self, target: &str, beginning: Option<SystemTime>) -> Inputs {
        let workspace = Workspace::at(self.0.path(), Arc::new(Nobody));
        let configuration = Configuration::read(&Shell::new().unwrap(), &workspace).unwrap();
        let terms = Terms {
            package: "handler",
            workspace: &workspace,
            triple: "aarch64-unknown-linux-gnu",
            profile: "lambda",
            configuration: &configuration,
            settings: vec![("target", target.to_owned())],
        };
        let root = self.0.path();
        let read = Read {
            packages: ["handler", "ring", "lib"].map(ToOwned::to_owned).into(),
            manifests: [root.join("handler/Cargo.toml")].into(),
            files: ["handler/src/main.rs", "shared/text.txt", "assets"]
                .map(|file| root.join(file))
                .into(),
            whole: [].into(),
            variables: ["XTASK_NEVER_SET".to_owned()].into(),
        };
        let names = Names::of(&read, root);
        match beginning {
            Some(beginning) => Inputs::at(&terms, &names, beginning).unwrap(),
            None => Inputs::now(&terms, &names).unwrap(),
        }
    }
}

/// What a change of the repository is called.
fn check(change: impl FnOnce(&Repository), expected: Expect) {
    let repository = Repository::new();
    let before = repository.inputs();
    assert_eq!(repository.inputs().sha256(), before.sha256());
    change(&repository);
    let after = repository.inputs();
    let differences = after.differences(&before);
    assert_eq!(differences.is_empty(), after.sha256() == before.sha256());
    let lines: Vec<String> = differences.iter().map(Difference::to_string).collect();
    expected.assert_eq(&lines.join("\n"));
}

use super::difference::Difference;

#[test]
fn a_file_that_was_read_is_changed_or_gone_wherever_it_is() {
    check(
        |repository| repository.write("handler/src/main.rs", "fn main() { }"),
        expect!["handler/src/main.rs: changed"],
    );
    check(
        |repository| repository.write("shared/text.txt", "another"),
        expect!["shared/text.txt: changed"],
    );
    check(
        |repository| repository.write("assets/a/new.txt", ""),
        expect!["assets: changed"],
    );
    check(
        |repository| std::fs::remove_file(repository.0.path().join("handler/src/main.rs")).unwrap(),
        expect!["handler/src/main.rs: gone"],
    );
}

#[test]
fn what_was_written_during_the_build_is_seen_the_next_time() {
    let repository = Repository::new();
    let before = SystemTime::now() - std::time::Duration::from_secs(60);
    let during = repository.inputs_with("arm64", Some(before));
    let later = SystemTime::now() + std::time::Duration::from_secs(60);
    assert_eq!(
        repository.inputs_with("arm64", Some(later)),
        repository.inputs()
    );
    let differences = repository.inputs().differences(&during);
    let lines: Vec<String> = differences.iter().map(Difference::to_string).collect();
    assert!(
        lines.contains(&"handler/src/main.rs: changed during the build".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn what_a_script_declares_and_is_not_there_is_never_up_to_date() {
    let repository = Repository::new();
    std::fs::remove_file(repository.0.path().join("shared/text.txt")).unwrap();
    let later = SystemTime::now() + std::time::Duration::from_secs(60);
    let built = repository.inputs_with("arm64", Some(later));
    let differences = repository.inputs().differences(&built);
    assert_eq!(
        differences[0].to_string(),
        "shared/text.txt: missing, which makes cargo run a build script every time"
    );
}

#[test]
fn a_variable_that_rustc_asked_for_counts_and_its_value_is_not_told() {
    let repository = Repository::new();
    let unset = repository.inputs();
    let text = serde_json::to_string(&unset).unwrap();
    let value = format!("\"variable XTASK_NEVER_SET\":\"{}\"", "0".repeat(64));
    let set = text.replace("\"variable XTASK_NEVER_SET\":\"unset\"", &value);
    let set: Inputs = serde_json::from_str(&set).unwrap();
    assert_eq!(
        set.differences(&unset)[0].to_string(),
        "variable XTASK_NEVER_SET: set"
    );
}

#[test]
fn the_names_of_inputs_lead_to_the_same_inputs() {
    let inputs = Repository::new().inputs();
    let names = inputs.names();
    assert!(names.0.contains("shared/text.txt"));
    assert!(names.0.contains("manifest handler/Cargo.toml"));
    assert!(names.0.contains("dependency ring"));
    assert!(names.0.contains("variable XTASK_NEVER_SET"));
}

#[test]
fn a_path_is_called_the_same_on_every_machine() {
    let called = |path: &str| name(Path::new(path), Path::new("/home/me/repo"));
    assert_eq!(called("/home/me/repo/handler/src/a.rs"), "handler/src/a.rs");
    assert_eq!(called("/home/me/other/lib.rs"), "../other/lib.rs");
    assert_eq!(called("/usr/include/x.h"), "/usr/include/x.h");
}

#[test]
fn a_touched_file_is_the_same_file() {
    check(
        |repository| repository.write("handler/src/main.rs", "fn main() {}"),
        expect![""],
    );
}

#[test]
fn tests_and_other_programs_do_not_count() {
    check(
        |repository| {
            repository.write("handler/tests/it/new.rs", "");
            repository.write("xtask/src/main.rs", "");
            repository.replace("Cargo.lock", "2222222222", "4444444444");
            repository.replace("handler/Cargo.toml", "proptest = \"1\"", "proptest = \"2\"");
        },
        expect![""],
    );
}

#[test]
fn a_dependency_is_named_with_its_versions() {
    check(
        |repository| repository.replace("Cargo.lock", "0.17.13", "0.17.14"),
        expect!["dependency ring: 0.17.13 -> 0.17.14"],
    );
    // The same version with other content.
    check(
        |repository| repository.replace("Cargo.lock", "3333333333", "5555555555"),
        expect!["dependency ring: changed"],
    );
}

#[test]
fn the_profile_is_named_apart_from_the_manifest() {
    check(
        |repository| repository.replace("Cargo.toml", "fat", "thin"),
        expect![[
            r#"profile lambda: { inherits = "release", lto = "fat" } -> { inherits = "release", lto = "thin" }"#
        ]],
    );
    check(
        |repository| repository.replace("Cargo.toml", "members", "exclude = []\nmembers"),
        expect!["Cargo.toml: changed"],
    );
    check(
        |repository| repository.write("Cargo.toml", &format!("# why\n{MANIFEST}")),
        expect![""],
    );
    check(
        |repository| {
            let release = "\n[profile.release]\nopt-level = \"s\"\n";
            repository.write("Cargo.toml", &format!("{MANIFEST}{release}"));
        },
        expect![[r#"profile release: new, { opt-level = "s" }"#]],
    );
}

#[test]
fn cargos_configuration_counts_as_far_as_it_reaches_a_build() {
    check(
        |repository| repository.write(".cargo/config.toml", "[env]\nA = \"secret\"\n"),
        expect!["configuration env.A: new"],
    );
    check(
        |repository| repository.write(".cargo/config.toml", "[alias]\nx = \"run\"\n"),
        expect![""],
    );
}

#[test]
fn versions_of_what_is_not_compiled_do_not_count() {
    let versions = |repository: &Repository, proptest: &str, ring: &str| {
        let text = format!(
            "{MANIFEST}\n[workspace.dependencies]\nproptest = \"{proptest}\"\nring = \"{ring}\"\n"
        );
        repository.write("Cargo.toml", &text);
        repository.inputs()
    };
    let repository = Repository::new();
    let before = versions(&repository, "1", "0.17");
    assert_eq!(versions(&repository, "2", "0.17"), before);
    assert_ne!(versions(&repository, "1", "0.18"), before);
}

#[test]
fn settings_are_shown_with_their_values() {
    let repository = Repository::new();
    let inputs = |target: &str| repository.inputs_with(target, None);
    let differences = inputs("x86_64").differences(&inputs("arm64"));
    assert_eq!(differences[0].to_string(), "target: arm64 -> x86_64");
}

#[test]
fn two_checkouts_have_the_same_inputs() {
    assert_eq!(Repository::new().inputs(), Repository::new().inputs());
}

#[test]
fn variables_of_cargo_count_and_others_do_not() {
    for name in [
        "CARGO_PROFILE_LAMBDA_LTO",
        "RUSTC",
        "RUSTC_WRAPPER",
        "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER",
    ] {
        assert!(changes_the_build(name), "{name}");
    }
    for name in [
        "PATH",
        "HOME",
        "CARGO_TERM_COLOR",
        "CARGO_PKG_NAME",
        "CARGO_BUILD_TARGET_DIR",
        // Declared by the build scripts that call a C compiler.
        "CFLAGS",
        // Their content is an input by itself.
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        // Names the machine; the toolchain's version is an input.
        "RUSTUP_TOOLCHAIN",
    ] {
        assert!(!changes_the_build(name), "{name}");
    }
}
