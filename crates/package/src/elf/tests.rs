use super::*;

#[test]
fn versions_say_which_glibc_they_want() {
    let wanted = |version: &str| {
        Requirement {
            library: "libc.so.6".to_owned(),
            version: version.to_owned(),
            symbols: Vec::new(),
            optional: false,
        }
        .wanted()
    };
    assert_eq!(wanted("GLIBC_2.34"), Wanted::Glibc(Glibc(2, 34)));
    assert_eq!(wanted("GLIBC_2.2.5"), Wanted::Glibc(Glibc(2, 2)));
    assert_eq!(wanted("GLIBC_ABI_DT_RELR"), Wanted::Glibc(Glibc(2, 36)));
    assert_eq!(wanted("GLIBC_PRIVATE"), Wanted::GlibcPrivate);
    assert_eq!(wanted("GLIBC_ABI_GNU2_TLS"), Wanted::GlibcUnknown);
    assert_eq!(wanted("GLIBC_2"), Wanted::GlibcUnknown);
    assert_eq!(wanted("GLIBC_2.x"), Wanted::GlibcUnknown);
    assert_eq!(wanted("GCC_3.0"), Wanted::Other);
}

#[test]
fn machines_have_names() {
    assert_eq!(Machine::of(Architecture::Arm64).to_string(), "arm64");
    assert_eq!(Machine::of(Architecture::X86_64).to_string(), "x86_64");
    assert_eq!(Machine(243).to_string(), "machine 243 (riscv)");
    assert_eq!(Machine(4711).to_string(), "machine 4711");
}

/// This very program, which rustc and the system's linker made and the kernel has started.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn the_running_test_is_what_the_system_takes_it_for() {
    let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let program = Program::read(&bytes).unwrap();
    assert_eq!(
        program.machine.to_string(),
        match std::env::consts::ARCH {
            "aarch64" => "arm64",
            other => other,
        }
    );
    assert_eq!(program.kind, Kind::Pie);
    assert_ne!(program.entry, 0);
    assert!(!program.stack_is_executable);
    assert!(program.has_symbols);
    assert!(program.debug_sections.contains(&".debug_line".to_owned()));

    // What the loader did: every library and the interpreter are in this process's memory.
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mapped = |name: &str| maps.lines().any(|line| line.contains(name));
    assert!(program.needed.contains(&"libc.so.6".to_owned()));
    for library in &program.needed {
        let stem = library.split(".so").next().unwrap();
        assert!(mapped(&format!("/{stem}")), "{library}");
    }
    let interpreter = program.interpreter.as_deref().unwrap();
    assert!(std::path::Path::new(interpreter).exists(), "{interpreter}");
    assert!(mapped("/ld-linux-") || mapped("/ld-2."), "{interpreter}");

    // The start of every program with glibc, and in this version since it was merged in 2.34.
    let start = program
        .requirements
        .iter()
        .find(|one| one.symbols.contains(&"__libc_start_main".to_owned()))
        .unwrap();
    assert_eq!(start.library, "libc.so.6");
    assert!(matches!(start.wanted(), Wanted::Glibc(Glibc(2, _))));
    assert!(program.newest_glibc() >= Some(Glibc(2, 17)));
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn the_sections_of_the_running_test_are_where_they_say() {
    let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let sections = sections(&bytes).unwrap();
    let of = |name: &str| sections.iter().find(|one| one.name == name).unwrap();
    assert!(of(".text").bytes.len() > 100_000);
    assert_eq!(of(".bss").bytes, b"");
    let interpreter = of(".interp");
    assert_eq!(interpreter.bytes.last(), Some(&0));
    let start = usize::try_from(interpreter.offset).unwrap();
    assert!(bytes[start..].starts_with(interpreter.bytes));
    let program = Program::read(&bytes).unwrap();
    let path = String::from_utf8_lossy(interpreter.bytes);
    assert_eq!(
        program.interpreter.as_deref(),
        Some(path.trim_end_matches('\0'))
    );
}
