//! The Rust toolchain: which it is, where it is, and what of it Lambda's targets need.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use xshell::{Cmd, Shell, cmd};

use crate::workspace::Workspace;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_console::variable;

/// The machines whose zips are deployed, and that all others' are compared with.
const HOST_OF_CI: &str = "x86_64-unknown-linux-gnu";

/// The toolchain that `rust-toolchain.toml` names, or that the user put in its place.
#[derive(Debug)]
pub struct Toolchain {
    rustc: PathBuf,
    /// As `rustc --version` prints it.
    pub version: String,
    commit: Option<String>,
    /// The triple of this machine.
    pub host: String,
}

impl Toolchain {
    /// Asks the compiler that cargo would use in the workspace.
    ///
    /// # Errors
    ///
    /// The compiler does not run, or does not say which machine it is for.
    pub fn find(sh: &Shell, workspace: &Workspace) -> Result<Self> {
        let _directory = sh.push_dir(workspace.root());
        let rustc = compiler();
        let text = cmd!(sh, "{rustc} -vV")
            .quiet()
            .read()
            .with_context(|| format!("`{}` does not run; install rustup", rustc.display()))?;
        let field = |name: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
        };
        Ok(Self {
            version: text.lines().next().unwrap_or_default().to_owned(),
            commit: field("commit-hash:").filter(|commit| commit != "unknown"),
            host: field("host:").context("`rustc -vV` names no host")?,
            rustc,
        })
    }

    /// Whether this is the version that `rust-toolchain.toml` names, and not one that somebody put
    /// in its place, with `RUSTUP_TOOLCHAIN` for instance. Where no version is named, any is.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no TOML.
    pub fn is_named(&self, workspace: &Workspace) -> Result<bool> {
        const FILE: &str = "rust-toolchain.toml";
        let text = match std::fs::read_to_string(workspace.root().join(FILE)) {
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            text => text.with_context(|| format!("cannot read `{FILE}`"))?,
        };
        let file: toml::Table = text.parse().with_context(|| format!("`{FILE}` is wrong"))?;
        let channel = file.get("toolchain").and_then(|table| table.get("channel"));
        let channel = channel.and_then(toml::Value::as_str).unwrap_or_default();
        Ok(is_version(channel, &self.version))
    }

    /// The directory with the compiler's libraries, as the compiler says.
    ///
    /// # Errors
    ///
    /// The compiler does not run, or does not say it.
    pub fn sysroot(&self, sh: &Shell) -> Result<PathBuf> {
        let rustc = &self.rustc;
        let sysroot = cmd!(sh, "{rustc} --print sysroot")
            .quiet()
            .read()
            .context("`rustc` does not tell its directory")?;
        Ok(sysroot.into())
    }

    /// Where the sources of the standard library are, and what stands for that in binaries where
    /// the sources are not installed. With the sources, rustc would name their place here.
    pub fn library_sources(&self, sysroot: &Path) -> Option<(PathBuf, String)> {
        let commit = self.commit.as_ref()?;
        Some((
            sysroot.join("lib/rustlib/src/rust"),
            format!("/rustc/{commit}"),
        ))
    }

    /// A program in `directory` to be called in the compiler's place, where this machine is not of
    /// the kind that CI has: it says that it is.
    ///
    /// Cargo takes the machine's name into the hashes of build scripts and procedural macros, and
    /// with those into the hash of every crate that depends on one. The hashes are part of symbols,
    /// and so another machine's program would be put together in another order.
    ///
    /// # Errors
    ///
    /// The program cannot be written.
    pub fn stand_in(&self, directory: &Path) -> Result<Option<PathBuf>> {
        if self.host == HOST_OF_CI {
            return Ok(None);
        }
        let rustc = self.rustc.display().to_string().replace('\'', r"'\''");
        let script = format!(
            "#!/bin/sh\n\
             case \"$*\" in\n\
             -vV) '{rustc}' -vV | sed 's/^host: .*/host: {HOST_OF_CI}/' ;;\n\
             *) exec '{rustc}' \"$@\" ;;\n\
             esac\n"
        );
        let path = directory.join("rustc");
        let write = || -> std::io::Result<()> {
            if std::fs::read_to_string(&path).is_ok_and(|text| text == script) {
                return Ok(());
            }
            std::fs::create_dir_all(directory)?;
            // Whole or not at all: another build may be about to call it.
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            file.write_all(script.as_bytes())?;
            let mode = std::fs::Permissions::from_mode(0o755);
            file.as_file().set_permissions(mode)?;
            file.persist(&path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Some(path))
    }

    /// Whether the standard library for `triple` is installed.
    ///
    /// # Errors
    ///
    /// As [`Self::sysroot`].
    pub fn has_target(&self, sh: &Shell, triple: &str) -> Result<bool> {
        let libraries = self.sysroot(sh)?.join("lib/rustlib");
        Ok(libraries.join(triple).is_dir())
    }

    /// Installs the standard library for `triple` where it is missing.
    ///
    /// # Errors
    ///
    /// As [`Self::sysroot`], or rustup is not there or cannot install it; the error has the command
    /// that does.
    pub fn provide_target(&self, sh: &Shell, workspace: &Workspace, triple: &str) -> Result<()> {
        if self.has_target(sh, triple)? {
            return Ok(());
        }
        let step = format!("installing the Rust target {triple} (once)");
        workspace.reporter().step(&step);
        let _directory = sh.push_dir(workspace.root());
        cmd!(sh, "rustup --quiet target add {triple}")
            .quiet()
            .run()
            .with_context(|| {
                format!("the Rust target is missing; install it with `rustup target add {triple}`")
            })
    }

    /// LLVM's `objcopy`, which comes with the compiler on most hosts and with a component of the
    /// toolchain on all of them.
    ///
    /// # Errors
    ///
    /// As [`Self::sysroot`], or rustup is not there or cannot install the component, or the
    /// component lacks the program.
    pub fn objcopy(&self, sh: &Shell, workspace: &Workspace) -> Result<Objcopy> {
        let libraries = self.sysroot(sh)?.join("lib");
        let programs = libraries.join("rustlib").join(&self.host).join("bin");
        let find = || {
            let names = ["rust-objcopy", "llvm-objcopy"].into_iter();
            let mut programs = names.map(|name| programs.join(name));
            let program = programs.find(|program| program.is_file())?;
            Some(Objcopy {
                program,
                libraries: libraries.clone(),
            })
        };
        if let Some(objcopy) = find() {
            return Ok(objcopy);
        }
        workspace
            .reporter()
            .step("installing the Rust component llvm-tools (once)");
        let _directory = sh.push_dir(workspace.root());
        cmd!(sh, "rustup --quiet component add llvm-tools")
            .quiet()
            .run()
            .context("no `objcopy`; install it with `rustup component add llvm-tools`")?;
        find().context("the component llvm-tools has no `llvm-objcopy`")
    }
}

