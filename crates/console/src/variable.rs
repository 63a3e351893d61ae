//! Variables of the environment. An empty one is as good as none, for this program and for what
//! it is made of.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::error::{Context as _, Result};

/// The value of a variable that is set to something.
pub fn value(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The same, as text.
///
/// # Errors
///
/// The value is not UTF-8.
pub fn text(name: &str) -> Result<Option<String>> {
    let text = |value: OsString| {
        let text = value.into_string().ok();
        text.with_context(|| format!("the variable {name} is not UTF-8; set it anew, or unset it"))
    };
    value(name).map(text).transpose()
}

/// Whether PATH leads to a program of this name.
pub fn finds_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(name).is_file())
}

/// Goes on without the empty variables that AWS's SDK or a client of HTTP would read.
///
/// # Errors
///
/// One of them is not UTF-8, and would be passed over without a word.
pub fn drop_empty() -> Result<()> {
    let mut empty = Vec::new();
    for (name, value) in std::env::vars_os() {
        if !is_read_by_libraries(&name) {
            continue;
        }
        if value.is_empty() {
            empty.push(name);
        } else if let Some(name) = name.to_str() {
            text(name)?;
        }
    }
    if empty.is_empty() {
        return Ok(());
    }
    // Some of them panic at an empty one, and others take it for a value. A process cannot change
    // its own environment safely, so it begins again in its place.
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut arguments = std::env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    for name in &empty {
        again.env_remove(name);
    }
    Err(again.args(arguments).exec()).context("cannot start this program again")
}

fn is_read_by_libraries(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    name.starts_with("aws_")
        || name.starts_with("ssl_cert_")
        || name.starts_with("xtask_")
        || name.ends_with("_proxy")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_the_sdk_and_of_proxies_are_read_by_libraries() {
        for name in [
            "AWS_ENDPOINT_URL_S3",
            "https_proxy",
            "NO_PROXY",
            "SSL_CERT_FILE",
            "XTASK_LOCAL_DIR",
        ] {
            assert!(is_read_by_libraries(OsStr::new(name)), "{name}");
        }
        // Cargo takes an empty one for a value of its own.
        assert!(!is_read_by_libraries(OsStr::new("CARGO_ENCODED_RUSTFLAGS")));
    }
}
