//! A handler's zip without a handler: what `package` would make of a program that does nothing.

use std::io::{Cursor, Write as _};

use crate::program::{Program, zipped};

/// A zip that passes the inspection; another text makes another zip.
pub(crate) fn handler(text: &str) -> Vec<u8> {
    zipped(&Program::saying(text).bytes())
}

pub(crate) fn zip_bootstrap(executable: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let options = zip::write::SimpleFileOptions::default()
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options)?;
    writer.write_all(executable)?;
    Ok(writer.finish()?.into_inner())
}
