//! The deterministic zip of a Lambda function.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;

use cfnkit_console::error::{Context as _, Result};

/// The name Lambda's `provided` runtimes start.
const EXECUTABLE: &str = "bootstrap";

/// A zip that holds `executable` as the `bootstrap` file.
pub(crate) fn zip_bootstrap(executable: &[u8]) -> Result<Vec<u8>> {
    zip_executables(&[(EXECUTABLE, executable)])
}

/// A zip of executable files. The same names and bytes in give the same bytes out, whatever the
/// clock, the user, the machine or the files' own attributes are.
fn zip_executables(files: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    // Entries carry a fixed time instead of the files': a build that changes nothing must produce
    // the same bytes. The compressor, zlib-rs, is pinned by `Cargo.lock` and does not choose its
    // matches by what the processor can do.
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer
            .start_file(*name, options)
            .and_then(|()| writer.write_all(bytes).map_err(Into::into))
            .with_context(|| format!("cannot zip `{name}`"))?;
    }
    let finished = writer.finish().context("cannot finish the zip")?;
    Ok(finished.into_inner())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::process::Command;

    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use cfnkit_tools::digest::hex;

    /// What Python's `zipfile` finds in each of the zips it is given: every field that could tell
    /// of a clock, a user or a machine.
    const READER: &str = r#"
import sys, zipfile
for path in sys.argv[1:]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None and archive.comment == b""
        for entry in archive.infolist():
            fields = (
                entry.date_time, oct(entry.external_attr >> 16), entry.external_attr & 0xffff,
                entry.create_system, entry.extra, entry.comment, entry.compress_type,
            )
            print(entry.filename.encode().hex(), archive.read(entry).hex(), *fields)
"#;
    /// 1980, deflated, a regular file that all may run, written on Unix, and no more.
    const FIELDS: &str = "(1980, 1, 1, 0, 0, 0) 0o100755 0 3 b'' b'' 8";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        // Several to a case: most of the time of one is Python's start.
        #[test]
        fn a_zip_is_a_function_of_names_and_bytes(
            zips in vec(
                btree_map("[a-z]{1,12}(/[a-zäß ]{1,9})?", vec(any::<u8>(), 0..2000), 0..5), 8
            )
        ) {
            let directory = tempfile::tempdir().unwrap();
            let mut read = Command::new("python3");
            read.args(["-c", READER]);
            let mut expected = String::new();
            for (at, files) in zips.iter().enumerate() {
                let files: Vec<(&str, &[u8])> =
                    files.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
                let zipped = zip_executables(&files).unwrap();
                prop_assert_eq!(&zipped, &zip_executables(&files).unwrap());
                let path = directory.path().join(format!("{at}.zip"));
                std::fs::write(&path, &zipped).unwrap();
                read.arg(path);
                for (name, bytes) in files {
                    let (name, bytes) = (hex(name.as_bytes()), hex(bytes));
                    writeln!(expected, "{name} {bytes} {FIELDS}").unwrap();
                }
            }
            let read = read.output().unwrap();
            let stderr = String::from_utf8_lossy(&read.stderr);
            prop_assert!(read.status.success(), "{}", stderr);
            prop_assert_eq!(String::from_utf8(read.stdout).unwrap(), expected);
        }
    }

    proptest! {
        #[test]
        fn other_bytes_or_names_give_another_zip(
            bytes in vec(any::<u8>(), 1..2000), at in any::<Index>(), name in "[a-z]{1,12}"
        ) {
            let zipped = zip_executables(&[(&name, &bytes)]).unwrap();
            let mut others = bytes.clone();
            *at.get_mut(&mut others) ^= 1;
            prop_assert_ne!(&zipped, &zip_executables(&[(&name, &others)]).unwrap());
            let other_name = format!("{name}x");
            prop_assert_ne!(&zipped, &zip_executables(&[(&other_name, &bytes)]).unwrap());
        }
    }
}
