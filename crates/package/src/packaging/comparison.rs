//! Where two zips of the same sources differ: the entry, and in a program the section.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use crate::elf;

/// What of a difference's surroundings is shown, in bytes to each side.
const SURROUNDINGS: usize = 24;

/// One line per difference; none where the bytes are the same.
pub(super) fn compare(first: &[u8], second: &[u8]) -> Vec<String> {
    if first == second {
        return vec![];
    }
    let differences = match (entries(first), entries(second)) {
        (Ok(first), Ok(second)) => compare_entries(&first, &second),
        (Err(err), _) => vec![format!("the first zip cannot be read: {err}")],
        (_, Err(err)) => vec![format!("the second zip cannot be read: {err}")],
    };
    match differences.is_empty() {
        true => vec!["the zips' own records differ, and nothing in their entries".to_owned()],
        false => differences,
    }
}

/// A file in a zip, as far as it is written there.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    mode: Option<u32>,
    modified: Option<String>,
    bytes: Vec<u8>,
}

fn entries(zip: &[u8]) -> zip::result::ZipResult<BTreeMap<String, Entry>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip))?;
    let mut entries = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let entry = Entry {
            mode: file.unix_mode(),
            modified: file.last_modified().map(|time| time.to_string()),
            bytes,
        };
        entries.insert(file.name()?.to_string(), entry);
    }
    Ok(entries)
}

fn compare_entries(
    first: &BTreeMap<String, Entry>,
    second: &BTreeMap<String, Entry>,
) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, entry) in first {
        let Some(other) = second.get(name) else {
            differences.push(format!("`{name}` is only in the first zip"));
            continue;
        };
        if entry.mode != other.mode {
            differences.push(format!("`{name}` has another mode"));
        }
        if entry.modified != other.modified {
            differences.push(format!("`{name}` has another modification time"));
        }
        if entry.bytes != other.bytes {
            differences.extend(compare_programs(name, &entry.bytes, &other.bytes));
        }
    }
    let others = second.keys().filter(|name| !first.contains_key(*name));
    differences.extend(others.map(|name| format!("`{name}` is only in the second zip")));
    differences
}

fn compare_programs(name: &str, first: &[u8], second: &[u8]) -> Vec<String> {
    let (Ok(sections), Ok(others)) = (elf::sections(first), elf::sections(second)) else {
        return vec![difference(&format!("`{name}`"), first, second)];
    };
    let mut differences = Vec::new();
    for section in &sections {
        let place = format!("section `{}` of `{name}`", section.name);
        match others.iter().find(|other| other.name == section.name) {
            None => differences.push(format!("{place} is only in the first zip")),
            Some(other) if other.bytes != section.bytes => {
                differences.push(difference(&place, section.bytes, other.bytes));
            }
            Some(_) => {}
        }
    }
    for other in &others {
        if !sections.iter().any(|section| section.name == other.name) {
            let name = format!("section `{}` of `{name}`", other.name);
            differences.push(format!("{name} is only in the second zip"));
        }
    }
    if differences.is_empty() {
        let place = format!("`{name}`, outside its sections,");
        differences.push(difference(&place, first, second));
    }
    differences
}

/// Where two pieces begin to differ, and what is there.
fn difference(place: &str, first: &[u8], second: &[u8]) -> String {
    let common = first.iter().zip(second).take_while(|(a, b)| a == b).count();
    format!(
        "{place} differs from byte {common:#x} on ({} and {} bytes)\n  first:  {}\n  second: {}",
        first.len(),
        second.len(),
        surroundings(first, common),
        surroundings(second, common),
    )
}

fn surroundings(bytes: &[u8], at: usize) -> String {
    let end = bytes.len().min(at.saturating_add(SURROUNDINGS));
    let begin = at.saturating_sub(SURROUNDINGS).min(end);
    let shown = bytes.get(begin..end).unwrap_or_default();
    shown.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use object::write::{Object, StandardSegment};
    use object::{Architecture, BinaryFormat, Endianness, SectionKind};

    use super::*;
    use crate::archive::zip_bootstrap;

    /// An ELF file with these sections.
    fn program(sections: &[(&str, &str)]) -> Vec<u8> {
        let mut object = Object::new(BinaryFormat::Elf, Architecture::Aarch64, Endianness::Little);
        for (name, content) in sections {
            let segment = object.segment_name(StandardSegment::Data).to_vec();
            let kind = SectionKind::ReadOnlyData;
            let section = object.add_section(segment, name.as_bytes().to_vec(), kind);
            object.set_section_data(section, content.as_bytes(), 1);
        }
        object.write().unwrap()
    }

    fn check(first: &[u8], second: &[u8], expected: Expect) {
        let zip = |program| zip_bootstrap(program).unwrap();
        let differences = compare(&zip(first), &zip(second));
        expected.assert_eq(&differences.join("\n"));
    }

    #[test]
    fn the_same_bytes_do_not_differ() {
        let program = program(&[(".rodata", "text")]);
        check(&program, &program, expect![""]);
    }

    #[test]
    fn the_section_that_differs_is_named_with_what_is_there() {
        check(
            &program(&[(".rodata", "in /home/first/movies"), (".note", "same")]),
            &program(&[(".rodata", "in /srv/second/movies"), (".note", "same")]),
            expect![[r#"
                section `.rodata` of `bootstrap` differs from byte 0x4 on (21 and 21 bytes)
                  first:  in /home/first/movies
                  second: in /srv/second/movies"#]],
        );
    }

    #[test]
    fn a_section_that_one_lacks_is_named() {
        let with = program(&[(".rodata", "text"), (".more", "text")]);
        let without = program(&[(".rodata", "text")]);
        let differences = |first: &[u8], second: &[u8]| {
            let zip = |program| zip_bootstrap(program).unwrap();
            compare(&zip(first), &zip(second)).join("\n")
        };
        let place = "section `.more` of `bootstrap` is only in";
        assert!(differences(&with, &without).contains(&format!("{place} the first zip")));
        assert!(differences(&without, &with).contains(&format!("{place} the second zip")));
    }

    #[test]
    fn what_is_no_program_is_compared_as_bytes() {
        check(
            b"#!/bin/sh",
            b"#!/bin/bash",
            expect![[r#"
                `bootstrap` differs from byte 0x7 on (9 and 11 bytes)
                  first:  #!/bin/sh
                  second: #!/bin/bash"#]],
        );
    }

    #[test]
    fn a_file_that_is_no_zip_is_told() {
        let zip = zip_bootstrap(b"program").unwrap();
        let differences = compare(&zip, b"not a zip");
        assert!(differences[0].starts_with("the second zip cannot be read"));
    }
}
