//! The rules for the zip: one entry, `bootstrap`, executable by anyone, with a fixed time.

use std::io::{Cursor, Read as _};

use zip::{DateTime, System, ZipArchive};

use super::{Ceilings, Defect, Expected};

const EXECUTABLE: &str = "bootstrap";

/// What Lambda says where there is no file it could start.
const NO_BOOTSTRAP: &str = "the function would fail at its first start with \
     `Couldn't find valid bootstrap(s)` (Runtime.InvalidEntrypoint)";

/// What the central directory says of an entry.
struct Entry {
    index: usize,
    name: String,
    is_directory: bool,
    is_symlink: bool,
    /// Nothing where the zip was made for a system without such modes.
    mode: Option<u32>,
    modified: Option<DateTime>,
    has_extra_fields: bool,
    size: u64,
}

/// The findings, and the file Lambda would start if it can be read at all.
pub(super) fn inspect(
    limits: &Ceilings,
    zip: &[u8],
    expected: &Expected<'_>,
) -> (Vec<Defect>, Option<Vec<u8>>) {
    let mut findings: Vec<Defect> = too_large(limits, zip.len() as u64).into_iter().collect();
    let executable = executable(limits, zip, expected, &mut findings);
    let executable = executable.map_err(|last| findings.extend(last)).ok();
    (findings, executable)
}

/// The file Lambda would start; or the last finding, where it has not been told yet.
fn executable(
    limits: &Ceilings,
    zip: &[u8],
    expected: &Expected<'_>,
    findings: &mut Vec<Defect>,
) -> Result<Vec<u8>, Option<Defect>> {
    let read = ZipArchive::new(Cursor::new(zip))
        .and_then(|mut archive| Ok((entries(&mut archive)?, archive)));
    let (entries, mut archive) = read.map_err(|err| unreadable("the zip", &err, expected))?;
    // The reader keeps one entry per name, so a second `bootstrap` would not be seen below.
    if archive.has_duplicate_names() {
        findings.push(repeated_name(expected));
    }
    let chosen = choose(&entries);
    let others = entries
        .iter()
        .filter(|entry| chosen.is_none_or(|chosen| entry.index != chosen.index));
    findings.extend(others.map(|entry| superfluous(entry, expected)));
    let none = || expected.made_anew("the zip has no `bootstrap`", NO_BOOTSTRAP);
    let entry = chosen.ok_or_else(none)?;
    findings.extend(misnamed(entry, expected));
    findings.extend(not_a_file(entry, expected));
    findings.extend(wrong_mode(entry, expected));
    findings.extend(wrong_time(entry, expected));
    if entry.is_directory || entry.is_symlink {
        return Err(None);
    }
    let sizes = entries.iter().map(|entry| entry.size);
    // What the zip says of itself is asked first, and then not relied on.
    if sizes.fold(0, u64::saturating_add) >= limits.unzipped {
        return Err(Some(too_large_unzipped(limits)));
    }
    let bytes = unpack(&mut archive, entry.index, limits.unzipped)
        .map_err(|err| unreadable("`bootstrap` in the zip", &err, expected))?;
    match bytes.len() as u64 >= limits.unzipped {
        true => Err(Some(too_large_unzipped(limits))),
        false => Ok(bytes),
    }
}

fn entries(archive: &mut ZipArchive<Cursor<&[u8]>>) -> zip::result::ZipResult<Vec<Entry>> {
    (0..archive.len())
        .map(|index| {
            let entry = archive.by_index_raw(index)?;
            Ok(Entry {
                index,
                name: String::from_utf8_lossy(entry.name_raw()).into_owned(),
                is_directory: entry.is_dir(),
                is_symlink: entry.is_symlink(),
                mode: match entry.system() {
                    System::Unix => entry.unix_mode(),
                    _ => None,
                },
                modified: entry.last_modified(),
                has_extra_fields: entry.extra_data_fields().next().is_some(),
                size: entry.size(),
            })
        })
        .collect()
}

/// The entry that is called `bootstrap`, or else one that is meant to be.
fn choose(entries: &[Entry]) -> Option<&Entry> {
    let named = entries.iter().find(|entry| entry.name == EXECUTABLE);
    named.or_else(|| {
        entries.iter().find(|entry| {
            let name = entry.name.trim_end_matches(['/', '\\']);
            let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
            last.eq_ignore_ascii_case(EXECUTABLE)
        })
    })
}

