//! Where two zips of the same sources differ: the entry, and in a program the section.

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
        (Ok(first), Ok(second)) => beside(&first, &second, compare_entries),
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

fn entries(zip: &[u8]) -> zip::result::ZipResult<Vec<(String, Entry)>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip))?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let entry = Entry {
            mode: file.unix_mode(),
            modified: file.last_modified().map(|time| time.to_string()),
            bytes,
        };
        entries.push((format!("`{}`", file.name()?), entry));
    }
    Ok(entries)
}

/// What differs between parts of the same name, and which parts only one of the two has.
fn beside<T>(
    first: &[(String, T)],
    second: &[(String, T)],
    differ: impl Fn(&str, &T, &T) -> Vec<String>,
) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, part) in first {
        match second.iter().find(|(other, _)| other == name) {
            Some((_, other)) => differences.extend(differ(name, part, other)),
            None => differences.push(format!("{name} is only in the first zip")),
        }
    }
    let is_other = |name: &String| !first.iter().any(|(one, _)| one == name);
    let others = second.iter().filter(|(name, _)| is_other(name));
    differences.extend(others.map(|(name, _)| format!("{name} is only in the second zip")));
    differences
}

fn compare_entries(name: &str, entry: &Entry, other: &Entry) -> Vec<String> {
    let mut differences = Vec::new();
    if entry.mode != other.mode {
        differences.push(format!("{name} has another mode"));
    }
    if entry.modified != other.modified {
        differences.push(format!("{name} has another modification time"));
    }
    if entry.bytes != other.bytes {
        differences.extend(compare_programs(name, &entry.bytes, &other.bytes));
    }
    differences
}

fn compare_programs(name: &str, first: &[u8], second: &[u8]) -> Vec<String> {
    let (Ok(sections), Ok(others)) = (sections(name, first), sections(name, second)) else {
        return vec![difference(name, first, second)];
    };
    let differences = beside(&sections, &others, |place, section, other| {
        let differs = section != other;
        differs
            .then(|| difference(place, section, other))
            .into_iter()
            .collect()
    });
    match differences.is_empty() {
        true => vec![difference(
            &format!("{name}, outside its sections,"),
            first,
            second,
        )],
        false => differences,
    }
}

/// Each section's name and bytes.
fn sections<'data>(
    name: &str,
    program: &'data [u8],
) -> Result<Vec<(String, &'data [u8])>, elf::Unreadable> {
    let sections = elf::sections(program)?.into_iter();
    let named = sections.map(|one| (format!("section `{}` of {name}", one.name), one.bytes));
    Ok(named.collect())
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
