//! The Python that the pinned packages run on: which it is, and where to get one.

use xshell::{Shell, cmd};

use super::pip::isolated;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};

/// The oldest Python the pinned packages support.
const OLDEST: (u32, u32) = (3, 10);

/// How to get it. What comes with Apple's own tools is older.
pub const HOW_TO_GET: &str =
    "on Debian and Ubuntu: `apt-get install python3 python3-venv`, on macOS: `brew install python`";

/// The version of `python3`.
///
/// # Errors
///
/// There is none, or it is too old for the pinned packages.
pub fn version(sh: &Shell) -> Result<String> {
    let (major, minor) = OLDEST;
    let ask = cmd!(
        sh,
        "python3 -I -c 'import sys; print(*sys.version_info[:2])'"
    );
    let version = isolated(ask)
        .quiet()
        .ignore_stderr()
        .read()
        .with_context(|| format!("no `python3`: install Python {major}.{minor} or newer"))?;
    let mut parts = version.split_whitespace().map(str::parse::<u32>);
    let found = match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => bail!("`python3` did not tell its version, but `{version}`"),
    };
    if found < OLDEST {
        bail!(
            "`python3` is {}.{}; install Python {major}.{minor} or newer",
            found.0,
            found.1
        );
    }
    Ok(format!("{}.{}", found.0, found.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As on a Mac with Apple's tools and nothing else.
    #[test]
    fn a_python_that_is_too_old_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let [script, program] = ["script", "python3"].map(|name| directory.path().join(name));
        std::fs::write(&script, "#!/bin/sh\necho 3 9\n").unwrap();
        let sh = Shell::new().unwrap();
        // By another process: what a test that starts a program has open, too, cannot be run.
        cmd!(sh, "install -m 755 {script} {program}").run().unwrap();
        sh.set_var("PATH", directory.path());
        assert_eq!(
            version(&sh).unwrap_err().to_string(),
            "`python3` is 3.9; install Python 3.10 or newer"
        );
    }
}
