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
        let settings = [("target", "arm64".to_owned())];
        Inputs::collect(&Workspace::at(self.0.path()), "lambda", &settings).unwrap()
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
fn a_changed_a_new_and_a_removed_source_are_told_apart() {
    check(
        |repository| repository.write("handler/src/main.rs", "fn main() { }"),
        expect!["handler/src/main.rs: changed"],
    );
    check(
        |repository| repository.write("handler/src/log/metrics.rs", ""),
        expect!["handler/src/log/metrics.rs: new"],
    );
    check(
        |repository| std::fs::remove_file(repository.0.path().join("handler/src/main.rs")).unwrap(),
        expect!["handler/src/main.rs: gone"],
    );
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
            repository.replace("handler/Cargo.toml", "proptest = \"1\"", "proptest = \"1\"");
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
fn cargos_configuration_counts() {
    check(
        |repository| repository.write(".cargo/config.toml", "[env]"),
        expect![".cargo/config.toml: new"],
    );
}

#[test]
fn settings_are_shown_with_their_values() {
    let repository = Repository::new();
    let workspace = Workspace::at(repository.0.path());
    let inputs = |flags: &str| {
        Inputs::collect(&workspace, "lambda", &[("rustc flags", flags.to_owned())]).unwrap()
    };
    let differences = inputs("-Copt-level=1").differences(&inputs(""));
    assert_eq!(
        differences[0].to_string(),
        "rustc flags: none -> -Copt-level=1"
    );
}

#[test]
fn two_checkouts_have_the_same_inputs() {
    assert_eq!(Repository::new().inputs(), Repository::new().inputs());
}

#[test]
fn variables_of_the_compilers_count_and_others_do_not() {
    for name in [
        "CFLAGS",
        "CARGO_PROFILE_LAMBDA_LTO",
        "CC_aarch64_unknown_linux_gnu",
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
        // Of a test coverage service, and a secret.
        "CC_TEST_REPORTER_ID",
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