/// At most one byte more than is allowed is unpacked, whatever the zip says.
fn unpack(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    limit: u64,
) -> zip::result::ZipResult<Vec<u8>> {
    let mut bytes = Vec::new();
    archive
        .by_index(index)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(what: &str, err: &zip::result::ZipError, expected: &Expected<'_>) -> Defect {
    expected.made_anew(
        format!("{what} cannot be read: {err}"),
        "the function would not be created or updated: `Could not unzip uploaded file`",
    )
}

fn too_large(limits: &Ceilings, size: u64) -> Option<Defect> {
    let remedy = "find what has grown: `cargo bloat --profile lambda -p PACKAGE`, \
                  `cargo tree -p PACKAGE -e normal`";
    if size > limits.zip {
        return Some(Defect::error(
            format!("the zip has {size} bytes, more than {}", limits.zip),
            "it would be refused in a direct upload, which may have 50 MB",
            remedy,
        ));
    }
    (size > limits.budget).then(|| {
        Defect::warning(
            format!("the zip has {size} bytes, more than {}", limits.budget),
            "the function runs; every cold start waits longer for its code",
            remedy,
        )
    })
}

fn too_large_unzipped(limits: &Ceilings) -> Defect {
    Defect::error(
        format!("the zip's contents have {} bytes or more", limits.unzipped),
        format!(
            "the function would not be created or updated: \
             `Unzipped size must be smaller than {} bytes`",
            limits.unzipped
        ),
        "find what has grown, and leave it out or fetch it from S3",
    )
}

fn repeated_name(expected: &Expected<'_>) -> Defect {
    expected.made_anew(
        "the zip has two entries of one name",
        "which of them would be started is not documented",
    )
}

fn superfluous(entry: &Entry, expected: &Expected<'_>) -> Defect {
    expected.made_anew(
        format!("the zip has `{}` besides `bootstrap`", entry.name),
        "it would be unpacked in `/var/task`, where nothing reads it, and nobody has looked at it",
    )
}

fn misnamed(entry: &Entry, expected: &Expected<'_>) -> Option<Defect> {
    let name = match entry.is_directory {
        // Its kind is another rule's subject.
        true => entry.name.trim_end_matches('/'),
        false => entry.name.as_str(),
    };
    let consequence = match name.strip_prefix("./") {
        // Many tools unpack this as `bootstrap`; Lambda promises nothing.
        Some(EXECUTABLE) => {
            "`/var/task/bootstrap` is started; that this name comes to it is not documented"
        }
        _ => NO_BOOTSTRAP,
    };
    (name != EXECUTABLE).then(|| {
        expected.made_anew(
            format!("the executable is called `{name}` in the zip, not `bootstrap`"),
            consequence,
        )
    })
}

fn not_a_file(entry: &Entry, expected: &Expected<'_>) -> Option<Defect> {
    let kind = match entry {
        Entry {
            is_directory: true, ..
        } => "a directory",
        Entry {
            is_symlink: true, ..
        } => "a symbolic link",
        _ => return None,
    };
    let consequence = match entry.is_directory {
        true => NO_BOOTSTRAP,
        false => {
            "the function would start what the link leads to there, \
             or fail at its first start (Runtime.InvalidEntrypoint)"
        }
    };
    Some(expected.made_anew(format!("`bootstrap` is {kind}, not a file"), consequence))
}

fn wrong_mode(entry: &Entry, expected: &Expected<'_>) -> Option<Defect> {
    // Links and directories have modes of their own.
    if entry.is_directory || entry.is_symlink {
        return None;
    }
    let denied = "the function would fail at its first start with `permission denied` \
                  (Runtime.InvalidEntrypoint)";
    let (mode, consequence) = match entry.mode.map(|mode| mode & 0o7777) {
        Some(0o755) => return None,
        None => {
            let problem = "`bootstrap` has no mode: the zip was made for a system other than Unix";
            return Some(expected.made_anew(problem, denied));
        }
        // Lambda's user neither owns the file nor is in its group.
        Some(mode) if mode & 0o005 != 0o005 => (mode, denied),
        Some(mode) => (
            mode,
            "the function runs; but the zip depends on how files are created on this machine",
        ),
    };
    let problem = format!("`bootstrap` has the mode {mode:04o}, not 0755");
    Some(expected.made_anew(problem, consequence))
}

fn wrong_time(entry: &Entry, expected: &Expected<'_>) -> Option<Defect> {
    let problem = if entry.modified != Some(DateTime::default()) {
        "`bootstrap` has a modification time"
    } else if entry.has_extra_fields {
        // They hold finer times, or the numbers of the user and the group.
        "`bootstrap` has extra fields in the zip"
    } else {
        return None;
    };
    Some(expected.made_anew(
        problem,
        "the function runs; but every build has another hash, \
         and every deploy replaces the code by the same code",
    ))
}
