//! pip and the programs it installs, apart from the user's own Python: of the user's settings only
//! how to reach a package index is taken over.

use std::path::Path;

use xshell::{Cmd, Shell, cmd};

use cfnkit_console::error::{Context as _, Result};

/// Settings of pip that say where packages come from and how to get there. All others say what to
/// do with them, such as `target`, `user` or `constraint`, and are meant for the user's own.
const REACH: [&str; 15] = [
    "cache-dir",
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
    "use-deprecated",
    "use-feature",
];

/// Where pip's settings stand, the weakest first. Others are of other commands.
const PLACES: [&str; 3] = ["global.", "install.", ":env:."];

/// The command without what the user's environment says to Python and pip.
pub fn isolated(mut command: Cmd<'_>) -> Cmd<'_> {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_python) {
            command = command.env_remove(name);
        }
    }
    command
}

/// Whether a variable changes what Python or pip does.
pub fn is_of_python(name: &str) -> bool {
    name.starts_with("PYTHON") || name.to_ascii_uppercase().starts_with("PIP_")
}

/// Installs a requirements file with hashes into the environment that `python` is of.
pub(super) fn install(
    sh: &Shell,
    python: &Path,
    requirements: &Path,
    dependencies: bool,
) -> Result<()> {
    // pip itself tells, with the user's environment and files, so that none of them is missed.
    let settings = cmd!(
        sh,
        "{python} -I -m pip --disable-pip-version-check config list"
    )
    .quiet()
    .read()
    .context("pip does not tell its settings; its words are above")?;
    let no_dependencies = (!dependencies).then_some("--no-deps");
    // Python compiles what it imports when it first does, which is a part of what is there.
    let mut install = isolated(cmd!(
        sh,
        "{python} -I -m pip install --quiet --disable-pip-version-check --no-input --no-compile
         --only-binary :all: --require-hashes {no_dependencies...} -r {requirements}"
    ));
    for (name, value) in reach(&settings) {
        let name = name.replace('-', "_").to_uppercase();
        install = install.env(format!("PIP_{name}"), value);
    }
    // No file of settings is read.
    install
        .env("PIP_CONFIG_FILE", "/dev/null")
        .quiet()
        .run()
        .context("pip failed and says above why; it downloads what is not there yet")
}

/// The settings of [`REACH`] in what `pip config list` prints.
fn reach(settings: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for place in PLACES {
        let lines = settings.lines().filter_map(|line| line.strip_prefix(place));
        for (name, value) in lines.filter_map(|line| line.split_once('=')) {
            if let Some(name) = REACH.iter().find(|reach| **reach == name) {
                found.push((*name, unquoted(value)));
            }
        }
    }
    found
}

/// A text as Python writes it.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = text
        .get(1..text.len().saturating_sub(1))
        .unwrap_or_default();
    inner.replace("\\n", "\n").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_way_to_the_index_is_taken_over() {
        let settings = ":env:.cert='/etc/own.pem'\n:env:.target='/elsewhere'\n\
            download.no-index='true'\nglobal.index-url='https://a.example/simple'\n\
            global.user='true'\ninstall.index-url='https://b.example/simple'\n\
            global.extra-index-url='\\nhttps://c.example\\nhttps://d.example'\n";
        let found = reach(settings);
        let expected = [
            ("index-url", "https://a.example/simple"),
            ("extra-index-url", "\nhttps://c.example\nhttps://d.example"),
            // Later, so it wins.
            ("index-url", "https://b.example/simple"),
            ("cert", "/etc/own.pem"),
        ];
        let expected = expected.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn variables_of_python_and_pip_are_known_in_either_case() {
        for name in ["PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "pip_user"] {
            assert!(is_of_python(name), "{name}");
        }
        for name in ["PATH", "PYENV_ROOT", "PIPX_HOME"] {
            assert!(!is_of_python(name), "{name}");
        }
    }
}
