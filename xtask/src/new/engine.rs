//! Where a new repository takes the crates of `crates/` from.

use std::path::PathBuf;

/// One of the places that cargo knows.
#[derive(Debug)]
pub(crate) enum Engine {
    /// The root of a checkout of this repository.
    Path(PathBuf),
    Git {
        url: String,
        revision: Option<String>,
    },
    /// On crates.io.
    Version(String),
}

impl Engine {
    /// What a manifest says of a crate, whose directory's name is `directory`.
    pub(crate) fn dependency(&self, directory: &str) -> String {
        match self {
            Self::Path(root) => {
                format!("{{ path = {:?} }}", root.join("crates").join(directory))
            }
            Self::Git { url, revision } => {
                let revision = revision.as_ref();
                let revision = revision.map(|one| format!(", rev = {one:?}"));
                format!("{{ git = {url:?}{} }}", revision.unwrap_or_default())
            }
            Self::Version(version) => format!("{version:?}"),
        }
    }
}
