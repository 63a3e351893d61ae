//! A built program in two parts: what Lambda runs, and the symbols that explain its addresses.

use std::ffi::OsString;
use std::path::Path;

use xshell::Shell;

use cfnkit_console::error::{Context as _, Result};
use cfnkit_tools::toolchain::Objcopy;

/// Where cargo-auditable's format has a program's dependencies.
const BILL_OF_MATERIALS: &str = ".dep-v0";

/// The two parts, as bytes of ELF files.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) program: Vec<u8>,
    pub(super) debug: Vec<u8>,
}

/// Takes the symbols out of `binary` and puts its bill of materials in.
pub(super) fn split(
    sh: &Shell,
    objcopy: &Objcopy,
    binary: &Path,
    bill_of_materials: &[u8],
) -> Result<Parts> {
    let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
    let [debug, stripped, section, program] =
        ["debug", "stripped", "section", "program"].map(|name| directory.path().join(name));
    objcopy
        .call(sh)?
        .args(["--only-keep-debug", "--compress-debug-sections=zlib"])
        .args([binary, &debug])
        .run()
        .context("cannot take the symbols out of the function")?;
    strip(sh, objcopy, binary, &stripped)?;
    std::fs::write(&section, bill_of_materials).context("cannot write a temporary file")?;
    let mut section_of_file = OsString::from(format!("{BILL_OF_MATERIALS}="));
    section_of_file.push(&section);
    objcopy
        .call(sh)?
        .arg("--add-section")
        .arg(section_of_file)
        .args([&stripped, &program])
        .run()
        .context("cannot put the bill of materials into the function")?;
    Ok(Parts {
        program: super::read(&program)?,
        debug: super::read(&debug)?,
    })
}

/// Writes `binary` without its symbols to `to`.
pub(super) fn strip(sh: &Shell, objcopy: &Objcopy, binary: &Path, to: &Path) -> Result<()> {
    objcopy
        .call(sh)?
        .arg("--strip-all")
        .args([binary, to])
        .run()
        .context("cannot strip the function")
}