/// LLVM's `objcopy`, as it comes with Rust.
#[derive(Debug)]
pub struct Objcopy {
    program: PathBuf,
    /// Where LLVM's library is, which the program does not find by itself.
    libraries: PathBuf,
}

impl Objcopy {
    /// The program, to be called with arguments.
    ///
    /// # Errors
    ///
    /// The directory of the toolchain's libraries has a colon in its name, which no search path can
    /// have.
    pub fn call<'sh>(&self, sh: &'sh Shell) -> Result<Cmd<'sh>> {
        // Cargo sets it for what it runs; this program may be run without cargo.
        let variable = match cfg!(target_os = "macos") {
            true => "DYLD_FALLBACK_LIBRARY_PATH",
            false => "LD_LIBRARY_PATH",
        };
        let others = std::env::var_os(variable).unwrap_or_default();
        let others = std::env::split_paths(&others).filter(|path| !path.as_os_str().is_empty());
        let paths = std::iter::once(self.libraries.clone()).chain(others);
        let paths = std::env::join_paths(paths).context("cannot name the toolchain's libraries")?;
        Ok(sh.cmd(&self.program).env(variable, paths).quiet())
    }
}

/// Whether what `rustc --version` prints is of the version `channel`; of two numbers, the third may
/// be any. The channels that have names are any version.
fn is_version(channel: &str, printed: &str) -> bool {
    if !channel.starts_with(|first: char| first.is_ascii_digit()) {
        return true;
    }
    let version = printed.split_whitespace().nth(1).unwrap_or_default();
    let rest = version.strip_prefix(channel);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The compiler that cargo will use. The one beside the cargo that started this program answers
/// sooner than rustup's stand-in for both.
fn compiler() -> PathBuf {
    if let Some(rustc) = variable::value("RUSTC") {
        return rustc.into();
    }
    let cargo = variable::value("CARGO").map(PathBuf::from);
    let beside = cargo.map(|cargo| cargo.with_file_name("rustc"));
    beside
        .filter(|rustc| rustc.is_file())
        .unwrap_or_else(|| "rustc".into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cfnkit_console::report::Nobody;

    use super::*;

    #[test]
    fn a_toolchain_is_the_named_one_or_another() {
        let printed = "rustc 1.95.0 (59807616e 2026-04-14)";
        for channel in ["1.95.0", "1.95", "stable", ""] {
            assert!(is_version(channel, printed), "{channel}");
        }
        for channel in ["1.95.1", "1.9", "1.99.0"] {
            assert!(!is_version(channel, printed), "{channel}");
        }
        assert!(!is_version(
            "1.100.0",
            "rustc 1.100.0-beta.7 (fd8e211ae 2026-10-17)"
        ));
    }

    #[test]
    fn on_other_machines_a_stand_in_says_that_it_is_the_usual_one() {
        let sh = Shell::new().unwrap();
        let workspace = Workspace::at(Path::new(env!("CARGO_MANIFEST_DIR")), Arc::new(Nobody));
        let mut toolchain = Toolchain::find(&sh, &workspace).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path().join("it's here");
        toolchain.host = HOST_OF_CI.to_owned();
        assert_eq!(toolchain.stand_in(&directory).unwrap(), None);

        toolchain.host = "aarch64-apple-darwin".to_owned();
        let stand_in = toolchain.stand_in(&directory).unwrap().unwrap();
        let own = &toolchain.rustc;
        let without_host = |text: String| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.starts_with("host: "));
            lines.map(ToOwned::to_owned).collect()
        };
        let said = cmd!(sh, "{stand_in} -vV").read().unwrap();
        assert!(said.contains(&format!("\nhost: {HOST_OF_CI}\n")), "{said}");
        let really = cmd!(sh, "{own} -vV").read().unwrap();
        assert_eq!(without_host(said), without_host(really));
        assert_eq!(
            cmd!(sh, "{stand_in} --print sysroot").read().unwrap(),
            cmd!(sh, "{own} --print sysroot").read().unwrap()
        );
        // A failure is the compiler's own.
        let failed = cmd!(sh, "{stand_in} --no-such-flag")
            .quiet()
            .ignore_stderr();
        assert!(failed.run().is_err());
        // A second build finds it there.
        assert_eq!(toolchain.stand_in(&directory).unwrap(), Some(stand_in));
    }

    /// Rust's own program, started with nothing that cargo sets for it.
    #[test]
    fn objcopy_finds_its_library_where_cargo_did_not_start_this_program() {
        let sh = Shell::new().unwrap();
        let workspace = Workspace::at(Path::new(env!("CARGO_MANIFEST_DIR")), Arc::new(Nobody));
        let toolchain = Toolchain::find(&sh, &workspace).unwrap();
        let objcopy = toolchain.objcopy(&sh, &workspace).unwrap();
        let mut objcopy = std::process::Command::from(objcopy.call(&sh).unwrap());
        let set: Vec<(std::ffi::OsString, std::ffi::OsString)> = objcopy
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        let libraries = toolchain.sysroot(&sh).unwrap().join("lib");
        for (_, value) in &set {
            let first = std::env::split_paths(value).next();
            assert_eq!(first.as_ref(), Some(&libraries));
        }
        objcopy.env_clear();
        for (name, _) in set {
            objcopy.env(name, &libraries);
        }
        assert!(objcopy.arg("--version").output().unwrap().status.success());
    }
}
