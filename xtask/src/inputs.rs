//! What the handler is built from, as one hash: while it stays, so does the binary, and cargo
//! need not be asked.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use crate::asset::hex;
use crate::workspace::Workspace;

/// Files of the repository that a build of the handler reads, besides its sources. The lockfile
/// stands for the dependencies: it has their checksums.
const FILES: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo/config.toml",
    "handler/Cargo.toml",
    "handler/build.rs",
];

/// What of the handler's directory is in the binary; its tests and its benchmark are not.
const SOURCES: &str = "handler/src";

/// Variables that change what cargo and the compilers make of the same files.
const VARIABLES: [&str; 6] = [
    "AR",
    "CC",
    "CFLAGS",
    "RUSTC",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];
const VARIABLE_PREFIXES: [&str; 7] = [
    "AR_",
    "CARGO_BUILD_",
    "CARGO_ENCODED_",
    "CARGO_PROFILE_",
    "CC_",
    "CFLAGS_",
    "RUSTC_",
];

/// The hash of every input; `settings` is what the caller itself decides, such as target and
/// tools.
pub(crate) fn hash(workspace: &Workspace, settings: &[&str]) -> anyhow::Result<String> {
    let mut files = Vec::new();
    collect(&workspace.root().join(SOURCES), &mut files)?;
    files.extend(FILES.map(|file| workspace.root().join(file)));
    files.extend(cargo_home().map(|home| home.join("config.toml")));
    files.sort();
    let mut hasher = Sha256::new();
    let mut add = |part: &[u8]| {
        // Lengths keep parts from running into each other.
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    };
    for setting in settings {
        add(setting.as_bytes());
    }
    // Panics name the files by their path, and the path is where the checkout is.
    add(workspace.root().as_os_str().as_encoded_bytes());
    for file in files {
        match std::fs::read(&file) {
            Ok(bytes) => {
                add(file.as_os_str().as_encoded_bytes());
                add(&bytes);
            }
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => {}
            Err(err) => {
                return Err(err).with_context(|| format!("cannot read `{}`", file.display()));
            }
        }
    }
    let mut variables: Vec<(String, std::ffi::OsString)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| changes_the_build(name))
        .collect();
    variables.sort();
    for (name, value) in variables {
        add(name.as_bytes());
        add(value.as_encoded_bytes());
    }
    Ok(hex(&hasher.finalize()))
}

pub(crate) fn cargo_home() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

fn changes_the_build(name: &str) -> bool {
    VARIABLES.contains(&name)
        || VARIABLE_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(directory)
        .with_context(|| format!("cannot read the directory `{}`", directory.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot read `{}`", directory.display()))?
            .path();
        match path.is_dir() {
            true => collect(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(source: &str, lock: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("handler/src/main.rs", source);
        write("Cargo.lock", lock);
        directory
    }

    fn hash_of(directory: &tempfile::TempDir, settings: &[&str]) -> String {
        hash(&Workspace::at(directory.path()), settings).unwrap()
    }

    #[test]
    fn the_hash_follows_content_and_settings() {
        let directory = repository("fn main() {}", "lock");
        let before = hash_of(&directory, &["arm64"]);
        // Touched and unchanged: the same.
        std::fs::write(directory.path().join("handler/src/main.rs"), "fn main() {}").unwrap();
        assert_eq!(hash_of(&directory, &["arm64"]), before);
        assert_ne!(hash_of(&directory, &["x86_64"]), before);
        std::fs::write(directory.path().join("Cargo.lock"), "other lock").unwrap();
        let after = hash_of(&directory, &["arm64"]);
        assert_ne!(after, before);
        std::fs::create_dir_all(directory.path().join("handler/tests")).unwrap();
        std::fs::write(directory.path().join("handler/tests/new.rs"), "").unwrap();
        assert_eq!(hash_of(&directory, &["arm64"]), after);
        std::fs::write(directory.path().join("handler/src/new.rs"), "").unwrap();
        assert_ne!(hash_of(&directory, &["arm64"]), after);
    }

    #[test]
    fn flags_count_and_other_variables_do_not() {
        for name in [
            "RUSTFLAGS",
            "CARGO_PROFILE_LAMBDA_LTO",
            "CC_aarch64_unknown_linux_gnu",
        ] {
            assert!(changes_the_build(name), "{name}");
        }
        for name in ["PATH", "HOME", "CARGO_TERM_COLOR", "CARGO_PKG_NAME"] {
            assert!(!changes_the_build(name), "{name}");
        }
    }
}
