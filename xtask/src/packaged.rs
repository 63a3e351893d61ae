//! The crates as crates.io would have them: packaged, unpacked side by side, and compiled from what
//! was packaged. A file that a package lacks is missed here, and not by whoever depends on it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use xshell::{Shell, cmd};

use cfnkit_tools::cargo::undisturbed;
use cfnkit_tools::workspace::Workspace;

/// All crates have the workspace's version.
const VERSION: &str = concat!("-", env!("CARGO_PKG_VERSION"));
/// What crates.io asks for in a manifest, as cargo writes it into a package.
const ASKED_FOR: [&str; 2] = ["\ndescription = \"", "\nlicense = \""];

/// Fails where a crate cannot be packaged, or does not compile beside the others as packaged.
pub(crate) fn check_packaged(sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let _directory = sh.push_dir(workspace.root());
    let target = workspace.target();
    let directory = target.join("crates");
    let unpacked = directory.join("unpacked");
    // Leftovers may be of a crate that is no more.
    sh.remove_path(&directory)?;
    // For a lockfile and for compiling, cargo would look on crates.io for those of these crates
    // that another needs, because none of them may be published. They are compiled together below.
    let package = cmd!(
        sh,
        "cargo package --quiet --locked --allow-dirty --no-verify --exclude-lockfile
         --package cfnkit-* --target-dir {directory}"
    );
    undisturbed(package).quiet().run()?;
    let files = sh.read_dir(directory.join("package"))?;
    sh.create_dir(&unpacked)?;
    for file in files.iter().filter(|file| file.is_file()) {
        // In a package every file is of 2006, and cargo would take what it compiled before for it.
        let unpack = cmd!(
            sh,
            "tar --extract --touch --gzip --file {file} --directory {unpacked}"
        );
        unpack.quiet().run()?;
    }
    let manifest = manifest_of(sh, &unpacked)?;
    let path = unpacked.join("Cargo.toml");
    sh.write_file(&path, manifest)?;
    sh.copy_file("Cargo.lock", &unpacked)?;
    // The directory and the profiles are this workspace's, so that what the crates depend on is
    // not compiled again.
    let check = cmd!(
        sh,
        "cargo check --quiet --workspace --manifest-path {path} --target-dir {target}"
    );
    undisturbed(check).quiet().run()?;
    Ok(())
}

/// The manifest of a workspace of the packages in `unpacked`, each of which takes the others from
/// there.
fn manifest_of(sh: &Shell, unpacked: &Path) -> anyhow::Result<String> {
    let mut text =
        "[workspace]\nresolver = \"3\"\nmembers = [\"cfnkit-*\"]\n\n[patch.crates-io]\n".to_owned();
    for package in sh.read_dir(unpacked)? {
        let manifest = sh.read_file(package.join("Cargo.toml"))?;
        for wanted in ASKED_FOR {
            if !manifest.contains(wanted) {
                let (place, wanted) = (package.display(), wanted.trim());
                anyhow::bail!("no `{wanted}` in `{place}/Cargo.toml`, and crates.io asks for it");
            }
        }
        let directory = package.file_name().unwrap_or_default().to_string_lossy();
        let name = directory.strip_suffix(VERSION);
        let name = name.with_context(|| format!("`{directory}` has another version"))?;
        writeln!(text, "{name} = {{ path = \"{directory}\" }}")?;
    }
    let own = sh.read_file("Cargo.toml")?;
    let profiles = own.find("\n[profile.").map(|begin| &own[begin..]);
    text.push_str(profiles.unwrap_or_default());
    Ok(text)
}
