//! Programs that Lambda could not run, or that are not what the package should hold.

use object::{Endianness, elf};

use super::*;

#[test]
fn a_program_for_a_third_machine_is_named() {
    let program = Program {
        machine: elf::EM_RISCV,
        ..Program::good()
    };
    assert_eq!(
        problem(&program),
        "`bootstrap` is for machine 243 (riscv), not arm64"
    );
}

#[test]
fn symbols_of_a_newer_glibc_are_named() {
    let mut program = Program::good();
    program.symbols.extend([
        ("libc.so.6", "GLIBC_2.38", "__isoc23_strtol"),
        ("libc.so.6", "GLIBC_2.38", "strlcpy"),
        ("libc.so.6", "GLIBC_2.35", "_dl_find_object"),
    ]);
    let findings = findings(&program);
    let problems: Vec<&str> = findings.iter().map(|one| problem_of(one)).collect();
    assert_eq!(
        problems,
        [
            "`bootstrap` needs glibc 2.38, and Lambda has 2.34: \
             `__isoc23_strtol@GLIBC_2.38`, `strlcpy@GLIBC_2.38`",
            "`bootstrap` needs glibc 2.35, and Lambda has 2.34: `_dl_find_object@GLIBC_2.35`",
        ]
    );
    assert!(findings[0].contains("`version `GLIBC_2.38' not found` (Runtime.ExitError)"));
    let read = crate::elf::Program::read(&program.bytes()).unwrap();
    let newest = read.newest_glibc().unwrap();
    assert_eq!(newest.to_string(), "2.38");
}

#[test]
fn the_glibc_of_lambda_is_not_too_new() {
    let read = crate::elf::Program::read(&Program::good().bytes()).unwrap();
    assert_eq!(read.newest_glibc(), Some(cfnkit_tools::architecture::GLIBC));
}

#[test]
fn a_version_the_loader_can_do_without_passes() {
    let mut program = Program::good();
    program.symbols = vec![("libc.so.6", "GLIBC_2.38", "strlcpy")];
    program.version_flags = elf::VER_FLG_WEAK;
    assert_eq!(findings(&program), [""; 0]);
}

#[test]
fn abilities_of_a_newer_loader_are_too_new() {
    let mut program = Program::good();
    program.symbols.push(("libc.so.6", "GLIBC_ABI_DT_RELR", ""));
    assert_eq!(
        problem(&program),
        "`bootstrap` needs glibc 2.36, and Lambda has 2.34: `GLIBC_ABI_DT_RELR` of `libc.so.6`"
    );
    let mut program = Program::good();
    program
        .symbols
        .push(("libc.so.6", "GLIBC_ABI_GNU2_TLS", ""));
    assert_eq!(
        problem(&program),
        "`bootstrap` needs what glibc 2.34 is not known to have: \
         `GLIBC_ABI_GNU2_TLS` of `libc.so.6`"
    );
}

#[test]
fn private_symbols_of_glibc_are_refused() {
    let mut program = Program::good();
    program
        .symbols
        .push(("libc.so.6", "GLIBC_PRIVATE", "__libc_dlopen_mode"));
    assert_eq!(
        problem(&program),
        "`bootstrap` needs what glibc keeps to itself: `__libc_dlopen_mode@GLIBC_PRIVATE`"
    );
}

#[test]
fn a_library_that_may_be_missing_is_named() {
    let mut program = Program::good();
    program.needed.push("libssl.so.3");
    let finding = only(findings(&program));
    assert!(problem_of(&finding).starts_with("`bootstrap` needs `libssl.so.3`"));
    assert!(finding.contains("`error while loading shared libraries: libssl.so.3`"));
    // The loader of another architecture is as missing.
    let mut program = Program::good();
    program.needed.push("ld-linux-x86-64.so.2");
    assert!(problem(&program).contains("`ld-linux-x86-64.so.2`"));
}

