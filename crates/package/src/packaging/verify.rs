//! Whether a second build, elsewhere, by somebody else and from nothing, gives the same bytes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use xshell::Shell;

use super::comparison::compare;
use super::{Package, Reuse, Target, package, read, zip_name};
use cfnkit_assembly::service::Function;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Error, Result};
use cfnkit_console::variable;
use cfnkit_console::workflow_run;
use cfnkit_tools::cargo;
use cfnkit_tools::checkout;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

/// Builds here, whatever is up to date, and then in a copy with another path, another cargo home,
/// another user and time zone, and nothing compiled. Fails with what differs.
///
/// # Errors
///
/// One of the builds fails, the copy cannot be made, or the two zips differ: the reporter is told
/// of each difference, and the second zip stays.
pub fn verify(
    sh: &Shell,
    workspace: &Workspace,
    function: &'static Function,
    target: Target,
    repeat: &[&str],
) -> Result<Package> {
    let first = package(sh, workspace, function, target, Reuse::Never)?;
    let copy = workspace.target().join("verify/a/second/checkout");
    let step = format!("building again in `{}`", workspace.display(&copy));
    workspace.reporter().step(&step);
    remove(sh, workspace)?;
    checkout::copy(workspace.root(), &copy)
        .context("`package --verify` builds again from what git tracks or would track")?;
    tool::lend(workspace, &copy)?;
    let home = lend_cargo_home(&copy)?;
    build_again(&copy, &home, function, repeat)?;
    let zip = target.directory(workspace).join(zip_name(function));
    let there = zip.strip_prefix(workspace.target()).map_err(Error::said)?;
    let there = copy.join("target").join(there);
    let differences = compare(&first.asset.bytes, &read(&there)?);
    if differences.is_empty() {
        remove(sh, workspace)?;
        return Ok(first);
    }
    for difference in &differences {
        workspace.reporter().say(&difference.to_string());
    }
    bail!(
        "the two builds differ; the second zip is `{}`",
        workspace.display(&there)
    )
}

fn remove(sh: &Shell, workspace: &Workspace) -> Result<()> {
    sh.remove_path(workspace.target().join("verify"))
        .context("cannot remove the second build")
}

/// Runs this program in the copy, as another user at another place would.
fn build_again(copy: &Path, home: &Path, function: &Function, arguments: &[&str]) -> Result<()> {
    // Cargo replaces this program's file when a test builds it with other features; the link leads
    // to what runs all the same.
    let running = PathBuf::from("/proc/self/exe");
    let program = match running.exists() {
        true => running,
        false => std::env::current_exe().context("cannot find this program")?,
    };
    let mut build = Command::new(program);
    build
        .args(["package", function.name])
        .args(arguments)
        .current_dir(copy)
        // What it would print is said of the first.
        .stdout(Stdio::null())
        .env("CARGO_HOME", home)
        .env("TZ", "Pacific/Chatham")
        .env("LC_ALL", "C")
        .env("USER", "somebody-else")
        .env("LOGNAME", "somebody-else")
        // Whatever cargo's configuration says: with the first build's directory there would be
        // nothing to compile.
        .env("CARGO_TARGET_DIR", copy.join("target"))
        .env("CARGO_BUILD_BUILD_DIR", copy.join("target"));
    for variable in workflow_run::VARIABLES {
        build.env_remove(variable);
    }
    // Rustup looks below the home directory unless it is told.
    if let Some(own) = std::env::home_dir() {
        let rustup = own.join(".rustup");
        if variable::value("RUSTUP_HOME").is_none() && rustup.is_dir() {
            build.env("RUSTUP_HOME", rustup);
        }
        build.env("HOME", home);
    }
    let status = build.status().context("cannot start the second build")?;
    match status.success() {
        true => Ok(()),
        false => bail!("the second build failed"),
    }
}

/// A cargo home with another name and the same downloads.
fn lend_cargo_home(copy: &Path) -> Result<PathBuf> {
    let own = cargo::home().context("no cargo home")?;
    let home = copy.with_file_name("cargo-home");
    let lend = || -> std::io::Result<()> {
        std::fs::create_dir_all(&home)?;
        for name in ["registry", "git", "config.toml"] {
            if own.join(name).exists() {
                std::os::unix::fs::symlink(own.join(name), home.join(name))?;
            }
        }
        Ok(())
    };
    lend().context("cannot lend cargo's downloads to the second build")?;
    Ok(home)
}
