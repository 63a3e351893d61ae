//! The rules for the executable: that Lambda's machine, loader and libraries can run it.

use super::{Defect, Expected};
use crate::elf::{Kind, Machine, Program, Requirement, Section, Unreadable, Wanted};
use cfnkit_tools::architecture::{Architecture, GLIBC};

/// Libraries of glibc and GCC that are in the image of `provided.al2023` and that a Rust program
/// may name. Since glibc 2.34 the others of glibc are empty and forward to `libc.so.6`.
const LIBRARIES: [&str; 8] = [
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
];

/// Where cargo-auditable puts the list of the crates.
const BILL_OF_MATERIALS: &str = ".dep-v0";

/// How many names a message lists.
const SHOWN: usize = 5;

const EXEC_FORMAT: &str = "the function would fail at its first start with `exec format error` \
                           (Runtime.InvalidEntrypoint)";

pub(super) fn inspect(program: &Program, expected: &Expected<'_>) -> Vec<Defect> {
    let mut findings: Vec<Defect> = wrong_machine(program, expected).into_iter().collect();
    // What an executable for another machine is loaded by and linked with says nothing new.
    let is_for_another = !findings.is_empty();
    findings.extend(not_executable(program, expected));
    if !is_for_another {
        findings.extend(wrong_interpreter(program, expected));
        findings.extend(missing_libraries(program, expected));
    }
    findings.extend(too_new(program, expected));
    findings.extend(not_stripped(program, expected));
    findings.extend(executable_stack(program));
    findings
}

pub(super) fn unreadable(err: &Unreadable, expected: &Expected<'_>) -> Defect {
    let consequence = match err {
        // Scripts without an interpreter's name fail like this too.
        Unreadable::NotElf => {
            "the function would fail at its first start (Runtime.InvalidEntrypoint), \
             or run as a script what is none of ours"
        }
        Unreadable::Not64Bit | Unreadable::NotLittleEndian => EXEC_FORMAT,
        Unreadable::Damaged(_) => "the function would fail at its first start, or crash",
    };
    expected.made_anew(format!("`bootstrap` is {err}"), consequence)
}

fn wrong_machine(program: &Program, expected: &Expected<'_>) -> Option<Defect> {
    (program.machine != Machine::of(expected.architecture)).then(|| {
        expected.made_anew(
            format!(
                "`bootstrap` is for {}, not {}",
                program.machine,
                expected.architecture.name()
            ),
            EXEC_FORMAT,
        )
    })
}

fn not_executable(program: &Program, expected: &Expected<'_>) -> Option<Defect> {
    let problem = match program.kind {
        Kind::Executable | Kind::Pie if program.entry != 0 => return None,
        Kind::Executable | Kind::Pie => "an executable without an entry point".to_owned(),
        Kind::SharedLibrary => "a shared library, not an executable".to_owned(),
        Kind::Other(kind) => format!("not an executable: its ELF type is {kind}"),
    };
    Some(expected.made_anew(
        format!("`bootstrap` is {problem}"),
        "the function would fail at its first start",
    ))
}

fn loader(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "/lib/ld-linux-aarch64.so.1",
        Architecture::X86_64 => "/lib64/ld-linux-x86-64.so.2",
    }
}

fn wrong_interpreter(program: &Program, expected: &Expected<'_>) -> Option<Defect> {
    let loader = loader(expected.architecture);
    let remedy = format!(
        "build for `{}`: {}",
        expected.architecture.triple(),
        expected.package()
    );
    match program.interpreter.as_deref() {
        Some(path) if path == loader => None,
        Some(path) => Some(Defect::error(
            format!("`bootstrap` is loaded by `{path}`, not by `{loader}`"),
            "the function would fail at its first start with `no such file or directory`, \
             which means the loader (Runtime.InvalidEntrypoint)",
            remedy,
        )),
        None if program.needed.is_empty() => None,
        None => Some(Defect::error(
            format!(
                "`bootstrap` needs {} and names no loader",
                list(&program.needed)
            ),
            "the function would crash at its first start (Runtime.ExitError)",
            remedy,
        )),
    }
}

