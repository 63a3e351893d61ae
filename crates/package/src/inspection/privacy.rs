//! The rule for directories of the machine that built: none of them is in the executable.

use std::path::Path;

use super::{Defect, Expected};
use crate::elf::Section;

/// Shorter paths, such as `/` or `/x`, are in any program.
const SHORTEST: usize = 4;

/// How many bytes are shown around what was found.
const BEFORE: usize = 24;
const AFTER: usize = 48;

pub(super) fn inspect(
    executable: &[u8],
    sections: &[Section<'_>],
    expected: &Expected<'_>,
) -> Vec<Defect> {
    let private = expected.private.iter();
    private
        .filter_map(|(label, directory)| {
            let path = path_bytes(directory)?;
            let places = occurrences(executable, path);
            let first = *places.first()?;
            let text = around(executable, first, path.len());
            let section = section_at(sections, first);
            let more = match places.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            Some(Defect::error(
                format!(
                    "the {label} `{}` is in {section} of `bootstrap`: `{text}`{more}",
                    directory.display()
                ),
                "the function runs; but its bytes differ from machine to machine, \
                 and they say who built it",
                "build with `--remap-path-prefix` for this directory, \
                 as `cargo xtask package` does",
            ))
        })
        .collect()
}

fn path_bytes(directory: &Path) -> Option<&[u8]> {
    let mut path = directory.as_os_str().as_encoded_bytes();
    while let [rest @ .., b'/'] = path {
        path = rest;
    }
    (path.len() >= SHORTEST).then_some(path)
}

/// Where the path is, whole: `/home/ada` is not in `/home/adam`.
fn occurrences(bytes: &[u8], path: &[u8]) -> Vec<usize> {
    // Texts lie in a program without a gap between them, so what comes before a path says little.
    // But a single directory such as `/src` is in the middle of very many paths.
    let stands_alone = path.iter().filter(|byte| **byte == b'/').count() < 2;
    memchr::memmem::find_iter(bytes, path)
        .filter(|start| {
            let ends = !bytes.get(start + path.len()).is_some_and(is_part_of_a_name);
            let begins = !bytes[..*start].last().is_some_and(is_part_of_a_name);
            ends && (begins || !stands_alone)
        })
        .collect()
}

fn is_part_of_a_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.+@~".contains(byte) || !byte.is_ascii()
}

fn section_at(sections: &[Section<'_>], position: usize) -> String {
    let position = position as u64;
    let holds = |section: &&Section<'_>| {
        let start = section.offset;
        (start..start.saturating_add(section.bytes.len() as u64)).contains(&position)
    };
    sections.iter().find(holds).map_or_else(
        || "no section".to_owned(),
        |section| format!("`{}`", section.name),
    )
}

/// The printable text around a place, as far as it is of use.
fn around(bytes: &[u8], start: usize, length: usize) -> String {
    let is_text = |byte: &&u8| byte.is_ascii_graphic() || **byte == b' ';
    let (before, rest) = bytes.split_at(start);
    let (found, after) = rest.split_at(length);
    let lead = before.iter().rev().take(BEFORE).take_while(is_text).count();
    let trail = after.iter().take(AFTER).take_while(is_text).count();
    let parts = [&before[before.len() - lead..], found, &after[..trail]];
    String::from_utf8_lossy(&parts.concat()).into_owned()
}
