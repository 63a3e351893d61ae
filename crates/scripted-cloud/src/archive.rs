//! A handler's zip without a handler: what `package` would make of a program that does nothing.

use std::io::{Cursor, Write as _};

use crate::program::Program;

/// A zip that passes the inspection; another text makes another zip.
pub fn handler(text: &str) -> Vec<u8> {
    let options = zip::write::SimpleFileOptions::default()
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options).unwrap();
    writer.write_all(&Program::saying(text).bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}
