//! Programs this repository uses and does not ask anyone to install: pinned by version and hash
//! in `crates/tools/pinned/`, or by version alone where their lockfile has the rest; installed under
//! `tools/` in cargo's target directory.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use xshell::{Cmd, Shell, cmd};

use crate::digest::{hex, sha256};
use crate::workspace::Workspace;
use cfnkit_console::ensure;
use cfnkit_console::error::{Context as _, Error, Result};
use pip::isolated;

pub use compiled::CargoTool;

pub mod actionlint;
mod compiled;
pub mod pip;
pub mod python;
pub mod zig;

/// A set of Python packages with an environment of its own.
#[derive(Debug)]
pub struct ToolSet {
    name: &'static str,
    /// A requirements file with hashes, complete with dependencies.
    requirements: &'static str,
    /// How long the first installation takes, roughly; for the message.
    size: &'static str,
    /// Whether pip may follow the packages' own dependencies.
    dependencies: bool,
    /// Calls that the set's programs answer without doing anything: what is installed is complete
    /// when they did.
    answers: &'static [&'static [&'static str]],
    /// A program that is inside of what was installed, and the Python script that takes it out, to
    /// the path that is its argument.
    unpack: Option<(&'static str, &'static str)>,
}

/// The emulator that is the local cloud.
pub const EMULATOR: ToolSet = ToolSet {
    name: "emulator",
    requirements: include_str!("../pinned/emulator.txt"),
    size: "90 MB",
    dependencies: true,
    answers: &[&["python", "-c", "import ministack.services"]],
    unpack: None,
};

/// The cross compiler: cargo-zigbuild with Zig's C compiler and linker.
pub const ZIG: ToolSet = ToolSet {
    name: "zig",
    requirements: include_str!("../pinned/zig.txt"),
    size: "480 MB",
    dependencies: true,
    answers: &[
        &["cargo-zigbuild", "--version"],
        &["python", "-m", "ziglang", "version"],
    ],
    unpack: None,
};

/// The template linter.
pub const CFN_LINT: ToolSet = ToolSet {
    name: "cfn-lint",
    requirements: include_str!("../pinned/cfn-lint.txt"),
    size: "110 MB",
    dependencies: true,
    answers: &[&["cfn-lint", "--version"]],
    unpack: None,
};

/// The checker with the most checks for CloudFormation.
pub const CHECKOV: ToolSet = ToolSet {
    name: "checkov",
    requirements: include_str!("../pinned/checkov.txt"),
    size: "290 MB",
    dependencies: true,
    answers: &[&["checkov", "--version"]],
    unpack: None,
};

/// The layout of YAML.
pub const YAMLLINT: ToolSet = ToolSet {
    name: "yamllint",
    requirements: include_str!("../pinned/yamllint.txt"),
    size: "20 MB",
    dependencies: true,
    answers: &[&["yamllint", "--version"]],
    unpack: None,
};

/// What can be abused in workflows.
pub const ZIZMOR: ToolSet = ToolSet {
    name: "zizmor",
    requirements: include_str!("../pinned/zizmor.txt"),
    size: "50 MB",
    dependencies: true,
    answers: &[&["zizmor", "--version"]],
    unpack: None,
};

/// AWS's own models of its services, and its signature: what the tests' exchanges are held against.
pub const BOTOCORE: ToolSet = ToolSet {
    name: "botocore",
    requirements: include_str!("../pinned/botocore.txt"),
    size: "60 MB",
    dependencies: true,
    answers: &[&["python", "-c", "import botocore.session"]],
    unpack: None,
};

/// What `deny.toml` is for.
pub const CARGO_DENY: CargoTool = CargoTool {
    name: "cargo-deny",
    version: "0.20.2",
    features: None,
    is_optimized: false,
};

/// What builds a target for libFuzzer.
pub const CARGO_FUZZ: CargoTool = CargoTool {
    name: "cargo-fuzz",
    version: "0.13.2",
    features: None,
    is_optimized: false,
};

/// What the rules in `infra/guard` are for. To compile it takes minutes; AWS's plugin for the CDK
/// carries it for every machine.
pub const CFN_GUARD: ToolSet = ToolSet {
    name: "cfn-guard",
    requirements: include_str!("../pinned/cfn-guard.txt"),
    size: "50 MB",
    dependencies: false,
    answers: &[&["cfn-guard", "--version"]],
    unpack: Some(("cfn-guard", include_str!("../pinned/cfn-guard.py"))),
};

/// What makes the documentation's site, with its search and without its server.
pub const MDBOOK: CargoTool = CargoTool {
    name: "mdbook",
    version: "0.5.2",
    features: Some("search"),
    is_optimized: true,
};

/// AWS's Lambda runtime interface emulator, which the SAM CLI's wheel carries.
pub const RUNTIME_EMULATOR: ToolSet = ToolSet {
    name: "runtime-emulator",
    requirements: include_str!("../pinned/rie.txt"),
    size: "40 MB",
    dependencies: false,
    answers: &[&["python", "-c", "import samcli.local.rapid"]],
    unpack: None,
};

/// The packager that `bench package` measures beside ours.
pub const CARGO_LAMBDA: ToolSet = ToolSet {
    name: "cargo-lambda",
    requirements: include_str!("../pinned/cargo-lambda.txt"),
    size: "500 MB",
    dependencies: true,
    answers: &[&["cargo-lambda", "lambda", "--version"]],
    unpack: None,
};

/// What the Python handler of `bench` runs on: boto3 and AWS's own Lambda runtime client.
pub const PYTHON_SAMPLE: ToolSet = ToolSet {
    name: "python-sample",
    requirements: include_str!("../pinned/python-sample.txt"),
    size: "60 MB",
    dependencies: true,
    answers: &[&["python", "-c", "import awslambdaric, boto3"]],
    unpack: None,
};

impl ToolSet {
    /// The packages with their versions.
    pub fn versions(&self) -> Vec<String> {
        let pins = self.requirements.lines().filter_map(|line| {
            let (name, rest) = line.split_once("==")?;
            Some(format!("{name} {}", rest.split_whitespace().next()?))
        });
        pins.collect()
    }