#[test]
fn another_word_size_or_byte_order_is_refused() {
    let program = Program {
        is_64: false,
        ..Program::good()
    };
    assert_eq!(problem(&program), "`bootstrap` is not a 64-bit ELF file");
    let program = Program {
        endian: Endianness::Big,
        ..Program::good()
    };
    assert_eq!(
        problem(&program),
        "`bootstrap` is not a little-endian ELF file"
    );
}

#[test]
fn a_script_is_not_a_program() {
    for script in ["#!/bin/sh\nexec ./handler\n", "", "MZ", "\x7fELF"] {
        let finding = only(findings_in(&zipped(script.as_bytes()), &ARM64));
        assert_eq!(problem_of(&finding), "`bootstrap` is not an ELF file");
    }
}

#[test]
fn what_is_not_to_be_executed_is_refused() {
    let library = Program {
        interpreter: None,
        dynamic_flags: elf::DynamicFlags1(0),
        ..Program::good()
    };
    let findings = findings(&library);
    assert_eq!(
        problem_of(&findings[0]),
        "`bootstrap` is a shared library, not an executable"
    );
    let object = Program {
        kind: elf::ET_REL,
        ..Program::good()
    };
    assert_eq!(
        problem(&object),
        "`bootstrap` is not an executable: its ELF type is 1"
    );
    let nowhere = Program {
        entry: 0,
        ..Program::good()
    };
    assert_eq!(
        problem(&nowhere),
        "`bootstrap` is an executable without an entry point"
    );
    let fixed = Program {
        kind: elf::ET_EXEC,
        ..Program::good()
    };
    assert_eq!(super::findings(&fixed), [""; 0]);
}

#[test]
fn the_loader_of_musl_is_not_on_lambda() {
    let program = Program {
        interpreter: Some("/lib/ld-musl-aarch64.so.1"),
        ..Program::good()
    };
    let finding = only(findings(&program));
    assert_eq!(
        problem_of(&finding),
        "`bootstrap` is loaded by `/lib/ld-musl-aarch64.so.1`, \
         not by `/lib/ld-linux-aarch64.so.1`"
    );
    assert!(finding.contains("aarch64-unknown-linux-gnu"), "{finding}");
}

#[test]
fn a_static_program_needs_no_loader() {
    let program = Program {
        kind: elf::ET_EXEC,
        interpreter: None,
        needed: Vec::new(),
        symbols: Vec::new(),
        ..Program::good()
    };
    assert_eq!(findings(&program), [""; 0]);
    let program = Program {
        interpreter: None,
        ..Program::good()
    };
    assert_eq!(
        problem(&program),
        "`bootstrap` needs `libgcc_s.so.1`, `libc.so.6`, `ld-linux-aarch64.so.1` \
         and names no loader"
    );
}

#[test]
fn what_strip_removes_is_found() {
    let mut program = Program {
        has_symbol_table: true,
        ..Program::good()
    };
    assert_eq!(
        problem(&program),
        "`bootstrap` is not stripped: it has its symbol table"
    );
    program.sections.push((".debug_info", vec![1; 64]));
    program.sections.push((".debug_line", vec![1; 64]));
    assert_eq!(
        problem(&program),
        "`bootstrap` is not stripped: it has its symbol table and `.debug_info`, `.debug_line`"
    );
    program.has_symbol_table = false;
    assert_eq!(
        problem(&program),
        "`bootstrap` is not stripped: it has `.debug_info`, `.debug_line`"
    );
}

#[test]
fn an_executable_stack_is_refused() {
    // glibc takes a program that does not say for one that wants it.
    for stack in [Some(elf::PF_R | elf::PF_W | elf::PF_X), None] {
        let program = Program {
            stack,
            ..Program::good()
        };
        assert_eq!(problem(&program), "the stack of `bootstrap` is executable");
    }
}

#[test]
fn a_program_says_which_crates_are_in_it() {
    let expected = "`bootstrap` does not list its crates: it has no `.dep-v0`";
    let mut program = Program::good();
    program.sections.pop();
    assert_eq!(problem(&program), expected);
    program.sections.push((".dep-v0", Vec::new()));
    assert_eq!(problem(&program), expected);
}
