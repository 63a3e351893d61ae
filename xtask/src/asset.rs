//! Bytes and the key they have in the asset bucket; the deterministic zip.

use std::io::{Cursor, Write as _};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;

/// The name Lambda's `provided` runtimes start.
const EXECUTABLE: &str = "bootstrap";

/// A file CloudFormation reads from S3. Its key is the SHA-256 of its content, so a key that
/// exists never needs to be written again.
#[derive(Debug, Clone)]
pub(crate) struct Asset {
    /// What it is called in the repository or the assembly, for people.
    pub(crate) name: String,
    /// `<64 hex digits>.<extension>`.
    pub(crate) key: String,
    pub(crate) sha256: [u8; 32],
    pub(crate) bytes: Vec<u8>,
}

impl Asset {
    pub(crate) fn new(name: &str, bytes: Vec<u8>) -> Self {
        let extension = name
            .rsplit_once('.')
            .map_or("bin", |(_, extension)| extension);
        let sha256 = sha256(&bytes);
        Self {
            name: name.to_owned(),
            key: format!("{}.{extension}", hex(&sha256)),
            sha256,
            bytes,
        }
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A zip that holds `executable` as the `bootstrap` file. The same bytes in give the same bytes
/// out, whatever the clock, the user or the file's own attributes are.
pub(crate) fn zip_bootstrap(executable: &[u8]) -> anyhow::Result<Vec<u8>> {
    // The entry carries a fixed time instead of the binary's: a build that changes nothing must
    // produce the same bytes.
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .start_file(EXECUTABLE, options)
        .and_then(|()| writer.write_all(executable).map_err(Into::into))
        .context("cannot zip the `bootstrap` file")?;
    let finished = writer.finish().context("cannot finish the zip")?;
    Ok(finished.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_key_is_the_sha256_of_the_content() {
        // The digest of "abc" as FIPS 180-4 gives it.
        let asset = Asset::new("data.yaml", b"abc".to_vec());
        assert_eq!(
            asset.key,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.yaml"
        );
    }

    #[test]
    fn the_zip_depends_on_the_content_alone() {
        let zipped = zip_bootstrap(b"program").unwrap();
        assert_eq!(zipped, zip_bootstrap(b"program").unwrap());
        assert_ne!(zipped, zip_bootstrap(b"another").unwrap());
    }

    #[test]
    fn the_zip_holds_an_executable_bootstrap() {
        let zipped = zip_bootstrap(b"program").unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(zipped)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name().unwrap(), "bootstrap");
        assert_eq!(entry.unix_mode().unwrap() & 0o777, 0o755);
        assert_eq!(entry.last_modified(), Some(zip::DateTime::default()));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert_eq!(content, b"program");
    }
}