    fn environment(&self, workspace: &Workspace) -> PathBuf {
        let tools = workspace.target().join("tools");
        tools.join(format!("{}-{}", self.name, &self.hash()[..12]))
    }

    fn hash(&self) -> String {
        let (_, script) = self.unpack.unwrap_or_default();
        hex(&sha256([self.requirements, script].concat().as_bytes()))
    }

    /// Whether `provide` has nothing to do.
    pub fn is_installed(&self, workspace: &Workspace) -> bool {
        let environment = self.environment(workspace);
        let mark = std::fs::read(environment.join(".complete"));
        // Its programs begin with the path where they were installed: an environment that was moved
        // with its repository is none, and a copied one would run the other's. It also dies with
        // the Python that it was made by.
        mark.is_ok_and(|mark| place(&environment).is_ok_and(|place| mark == place))
            && environment.join("bin/python").exists()
    }

    /// The directory of the set's programs, installed first where that has not happened yet.
    /// With everything present this makes no network call.
    ///
    /// # Errors
    ///
    /// There is no Python that is new enough, the packages cannot be installed, or one of the
    /// programs does not answer. What is there then counts as not installed, and the next call
    /// begins anew.
    pub fn provide(&self, sh: &Shell, workspace: &Workspace) -> Result<PathBuf> {
        let name = self.name;
        let tools = workspace.target().join("tools");
        let environment = self.environment(workspace);
        if self.is_installed(workspace) {
            return Ok(environment.join("bin"));
        }
        let _lock = workspace.lock(&tools.join(format!("{name}.lock")))?;
        // Another process may have been at it meanwhile.
        if !self.is_installed(workspace) {
            let step = format!("installing {name} ({}, once)", self.size);
            workspace.reporter().step(&step);
            python::version(sh)
                .with_context(|| format!("{name} runs on Python ({})", python::HOW_TO_GET))?;
            // An environment without the mark is an installation that broke off.
            sh.remove_path(&environment).map_err(Error::said)?;
            self.install(sh, &environment)
                .and_then(|()| self.try_out(sh, &environment))
                .with_context(|| {
                    format!("cannot install {name} into `{}`", workspace.display(&tools))
                })?;
            let place = place(&environment).map_err(Error::said)?;
            sh.write_file(environment.join(".complete"), place)
                .map_err(Error::said)?;
        }
        Ok(environment.join("bin"))
    }

    fn install(&self, sh: &Shell, environment: &Path) -> Result<()> {
        let created = isolated(cmd!(sh, "python3 -I -m venv {environment}"))
            .quiet()
            .ignore_stdout()
            .run();
        created.context(
            "Python cannot make a virtual environment; on Debian and Ubuntu: \
             `apt-get install python3-venv`",
        )?;
        let requirements = environment.join("requirements.txt");
        sh.write_file(&requirements, self.requirements)
            .map_err(Error::said)?;
        let python = environment.join("bin/python");
        pip::install(sh, &python, &requirements, self.dependencies)?;
        if let Some((program, script)) = self.unpack {
            let program = environment.join("bin").join(program);
            isolated(cmd!(sh, "{python} -I -c {script} {program}"))
                .quiet()
                .run()
                .with_context(|| format!("no {} in what was installed", self.name))?;
        }
        Ok(())
    }

