//! What an artifact was compiled from, by content. Cargo goes by times and by names: a file that was
//! replaced by an older one is no change to it, and in a target directory that two checkouts share,
//! what one has compiled passes for the other's.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Artifact, Build, Script, dep_info};
use crate::checkout;
use crate::digest::{hex, sha256};
use cfnkit_console::error::{Context as _, Error, Result};

/// Ends the name of the file that says it, beside what it is about.
const RECORD: &str = "origin";

impl Build {
    /// Has cargo compile again what it took for unchanged in packages that are no download, where
    /// it is not known to be compiled from what is there now. `build` is the same build once more.
    ///
    /// # Errors
    ///
    /// Cargo cannot be moved to it, or the second build fails.
    pub fn assured<E: From<Error>>(
        self,
        root: &Path,
        beginning: SystemTime,
        build: impl FnOnce() -> Result<Self, E>,
    ) -> Result<(Self, SystemTime), E> {
        // Now, because to the second build it is old.
        self.record(root, beginning)?;
        let doubtful = self.doubtful(root, beginning)?;
        if doubtful.is_empty() {
            return Ok((self, beginning));
        }
        for source in &doubtful {
            // The one change that cargo sees for certain, and that changes nothing.
            let touched = std::fs::File::open(source)
                .and_then(|source| source.set_modified(SystemTime::now()));
            touched.with_context(|| advice(source))?;
        }
        let beginning = SystemTime::now();
        let assured = build()?;
        assured.record(root, beginning)?;
        match assured.doubtful(root, beginning)?.first() {
            Some(source) => Err(Error::new(advice(source)).into()),
            None => Ok((assured, beginning)),
        }
    }

    /// The root sources of what cargo did not compile since `beginning` and nobody vouches for.
    fn doubtful(&self, root: &Path, beginning: SystemTime) -> Result<Vec<PathBuf>> {
        let mut sources = Vec::new();
        for artifact in self.artifacts.iter().filter(|artifact| artifact.is_local()) {
            let is_known = || self.is_recorded(self.origin(artifact, root)?);
            if artifact.fresh && !is_known()? {
                sources.push(artifact.target.src_path.clone());
            }
        }
        for script in &self.scripts {
            let Some(artifact) = self.local_script(script) else {
                continue;
            };
            if !script.ran_since(beginning)
                && !self.is_recorded(self.origin_of(script, artifact)?)?
            {
                sources.push(artifact.target.src_path.clone());
            }
        }
        Ok(sources)
    }

    /// Writes down what was compiled from what, where that happened since `beginning`.
    fn record(&self, root: &Path, beginning: SystemTime) -> Result<()> {
        let local = self.artifacts.iter().filter(|artifact| artifact.is_local());
        for artifact in local.filter(|artifact| !artifact.fresh) {
            self.origin(artifact, root)?.write(beginning)?;
        }
        for script in &self.scripts {
            if let Some(artifact) = self.local_script(script)
                && script.ran_since(beginning)
            {
                self.origin_of(script, artifact)?.write(beginning)?;
            }
        }
        Ok(())
    }

    fn is_recorded(&self, origin: Provenance) -> Result<bool> {
        let recorded = std::fs::read_to_string(&origin.record);
        Ok(recorded.is_ok_and(|recorded| recorded == origin.text()))
    }

    fn origin(&self, artifact: &Artifact, root: &Path) -> Result<Provenance> {
        let list = self.list(artifact)?;
        let reading = self.reading(artifact)?;
        let base = artifact.directory_of_rustc(root);
        let product = artifact.filenames.first().context("cargo names no file")?;
        Ok(Provenance {
            record: list.with_extension(RECORD),
            product: Some(product.clone()),
            files: self.inputs(artifact, base, reading.files),
            root: root.to_path_buf(),
        })
    }

    fn origin_of(&self, script: &Script, artifact: &Artifact) -> Result<Provenance> {
        let root = artifact.package_directory();
        let reading = dep_info::of_build_script(&script.printed()?).unwrap_or_default();
        Ok(Provenance {
            record: script.out_dir.with_file_name(RECORD),
            product: None,
            files: self.inputs(artifact, root, reading.files),
            root: root.to_path_buf(),
        })
    }

    /// The compiled build script that was run, of a package that is no download.
    fn local_script(&self, script: &Script) -> Option<&Artifact> {
        let is_it = |artifact: &&Artifact| {
            artifact.is_local()
                && artifact.package_id == script.package_id
                && artifact
                    .target
                    .kind
                    .iter()
                    .any(|kind| kind == "custom-build")
        };
        self.artifacts.iter().find(is_it)
    }
}

impl Script {
    fn ran_since(&self, beginning: SystemTime) -> bool {
        let output = self.out_dir.with_file_name("output");
        let modified = output.metadata().and_then(|output| output.modified());
        modified.is_ok_and(|modified| modified >= beginning)
    }
}

/// What one product was made of.
struct Provenance {
    record: PathBuf,
    /// What was made; none where that is many things.
    product: Option<PathBuf>,
    files: Vec<PathBuf>,
    root: PathBuf,
}

impl Provenance {
    /// One line a file. Two checkouts have the same text where they have the same files.
    fn text(&self) -> String {
        let hash = |path: &Path| {
            let bytes = std::fs::read(path);
            bytes.map_or_else(|_| "none".to_owned(), |bytes| hex(&sha256(&bytes)))
        };
        let mut text = match &self.product {
            Some(product) => format!("{}\n", hash(product)),
            None => String::new(),
        };
        for file in &self.files {
            let name = file.strip_prefix(&self.root).unwrap_or(file);
            let files = match checkout::files_below(file) {
                Ok(files) if file.is_dir() => files,
                _ => vec![file.clone()],
            };
            for file in files.iter().filter(|file| !file.exists() || file.is_file()) {
                text.push_str(&format!("{} {}\n", hash(file), name.display()));
            }
        }
        text
    }

    /// Says nothing where a file changed since `beginning`: who knows which content was read.
    fn write(&self, beginning: SystemTime) -> Result<()> {
        let is_younger = |file: &PathBuf| {
            let modified = file.metadata().and_then(|file| file.modified());
            modified.is_ok_and(|modified| modified >= beginning)
        };
        if self.files.iter().any(is_younger) {
            return Ok(());
        }
        std::fs::write(&self.record, self.text())
            .with_context(|| format!("cannot write `{}`", self.record.display()))
    }
}

fn advice(source: &Path) -> String {
    format!(
        "cargo does not compile `{}` again, and it is not known what it was compiled from; \
         remove what cargo has built with `cargo clean` and try again",
        source.display()
    )
}
