//! What a file or directory is now, in one short value.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::WHOLE;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_tools::checkout;
use cfnkit_tools::digest::{hex, sha256};

/// What was written while a build read it. No file has this value afterwards.
pub(super) const CHANGED: &str = "changed during the build";
/// What a build script declares that is not there, so that cargo runs it every time.
pub(super) const MISSING: &str = "missing, which makes cargo run a build script every time";

/// Looks at files.
pub(super) struct Stamp<'path> {
    pub(super) root: &'path Path,
    /// When the build began that read them, if one did.
    pub(super) beginning: Option<SystemTime>,
}

impl Stamp<'_> {
    /// What a file, a directory with all that is below it, or what git knows of one is. None where
    /// it is not there any more.
    pub(super) fn of(&self, file: &str) -> Result<Option<String>> {
        if let Some(directory) = file.strip_suffix(WHOLE) {
            let directory = self.root.join(directory);
            return match checkout::files(&directory) {
                Ok(files) => self.of_all(files.iter().map(|file| directory.join(file)).collect()),
                Err(_) => self.of_all(checkout::files_below(&directory)?),
            }
            .map(Some);
        }
        let path = self.root.join(file);
        if path.is_dir() {
            return self.of_all(checkout::files_below(&path)?).map(Some);
        }
        if self.is_younger(file) {
            return Ok(Some(CHANGED.to_owned()));
        }
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(hex(&sha256(&bytes)))),
            Err(err) if err.kind() == ErrorKind::NotFound => {
                Ok(self.beginning.map(|_| MISSING.to_owned()))
            }
            Err(err) => Err(err).with_context(|| format!("cannot read `{file}`")),
        }
    }

    /// Whether a file was written after the build began.
    pub(super) fn is_younger(&self, file: &str) -> bool {
        let modified = || self.root.join(file).metadata()?.modified();
        match (self.beginning, modified()) {
            (Some(beginning), Ok(modified)) => modified >= beginning,
            _ => false,
        }
    }

    fn of_all(&self, files: Vec<PathBuf>) -> Result<String> {
        let mut text = String::new();
        for file in files.iter().filter(|file| file.is_file()) {
            let name = super::name(file, self.root);
            if self.is_younger(&name) {
                return Ok(CHANGED.to_owned());
            }
            let bytes =
                std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
            text.push_str(&format!("{} {name}\n", hex(&sha256(&bytes))));
        }
        Ok(hex(&sha256(text.as_bytes())))
    }
}