fn missing_libraries(program: &Program, expected: &Expected<'_>) -> Vec<Defect> {
    let loader = loader(expected.architecture);
    let is_there =
        |library: &str| LIBRARIES.contains(&library) || loader.rsplit('/').next() == Some(library);
    let missing = program.needed.iter().filter(|library| !is_there(library));
    missing
        .map(|library| {
            Defect::error(
                format!(
                    "`bootstrap` needs `{library}`, which is not among what a function may rely on"
                ),
                format!(
                    "where the image of `provided.al2023` lacks it, the function would fail at its \
                     first start with `error while loading shared libraries: {library}` \
                     (Runtime.ExitError)"
                ),
                "find the crate that links it (`cargo tree -p PACKAGE -i <a crate ending in -sys>`), \
                 and build the library in or do without",
            )
        })
        .collect()
}

fn too_new(program: &Program, expected: &Expected<'_>) -> Vec<Defect> {
    // The loader goes on without what is optional.
    let requirements = program.requirements.iter().filter(|one| !one.optional);
    requirements
        .filter_map(|one| {
            let version = &one.version;
            let not_found = || {
                format!(
                    "the function would fail at its first start with `version `{version}' not \
                     found` (Runtime.ExitError)"
                )
            };
            let (problem, consequence) = match one.wanted() {
                Wanted::Glibc(release) if release > GLIBC => (
                    format!("needs glibc {release}, and Lambda has {GLIBC}"),
                    not_found(),
                ),
                Wanted::GlibcUnknown => (
                    format!("needs what glibc {GLIBC} is not known to have"),
                    not_found(),
                ),
                Wanted::GlibcPrivate => (
                    "needs what glibc keeps to itself".to_owned(),
                    "the function runs with the very build of glibc it was linked with; \
                     with Lambda's it can fail at its first start with `symbol lookup error` \
                     (Runtime.ExitError)"
                        .to_owned(),
                ),
                Wanted::Glibc(_) | Wanted::Other => return None,
            };
            Some(Defect::error(
                format!("`bootstrap` {problem}: {}", wanting(one)),
                consequence,
                format!("build against glibc {GLIBC}: {}", expected.package()),
            ))
        })
        .collect()
}

/// The symbols with their version, as linkers write them.
fn wanting(requirement: &Requirement) -> String {
    let version = &requirement.version;
    let symbols = requirement.symbols.iter();
    let symbols: Vec<String> = symbols.map(|name| format!("{name}@{version}")).collect();
    match symbols.is_empty() {
        true => format!("`{version}` of `{}`", requirement.library),
        false => list(&symbols),
    }
}

fn list(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN);
    let shown: Vec<String> = shown.map(|name| format!("`{name}`")).collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.join(", ") + &more
}

/// It would run. But packaging strips, so this was made in another way, and how else that differs is
/// not known.
fn not_stripped(program: &Program, expected: &Expected<'_>) -> Option<Defect> {
    let left = match (program.has_symbols, program.debug_sections.as_slice()) {
        (false, []) => return None,
        (true, []) => "its symbol table".to_owned(),
        (false, sections) => list(sections),
        (true, sections) => format!("its symbol table and {}", list(sections)),
    };
    Some(expected.made_anew(
        format!("`bootstrap` is not stripped: it has {left}"),
        "the function runs; but every cold start waits for bytes that nothing reads",
    ))
}

fn executable_stack(program: &Program) -> Option<Defect> {
    program.stack_is_executable.then(|| {
        Defect::error(
            "the stack of `bootstrap` is executable",
            "the function runs; but bytes that someone gets onto its stack can run too",
            "take `-z execstack` out of the linker's flags; \
             if it is not there, find the assembly without a `.note.GNU-stack` section",
        )
    })
}

pub(super) fn lacks_bill_of_materials(
    sections: &[Section<'_>],
    expected: &Expected<'_>,
) -> Option<Defect> {
    let has_one = sections
        .iter()
        .any(|section| section.name == BILL_OF_MATERIALS && !section.bytes.is_empty());
    (!has_one).then(|| {
        expected.made_anew(
            format!("`bootstrap` does not list its crates: it has no `{BILL_OF_MATERIALS}`"),
            "the function runs; but nobody can tell from what is deployed \
             whether a vulnerable crate is in it",
        )
    })
}
