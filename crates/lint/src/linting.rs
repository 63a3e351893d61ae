//! The checks that run nothing of ours: formatting, code, templates, workflows, dependencies.

use std::path::PathBuf;
use xshell::{Shell, cmd};

use crate::step::{Steps, check};
use cfnkit_assembly::service::Service;
use cfnkit_assembly::stage_file;
use cfnkit_console::bail;
use cfnkit_console::error::Result;
use cfnkit_tools::cargo::undisturbed;
use cfnkit_tools::tool::zig;
use cfnkit_tools::toolchain::Toolchain;
use cfnkit_tools::workspace::Workspace;
use cfnkit_tools::{checkout, tool};

pub mod checkov;
pub mod finding;
pub mod guard;
pub mod limits;
mod supply_chain;
pub mod templates;
mod workflows;
mod written;

/// The manifest of every workspace, the repository's own first. Others are formatted only: clippy
/// would compile what only they need.
fn manifests(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    const OWN: &str = "Cargo.toml";
    let mut manifests = vec![PathBuf::from(OWN)];
    for file in checkout::files(workspace.root())? {
        let is_manifest = file.file_name().is_some_and(|name| name == OWN);
        // One that git tracks may have been removed.
        let text = std::fs::read_to_string(workspace.root().join(&file)).unwrap_or_default();
        if is_manifest && file.as_os_str() != OWN && text.lines().any(|one| one == "[workspace]") {
            manifests.push(file);
        }
    }
    Ok(manifests)
}

/// Adds formatting and clippy to the checks. A toolchain that somebody put in place of the
/// repository's knows other lints, and formats otherwise: what it says is shown and is no failure,
/// but what it does not compile is.
pub fn add_code_steps(steps: &mut Steps<'_>, sh: &Shell, workspace: &Workspace) {
    let _directory = sh.push_dir(workspace.root());
    steps.run("formatting", || {
        let checked = check_formatting(sh, workspace);
        if checked.is_err() && !is_ours(sh, workspace)? {
            let word = "another toolchain than the repository's formats otherwise";
            workspace.reporter().say(word);
            return Ok(());
        }
        checked
    });
    steps.run("clippy", || {
        let level: &[&str] = match is_ours(sh, workspace)? {
            true => &["-D", "warnings"],
            false => &["--cap-lints", "warn"],
        };
        let clippy = cmd!(
            sh,
            "cargo clippy --locked --workspace --all-targets -- {level...}"
        );
        check(undisturbed(clippy))
    });
}

fn is_ours(sh: &Shell, workspace: &Workspace) -> Result<bool> {
    Toolchain::find(sh, workspace)?.is_named(workspace)
}

/// Adds to the checks that a Mac compiles the code, without a warning: on any machine, with Zig as
/// the C compiler. Nothing is linked.
pub fn add_macos_step(steps: &mut Steps<'_>, sh: &Shell, workspace: &Workspace) {
    let _directory = sh.push_dir(workspace.root());
    steps.run("macOS", || check_for_macos(sh, workspace));
}

fn check_for_macos(sh: &Shell, workspace: &Workspace) -> Result<()> {
    const TRIPLE: &str = "aarch64-apple-darwin";
    Toolchain::find(sh, workspace)?.provide_target(sh, workspace, TRIPLE)?;
    let programs = tool::ZIG.provide(sh, workspace)?;
    let aside = zig::aside(&programs)?;
    let zigbuild = programs.join("cargo-zigbuild");
    let clippy = cmd!(
        sh,
        "{zigbuild} clippy --locked --workspace --all-targets --target {TRIPLE} -- -D warnings"
    );
    check(zig::environment(
        undisturbed(clippy),
        workspace,
        &programs,
        aside.as_ref(),
    )?)
}

fn check_formatting(sh: &Shell, workspace: &Workspace) -> Result<()> {
    for manifest in manifests(workspace)? {
        // All members of the workspace there. With `--all` it would be what they depend on by path
        // too, which may be another repository.
        let _directory = sh.push_dir(manifest.with_file_name(""));
        check(undisturbed(cmd!(sh, "cargo fmt --check")))?;
    }
    Ok(())
}

/// Adds the stages to the checks: their files, and their limits against each other.
pub fn add_stage_steps(steps: &mut Steps<'_>, workspace: &Workspace, service: &'static Service) {
    steps.run("stage files", || check_stage_files(workspace, service));
    steps.run("limits", || limits::check(workspace, service));
}

fn check_stage_files(workspace: &Workspace, service: &'static Service) -> Result<()> {
    let problems = stage_file::check_all(workspace, service)?;
    for problem in &problems {
        workspace.reporter().say(&problem.to_string());
    }
    if !problems.is_empty() {
        bail!("{} problems in `infra/stages`", problems.len());
    }
    Ok(())
}

/// Adds the workflows to the checks.
pub fn add_workflow_step(steps: &mut Steps<'_>, sh: &Shell, workspace: &Workspace) {
    let _directory = sh.push_dir(workspace.root());
    steps.run("workflows", || workflows::check_workflows(sh, workspace));
}

/// Adds the dependencies to the checks.
pub fn add_dependency_step(steps: &mut Steps<'_>, sh: &Shell, workspace: &Workspace) {
    let _directory = sh.push_dir(workspace.root());
    steps.run("dependencies", || {
        supply_chain::check_dependencies(sh, workspace)
    });
}

/// Adds what is known against the dependencies to the checks.
pub fn add_advisory_step(steps: &mut Steps<'_>, sh: &Shell, workspace: &Workspace) {
    let _directory = sh.push_dir(workspace.root());
    steps.run("advisories", || {
        supply_chain::check_advisories(sh, workspace)
    });
}
