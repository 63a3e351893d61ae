//! What the machine that built leaves in a build: its processor and its directories.

use super::*;

fn with_flags(flags: &[&str]) -> Vec<String> {
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    let expected = Expected {
        flags: &flags,
        ..ARM64
    };
    findings_in(&zipped(&Program::good().bytes()), &expected)
}

fn with_private(program: &Program, private: &[(&str, &str)]) -> Vec<String> {
    let private: Vec<(&str, &Path)> = private
        .iter()
        .map(|(label, directory)| (*label, Path::new(*directory)))
        .collect();
    let expected = Expected {
        private: &private,
        ..ARM64
    };
    findings_in(&zipped(&program.bytes()), &expected)
}

#[test]
fn native_is_found_however_it_is_written() {
    for flags in [
        &["-Ctarget-cpu=native"][..],
        &["-C", "target-cpu=native"],
        &["-C target-cpu=native"],
        &["-Copt-level=3 -Ctarget-cpu=native -Cdebuginfo=0"],
        &["--codegen=target-cpu=native"],
        &["--codegen", "target-cpu=native"],
        &["-Ctarget_cpu=native"],
        &["-O2", "-march=native"],
        &["-mcpu=native"],
        &["-mcpu=native+crypto"],
        &["-Clink-arg=-march=native"],
        &["\"-march=native\""],
    ] {
        let finding = only(with_flags(flags));
        let problem = problem_of(&finding);
        assert!(problem.contains("for the processor of this machine"));
        assert!(finding.contains("illegal instruction"), "{finding}");
    }
    assert_eq!(
        with_flags(&["-mcpu=native", "-Ctarget-cpu=native"]).len(),
        2
    );
}

#[test]
fn a_named_processor_and_tuning_pass() {
    let flags = [
        "-Ctarget-cpu=neoverse-n1",
        "-C target-cpu=generic",
        "-march=armv8.2-a+crypto",
        "-mtune=native",
        "-Ztune-cpu=native",
        "--remap-path-prefix=/home/ada/native=native",
        "-lnative",
        "native",
    ];
    assert_eq!(with_flags(&flags), [""; 0]);
}

#[test]
fn a_directory_in_the_program_is_shown_with_its_surroundings() {
    let program =
        Program::saying("\u{0}panicked at /home/ada/movies/src/main.rs:7\u{0}/home/ada/.cargo");
    let finding = only(with_private(&program, &[("home directory", "/home/ada/")]));
    assert_eq!(
        problem_of(&finding),
        "the home directory `/home/ada/` is in `.rodata` of `bootstrap`: \
         `panicked at /home/ada/movies/src/main.rs:7`, and 1 more"
    );
}

#[test]
fn directories_are_found_at_the_ends_of_names_alone() {
    let found = |text: &str, directory: &str| {
        let findings = with_private(&Program::saying(text), &[("workspace", directory)]);
        findings.len() == 1
    };
    assert!(found("/home/ada", "/home/ada"));
    assert!(found("at /home/ada: denied", "/home/ada"));
    // Texts lie next to each other.
    assert!(found("overflow/home/ada/src/main.rs", "/home/ada"));
    assert!(!found("/home/adam/src/main.rs", "/home/ada"));
    assert!(!found("/home/ada.old/main.rs", "/home/ada"));
    // A single directory is part of very many paths.
    assert!(found("at /src/main.rs", "/src"));
    assert!(!found("cargo/registry/src/lib.rs", "/src"));
    // These are in every program.
    assert!(!found("/", "/"));
    assert!(!found("/a/b", "/a/"));
    assert!(!found("//", ""));
}

#[test]
fn directories_are_found_in_any_part_of_the_file() {
    let mut program = Program::good();
    program
        .sections
        .push((".comment", b"clang in /opt/ada/zig".to_vec()));
    let private = [("tools", "/opt/ada"), ("home directory", "/home/ada")];
    let finding = only(with_private(&program, &private));
    assert!(problem_of(&finding).contains("is in `.comment`"));
    // Beside other findings, and in a file that is not an ELF file at all.
    let private = [("home directory", Path::new("/home/ada"))];
    let expected = Expected {
        private: &private,
        ..ARM64
    };
    let findings = findings_in(&zipped(b"#!/home/ada/bin/sh\n"), &expected);
    assert_eq!(findings.len(), 2);
    assert!(problem_of(&findings[1]).contains("is in no section"));
}
