//! A built program in two parts: what Lambda runs, and the symbols that explain its addresses.

use std::path::Path;

use anyhow::Context as _;
use xshell::{Shell, cmd};

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
    objcopy: &Path,
    binary: &Path,
    bill_of_materials: &[u8],
) -> anyhow::Result<Parts> {
    let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
    let [debug, stripped, section, program] =
        ["debug", "stripped", "section", "program"].map(|name| directory.path().join(name));
    cmd!(
        sh,
        "{objcopy} --only-keep-debug --compress-debug-sections=zlib {binary} {debug}"
    )
    .quiet()
    .run()
    .context("cannot take the symbols out of the handler")?;
    strip(sh, objcopy, binary, &stripped)?;
    std::fs::write(&section, bill_of_materials).context("cannot write a temporary file")?;
    cmd!(
        sh,
        "{objcopy} --add-section {BILL_OF_MATERIALS}={section} {stripped} {program}"
    )
    .quiet()
    .run()
    .context("cannot put the bill of materials into the handler")?;
    Ok(Parts {
        program: super::read(&program)?,
        debug: super::read(&debug)?,
    })
}

/// Writes `binary` without its symbols to `to`.
pub(super) fn strip(sh: &Shell, objcopy: &Path, binary: &Path, to: &Path) -> anyhow::Result<()> {
    cmd!(sh, "{objcopy} --strip-all {binary} {to}")
        .quiet()
        .run()
        .context("cannot strip the handler")
}
