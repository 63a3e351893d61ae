//! Zips that Lambda would refuse, or in which it would not find the executable.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::{FullFileOptions, SimpleFileOptions};

use super::*;

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755)
}

fn zip_of(write: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    write(&mut writer);
    writer.finish().unwrap().into_inner()
}

/// The good program under this name.
fn zip_with(name: &str, options: SimpleFileOptions) -> Vec<u8> {
    zip_of(|writer| {
        writer.start_file(name, options).unwrap();
        writer.write_all(&Program::good().bytes()).unwrap();
    })
}

#[track_caller]
fn problem_in(zip: &[u8]) -> String {
    problem_of(&only(findings_in(zip, &ARM64))).to_owned()
}

#[test]
fn the_size_has_a_budget_and_limits() {
    let zip = zipped(&Program::good().bytes());
    let size = zip.len() as u64;
    let unzipped = Program::good().bytes().len() as u64;
    let generous = Ceilings {
        budget: size,
        zip: size,
        unzipped: unzipped + 1,
    };
    let severities = |limits: Ceilings| -> Vec<Severity> {
        let findings = inspect_within(&limits, &zip, &ARM64);
        findings.iter().map(|one| one.severity).collect()
    };
    assert_eq!(severities(generous), []);
    let budget = size - 1;
    assert_eq!(
        severities(Ceilings { budget, ..generous }),
        [Severity::Warning]
    );
    let zip_limit = Ceilings {
        budget,
        zip: size - 1,
        ..generous
    };
    assert_eq!(severities(zip_limit), [Severity::Error]);
    // "Must be smaller than": as large is too large.
    let limits = Ceilings {
        unzipped,
        ..generous
    };
    assert_eq!(severities(limits), [Severity::Error]);
}

#[test]
fn the_limits_are_those_of_lambda() {
    let zip = zip_of(|writer| {
        let stored = options().compression_method(zip::CompressionMethod::Stored);
        let mut program = Program::good();
        program.sections.push((".data", vec![0; 3_000_000]));
        writer.start_file("bootstrap", stored).unwrap();
        writer.write_all(&program.bytes()).unwrap();
    });
    assert_eq!(
        problem_in(&zip),
        format!("the zip has {} bytes, more than 3000000", zip.len())
    );
    assert_eq!(CEILINGS.zip, 50 * 1024 * 1024);
    assert_eq!(CEILINGS.unzipped, 250 * 1024 * 1024);
}

/// A megabyte of zeros is a kilobyte in a zip; the entry says ten bytes.
#[test]
fn a_zip_that_lies_about_its_size_is_not_unpacked() {
    let mut zip = zipped(&vec![0; 1_000_000]);
    let size = 1_000_000u32.to_le_bytes();
    let places: Vec<usize> = (0..zip.len() - 4)
        .filter(|start| zip[*start..].starts_with(&size))
        .collect();
    assert!(!places.is_empty());
    for start in places {
        zip[start..start + 4].copy_from_slice(&10u32.to_le_bytes());
    }
    let limits = Ceilings {
        unzipped: 1000,
        ..CEILINGS
    };
    let findings = inspect_within(&limits, &zip, &ARM64);
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    assert_eq!(finding.severity, Severity::Error);
}

#[test]
fn what_is_no_zip_cannot_be_read() {
    for bytes in [&b""[..], b"PK", &Program::good().bytes()] {
        assert!(problem_in(bytes).starts_with("the zip cannot be read: "));
    }
    let nothing = zip_of(|_| {});
    assert_eq!(problem_in(&nothing), "the zip has no `bootstrap`");
}

#[test]
fn the_content_is_what_the_checksum_says() {
    let stored = options().compression_method(zip::CompressionMethod::Stored);
    let mut zip = zip_with("bootstrap", stored);
    let middle = zip.len() / 2;
    zip[middle] ^= 1;
    assert!(problem_in(&zip).starts_with("`bootstrap` in the zip cannot be read: "));
}

