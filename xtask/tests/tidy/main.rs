//! Tests over the repository itself: rules that a reviewer should not have to remember.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

mod crates;
mod figures;
mod names;
mod programs;
mod schemas;
mod sources;
mod workflows;

fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap().to_path_buf()
}
