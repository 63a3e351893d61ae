//! Bytes and the key they have in the asset bucket.

use cfnkit_tools::digest::{hex, sha256};

/// A file CloudFormation reads from S3. Its key is the SHA-256 of its content, so a key that
/// exists never needs to be written again.
#[derive(Debug, Clone)]
pub struct Asset {
    /// What it is called in the repository or the assembly, for people.
    pub name: String,
    /// `<64 hex digits>.<extension>`.
    pub key: String,
    /// Of `bytes`.
    pub sha256: [u8; 32],
    /// The whole content.
    pub bytes: Vec<u8>,
}

impl Asset {
    /// Takes the extension of `name` for the key, or `bin` where it has none.
    pub fn new(name: &str, bytes: Vec<u8>) -> Self {
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

#[cfg(test)]
mod tests {
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
}