#[test]
fn the_executable_has_one_name() {
    for name in ["./bootstrap", "target/bootstrap", "Bootstrap", "/bootstrap"] {
        assert_eq!(
            problem_in(&zip_with(name, options())),
            format!("the executable is called `{name}` in the zip, not `bootstrap`")
        );
    }
    let other = findings_in(&zip_with("handler", options()), &ARM64);
    let problems: Vec<&str> = other.iter().map(|one| problem_of(one)).collect();
    assert_eq!(
        problems,
        [
            "the zip has `handler` besides `bootstrap`",
            "the zip has no `bootstrap`"
        ]
    );
    assert!(other[1].contains("Couldn't find valid bootstrap(s)"));
}

#[test]
fn nothing_else_is_in_the_zip() {
    let zip = zip_of(|writer| {
        writer.start_file("README.md", options()).unwrap();
        writer.start_file("bootstrap", options()).unwrap();
        writer.write_all(&Program::good().bytes()).unwrap();
    });
    assert_eq!(
        problem_in(&zip),
        "the zip has `README.md` besides `bootstrap`"
    );
}

#[test]
fn a_second_executable_of_the_same_name_is_seen() {
    let mut zip = zip_of(|writer| {
        for name in ["bootstrap", "bootstrat"] {
            writer.start_file(name, options()).unwrap();
            writer.write_all(&Program::good().bytes()).unwrap();
        }
    });
    // No writer does this by itself.
    for start in 0..zip.len() - 9 {
        if zip[start..].starts_with(b"bootstrat") {
            zip[start + 8] = b'p';
        }
    }
    assert_eq!(problem_in(&zip), "the zip has two entries of one name");
}

#[test]
fn the_executable_is_a_file() {
    let directory = zip_of(|writer| writer.add_directory("bootstrap", options()).unwrap());
    assert_eq!(
        problem_in(&directory),
        "`bootstrap` is a directory, not a file"
    );
    let link = zip_of(|writer| {
        writer
            .add_symlink("bootstrap", "/opt/handler", options())
            .unwrap();
    });
    assert_eq!(
        problem_in(&link),
        "`bootstrap` is a symbolic link, not a file"
    );
}

#[test]
fn anyone_may_execute_it() {
    for (mode, text) in [(0o644, "0644"), (0o700, "0700"), (0o754, "0754")] {
        let zip = zip_with("bootstrap", options().unix_permissions(mode));
        let finding = only(findings_in(&zip, &ARM64));
        assert_eq!(
            problem_of(&finding),
            format!("`bootstrap` has the mode {text}, not 0755")
        );
        assert!(finding.contains("permission denied"), "{finding}");
    }
    let zip = zip_with("bootstrap", options().unix_permissions(0o775));
    let finding = only(findings_in(&zip, &ARM64));
    assert!(finding.contains("the function runs; but"), "{finding}");
    let zip = zip_with("bootstrap", options().system(zip::System::Dos));
    assert_eq!(
        problem_in(&zip),
        "`bootstrap` has no mode: the zip was made for a system other than Unix"
    );
}

#[test]
fn it_has_no_time_of_its_own() {
    let time = zip::DateTime::from_date_and_time(2025, 11, 23, 12, 0, 0).unwrap();
    let zip = zip_with("bootstrap", options().last_modified_time(time));
    assert_eq!(problem_in(&zip), "`bootstrap` has a modification time");
    // The time in seconds, as Info-ZIP writes it.
    let zip = zip_of(|writer| {
        let mut options = FullFileOptions::default()
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o755);
        options
            .add_extra_field(0x5455, [1, 0, 0, 0, 0x40], false)
            .unwrap();
        writer.start_file("bootstrap", options).unwrap();
        writer.write_all(&Program::good().bytes()).unwrap();
    });
    assert_eq!(problem_in(&zip), "`bootstrap` has extra fields in the zip");
}
