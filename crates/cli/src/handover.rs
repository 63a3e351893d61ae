//! A command that talks to AWS, handed over to the program that is built with the SDK.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::Context as _;
use xshell::{Cmd, Shell, cmd};

use cfnkit_console::screen;
use cfnkit_tools::cargo::undisturbed;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

use crate::commands::Remote;

/// Has cargo build the other program and run it with this process's arguments, in its place. Its
/// name, and its package's, is this program's with `-aws` after it.
///
/// # Errors
///
/// There is no cargo, this program has no name, or the other does not compile, which cargo
/// explains. What the command comes to is told by the command.
pub(crate) fn hand_over(command: &Remote, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let manifest = workspace.root().join("Cargo.toml");
    // Cargo has printed that there was nothing to compile once already.
    let built = std::env::current_exe().context("cannot find this program")?;
    let name = built.file_stem().and_then(|name| name.to_str());
    let program = format!("{}-aws", name.context("this program has no name")?);
    let built = built.with_file_name(&program);
    let cargo = |verb: &str| {
        let call = cmd!(
            sh,
            "cargo {verb} --package {program} --bin {program} --locked"
        );
        undisturbed(call.args(["--manifest-path".as_ref(), manifest.as_os_str()]))
    };
    let mut nothing_to_compile = is_current(&built, workspace);
    if !built.exists() {
        screen::progress("compiling what talks to AWS (a minute or two, once)");
        if matches!(command, Remote::Deploy(deploy) if deploy.environment.local) {
            compile_and_install(cargo("build"), workspace)
                .with_context(|| format!("`cargo` cannot compile `{program}`"))?;
            nothing_to_compile = true;
        }
    }
    let run = cargo("run")
        .args(nothing_to_compile.then_some("--quiet"))
        .arg("--");
    let err = Command::from(run).args(std::env::args_os().skip(1)).exec();
    Err(err).context("cannot run `cargo`")
}

/// Installs the emulator while cargo compiles: the one waits for the network, the other for
/// processors.
fn compile_and_install(build: Cmd<'_>, workspace: &Workspace) -> xshell::Result<()> {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Whoever starts it tries again, and says what is wrong.
            let _ = Shell::new().map(|sh| tool::EMULATOR.provide(&sh, workspace));
        });
        build.quiet().run()
    })
}

/// Whether cargo will probably have nothing to compile. Only what is shown depends on this.
fn is_current(program: &Path, workspace: &Workspace) -> bool {
    let (Some(built), Some(mut inputs)) = (modified(program), sources(program)) else {
        return false;
    };
    let manifests = ["Cargo.toml", "Cargo.lock"].map(|file| workspace.root().join(file));
    inputs.extend(manifests);
    let mut inputs = inputs.iter().map(|input| modified(input));
    // One that is gone makes cargo compile, too.
    inputs.all(|input| input.is_some_and(|input| input < built))
}

/// The files of the workspace that a program is compiled from. Cargo lists them beside it, in the
/// form of make: one rule, in which blanks alone are escaped.
fn sources(program: &Path) -> Option<Vec<PathBuf>> {
    let text = std::fs::read_to_string(program.with_extension("d")).ok()?;
    let (_, files) = text.split_once(": ")?;
    let files = files.replace("\\ ", "\0");
    let files = files.split_whitespace();
    Some(files.map(|file| file.replace('\0', " ").into()).collect())
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::Arc;
    use std::time::Duration;

    use cfnkit_console::report::Nobody;

    use super::*;

    #[test]
    fn a_program_is_current_while_nothing_is_newer_that_it_is_made_of() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let at = |name: &str, seconds: u64| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let file = File::options().append(true).create(true).open(path(name));
            file.unwrap().set_modified(time).unwrap();
        };
        let workspace = Workspace::at(directory.path(), Arc::new(Nobody));
        let is_current = || is_current(&path("program"), &workspace);
        for name in ["Cargo.toml", "Cargo.lock", "one.rs", "with blank.rs"] {
            at(name, 1);
        }
        assert!(!is_current(), "there is no program");
        at("program", 2);
        assert!(!is_current(), "nobody knows what it is made of");
        let root = directory.path().display();
        let rule = format!("{root}/program: {root}/one.rs {root}/with\\ blank.rs\n");
        std::fs::write(path("program.d"), rule).unwrap();
        assert!(is_current());
        for name in ["Cargo.toml", "Cargo.lock", "one.rs", "with blank.rs"] {
            at(name, 3);
            assert!(!is_current(), "{name} is newer");
            at(name, 1);
        }
        std::fs::remove_file(path("one.rs")).unwrap();
        assert!(!is_current(), "one is gone");
    }
}