    /// Has every program say something.
    fn try_out(&self, sh: &Shell, environment: &Path) -> Result<()> {
        for call in self.answers {
            let [program, arguments @ ..] = call else {
                continue;
            };
            let program = environment.join("bin").join(program);
            answer(isolated(cmd!(sh, "{program} {arguments...}")), call)?;
        }
        Ok(())
    }
}

/// Installs what is not there yet of these at the same time: each waits for the network, and for
/// one processor.
///
/// # Errors
///
/// As [`ToolSet::provide`], for the first that has one.
pub fn provide_all(workspace: &Workspace, sets: &[&ToolSet]) -> Result<()> {
    std::thread::scope(|scope| {
        let missing = sets.iter().filter(|set| !set.is_installed(workspace));
        let provided: Vec<_> = missing
            .map(|set| {
                scope.spawn(|| {
                    let sh = Shell::new().map_err(Error::said)?;
                    set.provide(&sh, workspace).map(drop)
                })
            })
            .collect();
        let mut provided = provided.into_iter();
        provided.try_for_each(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// Where an environment is, also where a link leads there.
fn place(environment: &Path) -> std::io::Result<Vec<u8>> {
    let place = environment.canonicalize()?;
    Ok(place.as_os_str().as_encoded_bytes().to_vec())
}

/// What a program says when it is called for the first time.
///
/// # Errors
///
/// It cannot be started, or fails; its words are in the error.
fn answer(call: Cmd<'_>, words: &[&str]) -> Result<()> {
    let call = call.quiet().ignore_status();
    let words = words.join(" ");
    let output = call
        .output()
        .with_context(|| format!("`{words}` cannot be started on this machine"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "`{words}` was installed and fails: {}",
        said.trim()
    );
    Ok(())
}

/// Gives a copy of the repository the installed tools, so that they are not downloaded again; not
/// what they cache.
///
/// # Errors
///
/// Nothing was ever installed, or a link cannot be made, such as where there is one. Links that
/// were made stay.
pub fn lend(workspace: &Workspace, copy: &Path) -> Result<()> {
    let lent = copy.join("target/tools");
    let lend = || -> std::io::Result<()> {
        std::fs::create_dir_all(&lent)?;
        for entry in std::fs::read_dir(workspace.target().join("tools"))? {
            let entry = entry?;
            if entry.path().join(".complete").exists() {
                std::os::unix::fs::symlink(entry.path(), lent.join(entry.file_name()))?;
            }
        }
        Ok(())
    };
    lend().with_context(|| format!("cannot lend the tools to `{}`", copy.display()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cfnkit_console::report::Nobody;

    use super::*;

    #[test]
    fn what_was_moved_or_copied_with_its_repository_is_no_installation() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let workspace = |name: &str| Workspace::at(&path(name), Arc::new(Nobody));
        let is_installed = |name: &str| YAMLLINT.is_installed(&workspace(name));
        let environment = YAMLLINT.environment(&workspace("here"));
        std::fs::create_dir_all(environment.join("bin")).unwrap();
        std::fs::write(environment.join("bin/python"), "").unwrap();
        assert!(!is_installed("here"));
        std::fs::write(environment.join(".complete"), place(&environment).unwrap()).unwrap();
        assert!(is_installed("here"));
        lend(&workspace("here"), &path("lent")).unwrap();
        assert!(is_installed("lent"));
        std::fs::rename(path("here"), path("moved")).unwrap();
        assert!(!is_installed("moved"));
    }

    #[test]
    fn a_program_that_does_not_answer_is_no_installation() {
        let sh = Shell::new().unwrap();
        answer(cmd!(sh, "sh -c true"), &["tool"]).unwrap();
        let script = "echo broken >&2; exit 3";
        let err = answer(cmd!(sh, "sh -c {script}"), &["tool", "--version"]).unwrap_err();
        assert_eq!(
            err.to_string(),
            "`tool --version` was installed and fails: broken"
        );
        let err = answer(cmd!(sh, "/no/such/tool"), &["tool"]).unwrap_err();
        assert!(err.to_string().contains("cannot be started"), "{err}");
    }
}
