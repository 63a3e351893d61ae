//! Cargo's configuration as cargo reads it: every file and what these include, merged. Variables
//! of the environment are not in it.

use std::collections::BTreeMap;

use serde_json::Value;
use xshell::{Shell, cmd};

use super::undisturbed;
use crate::workspace::Workspace;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};

/// Tables that can change what a build makes of the same files.
const TABLES: [&str; 6] = ["build", "env", "patch", "paths", "profile", "unstable"];

/// Keys of `build` that only say where or how fast, or that the flags for rustc come from, which
/// are an input of their own.
const IDLE: [&str; 8] = [
    "build-dir",
    "dep-info-basedir",
    "incremental",
    "jobs",
    "rustdocflags",
    "rustflags",
    "target",
    "target-dir",
];

/// Keys of a target that say nothing of what is built.
const IDLE_OF_TARGET: [&str; 3] = ["runner", "rustdocflags", "rustflags"];

/// The merged configuration.
#[derive(Debug)]
pub struct Configuration(Value);

impl Configuration {
    /// Asks cargo.
    ///
    /// # Errors
    ///
    /// There is no cargo, or it cannot read its configuration; its words are in the error.
    // Other readers of these files do not follow `include`, nor whatever comes next. The command is
    // not stable yet; the variable lets it print and reaches no build.
    pub fn read(sh: &Shell, workspace: &Workspace) -> Result<Self> {
        let _directory = sh.push_dir(workspace.root());
        let get = cmd!(
            sh,
            "cargo -Zunstable-options config get --format json --color never"
        );
        let output = undisturbed(get)
            .env("RUSTC_BOOTSTRAP", "1")
            .quiet()
            .ignore_status()
            .output()
            .context("cannot run `cargo`; install rustup")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("cannot read cargo's configuration: {}", said.trim());
        }
        let configuration = serde_json::from_slice(&output.stdout);
        Ok(Self(configuration.context(
            "cannot read what cargo says about its configuration",
        )?))
    }

    /// Whether every build is for another target than this machine, unless it is told.
    pub fn has_build_target(&self) -> bool {
        self.0.pointer("/build/target").is_some()
    }

    /// The flags for rustc that this and the user's variables come to.
    ///
    /// # Errors
    ///
    /// A temporary file cannot be written, or the configuration or a variable has flags that cannot
    /// be read.
    pub fn flags(&self, triple: &str) -> Result<Vec<String>> {
        // Which of the places counts, and for which `cfg`, is what `cargo-config2` knows. What
        // cargo has merged is one file for it.
        let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
        let home = directory.path().join(".cargo");
        let mut flags = serde_json::Map::new();
        if let Some(build) = self.0.pointer("/build/rustflags") {
            flags.insert(
                "build".to_owned(),
                serde_json::json!({ "rustflags": build }),
            );
        }
        if let Some(target) = self.0.get("target") {
            flags.insert("target".to_owned(), target.clone());
        }
        let text = toml::to_string(&flags).context("cannot repeat cargo's configuration")?;
        std::fs::create_dir(&home)
            .and_then(|()| std::fs::write(home.join("config.toml"), text))
            .context("cannot write a temporary file")?;
        let options = cargo_config2::ResolveOptions::default().cargo_home(home);
        let config = cargo_config2::Config::load_with_options(directory.path(), options)
            .context("cannot read cargo's configuration")?;
        let flags = config
            .rustflags(triple)
            .context("cannot read the flags for rustc from cargo's configuration")?;
        Ok(flags.map(|flags| flags.flags).unwrap_or_default())
    }

    /// What of it can change the build for `triple`, each by its key; the flags are left out.
    pub fn settings(&self, triple: &str) -> BTreeMap<String, &Value> {
        let mut settings = BTreeMap::new();
        for table in TABLES {
            if let Some(value) = self.0.get(table) {
                add(&mut settings, table, value);
            }
        }
        for key in IDLE {
            settings.remove(&format!("build.{key}"));
        }
        let targets = self.0.get("target").and_then(Value::as_object);
        for (target, value) in targets.into_iter().flatten() {
            if target == triple || target.starts_with("cfg(") {
                let name = format!("target.{target}");
                add(&mut settings, &name, value);
                for key in IDLE_OF_TARGET {
                    settings.remove(&format!("{name}.{key}"));
                }
            }
        }
        settings
    }
}

fn add<'value>(settings: &mut BTreeMap<String, &'value Value>, name: &str, value: &'value Value) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                add(settings, &format!("{name}.{key}"), value);
            }
        }
        value => {
            settings.insert(name.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cfnkit_console::report::Nobody;

    use super::*;

    const TRIPLE: &str = "aarch64-unknown-linux-gnu";

    /// A workspace with these files in it, as cargo reads its configuration.
    fn configuration(files: &[(&str, &str)]) -> Configuration {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let sh = Shell::new().unwrap();
        Configuration::read(&sh, &Workspace::at(directory.path(), Arc::new(Nobody))).unwrap()
    }

    #[test]
    fn what_a_file_includes_counts() {
        let configuration = configuration(&[
            (
                ".cargo/config.toml",
                "include = [\"team.toml\"]\n[build]\nrustflags = [\"-Cb\"]\n",
            ),
            (
                ".cargo/team.toml",
                "[build]\nrustflags = [\"-Ca\"]\n[env]\nREGION = \"x\"\n",
            ),
        ]);
        assert_eq!(configuration.flags(TRIPLE).unwrap(), ["-Ca", "-Cb"]);
        let settings = configuration.settings(TRIPLE);
        assert_eq!(settings["env.REGION"], "x");
    }

    #[test]
    fn flags_of_a_target_win_over_those_of_every_build() {
        let configuration = configuration(&[(
            ".cargo/config.toml",
            "[build]\nrustflags = [\"-Ca\"]\n\
             [target.'cfg(target_arch = \"aarch64\")']\nrustflags = [\"-Cb\"]\n",
        )]);
        assert_eq!(configuration.flags(TRIPLE).unwrap(), ["-Cb"]);
        let other = configuration.flags("x86_64-unknown-linux-gnu").unwrap();
        assert_eq!(other, ["-Ca"]);
    }

    #[test]
    fn what_reaches_no_build_does_not_count() {
        let configuration = configuration(&[(
            ".cargo/config.toml",
            "[alias]\nx = \"run\"\n[term]\nverbose = false\n\
             [build]\ntarget-dir = \"t\"\njobs = 1\nrustflags = [\"-Ca\"]\n\
             [target.x86_64-pc-windows-msvc]\nlinker = \"l\"\n\
             [target.aarch64-unknown-linux-gnu]\nrunner = \"r\"\n",
        )]);
        let names: Vec<String> = configuration.settings(TRIPLE).into_keys().collect();
        // The user's own configuration is read as well; it has none of these.
        for name in [
            "alias",
            "term",
            "build.target-dir",
            "build.jobs",
            "windows",
            "runner",
        ] {
            assert!(!names.iter().any(|found| found.contains(name)), "{names:?}");
        }
    }
}
