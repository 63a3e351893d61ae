#[cfg(target_os = "linux")]
use std::backtrace::Backtrace;
#[cfg(target_os = "linux")]
use std::hint::black_box;
use std::sync::Arc;

use cfnkit_console::report::Nobody;

use super::*;
use crate::packaging::tests::INTAKE;
use cfnkit_console::error::chain;

const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// The return addresses of this program that a backtrace names, as the handler logs them; this
/// program is an ELF file on Linux alone.
#[cfg(target_os = "linux")]
fn addresses(backtrace: &Backtrace) -> Vec<ReturnAddress> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let program = std::env::current_exe().unwrap();
    let of_program = |line: &&str| line.ends_with(program.to_str().unwrap());
    let hex = |digits: &str| u64::from_str_radix(digits, 16).unwrap();
    let mappings: Vec<(u64, u64)> = maps
        .lines()
        .filter(of_program)
        .map(|line| line.split(' ').next().unwrap().split_once('-').unwrap())
        .map(|(start, end)| (hex(start), hex(end)))
        .collect();
    let text = format!("{backtrace:#}");
    let mut found: Vec<ReturnAddress> = text
        .lines()
        .filter_map(|line| line.split_once(": ")?.1.trim_start().split_once(" - "))
        .filter_map(|(address, _)| Some(hex(address.strip_prefix("0x")?)))
        .filter(|address| mappings.iter().any(|one| (one.0..one.1).contains(address)))
        .map(|address| ReturnAddress(address - mappings[0].0))
        .collect();
    found.dedup();
    found
}

#[cfg(target_os = "linux")]
fn own_symbols() -> Symbols {
    let workspace =
        Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR")), Arc::new(Nobody)).unwrap();
    Symbols::read(&workspace, &std::env::current_exe().unwrap()).unwrap()
}

#[cfg(target_os = "linux")]
#[inline(never)]
fn asked_from_here() -> (Backtrace, u32) {
    black_box((Backtrace::force_capture(), line!()))
}

#[cfg(target_os = "linux")]
#[test]
fn functions_and_lines_of_a_real_program_are_found() {
    let (backtrace, line) = asked_from_here();
    let stack = own_symbols().stack(&addresses(&backtrace)).unwrap();
    let text = stack.to_string();
    let expected = format!(
        ": cfnkit_package::symbols::tests::asked_from_here\n             \
         at crates/package/src/symbols/tests.rs:{line}:"
    );
    assert!(text.contains(&expected), "{text}");
    // The caller's line is the call's, and not the one that it returns to.
    let expected = format!(
        ": cfnkit_package::symbols::tests::functions_and_lines_of_a_real_program_are_found\n             \
         at crates/package/src/symbols/tests.rs:{}:",
        line + 6
    );
    assert!(text.contains(&expected), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_panics_own_functions_are_left_out() {
    let (seen, backtrace) = std::sync::mpsc::channel();
    // The hook is the whole process's; other tests' panics are no business of this one.
    let earlier = std::sync::Arc::new(std::panic::take_hook());
    let others = std::sync::Arc::clone(&earlier);
    let own = std::thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == own {
            let _ = seen.send(Backtrace::force_capture());
        } else {
            others(panic);
        }
    }));
    let empty: [u8; 0] = [];
    let index = black_box(3);
    let caught = std::panic::catch_unwind(|| black_box(empty.as_slice())[index]);
    std::panic::set_hook(Box::new(move |panic| earlier(panic)));
    assert!(caught.is_err());

    let addresses = addresses(&backtrace.recv().unwrap());
    let full = own_symbols().stack(&addresses).unwrap();
    assert!(full.to_string().contains(END_SHORT), "{full}");
    let short = own_symbols().stack(&addresses).unwrap().short().to_string();
    let begin = "   0: core::panicking::panic_bounds_check\n";
    assert!(short.starts_with(begin), "{short}");
    assert!(
        short.contains("the_panics_own_functions_are_left_out"),
        "{short}"
    );
    assert!(!short.contains(BEGIN_SHORT), "{short}");
}

#[test]
fn a_stack_is_printed_as_rust_prints_it() {
    let function = |name: &str, place: Option<&str>| Function {
        name: name.to_owned(),
        place: place.map(ToOwned::to_owned),
    };
    let stack = || {
        Stack(vec![
            function("handler::log::report_panics::{{closure}}", None),
            function("std::sys::backtrace::__rust_end_short_backtrace", None),
            function("__rustc::rust_begin_unwind", None),
            function("core::panicking::panic_fmt", None),
            function("handle", Some("handler/src/event.rs:72:9")),
            function("handler::main", None),
            function("std::sys::backtrace::__rust_begin_short_backtrace", None),
            function("main", None),
        ])
    };
    assert_eq!(
        stack().short().to_string(),
        "   0: handle\n             at handler/src/event.rs:72:9\n   1: handler::main"
    );
    assert_eq!(stack().to_string().lines().count(), 9);
    // Nothing is left out where nothing says what may be.
    let stack = Stack(vec![function("main", None)]);
    assert_eq!(stack.short().to_string(), "   0: main");
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_outside_the_program_is_unknown() {
    let stack = own_symbols().stack(&[ReturnAddress(1 << 40)]).unwrap();
    assert_eq!(stack.to_string(), "   0: <unknown> 0x10000000000");
}

#[test]
fn a_file_without_symbols_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.debug");
    std::fs::write(&path, "no ELF").unwrap();
    let workspace = Workspace::at(directory.path(), Arc::new(Nobody));
    let message = chain(&Symbols::read(&workspace, &path).err().unwrap());
    assert!(message.contains("cannot read symbols of `"), "{message}");
}

/// This program as a file of symbols, compressed as objcopy names it.
#[cfg(target_os = "linux")]
fn compressed(directory: &Path, kind: &str) -> Result<Symbols> {
    let path = directory.join("x.debug");
    let objcopy = std::process::Command::new("objcopy")
        .arg("--only-keep-debug")
        .arg(format!("--compress-debug-sections={kind}"))
        .args([&std::env::current_exe().unwrap(), &path])
        .status();
    assert!(objcopy.unwrap().success());
    Symbols::read(&Workspace::at(directory, Arc::new(Nobody)), &path)
}

#[cfg(target_os = "linux")]
#[test]
fn compressed_line_tables_name_the_same_lines() {
    let directory = tempfile::tempdir().unwrap();
    let (backtrace, line) = asked_from_here();
    let symbols = compressed(directory.path(), "zlib").unwrap();
    let text = symbols.stack(&addresses(&backtrace)).unwrap().to_string();
    assert!(text.contains(&format!("{}:{line}:", file!())), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_another_method_compressed_is_refused_with_what_makes_it_readable() {
    let directory = tempfile::tempdir().unwrap();
    let message = chain(&compressed(directory.path(), "zstd").err().unwrap());
    assert!(message.contains("--decompress-debug-sections"), "{message}");
}

#[test]
fn symbols_are_found_by_the_hash_of_the_zip() {
    let directory = tempfile::tempdir().unwrap();
    let workspace = Workspace::at(directory.path(), Arc::new(Nobody));
    let hash = ZipHash::try_from(HASH.to_owned()).unwrap();
    let message = || of_zip(&workspace, &hash).unwrap_err().to_string();
    expect_test::expect!["no symbols of the handler `ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad` in `target/package`; there are none at all; the same commit gives the same bytes: `git checkout` the deployed one and run `cargo xtask package`"]
        .assert_eq(&message());
    let package = workspace.target().join("package");
    std::fs::create_dir_all(package.join("x86_64")).unwrap();
    for other in ["0a.debug", "x86_64/0b.debug", "handler.zip"] {
        std::fs::write(package.join(other), "").unwrap();
    }
    assert!(message().contains("there are those of `0a`, `0b`;"));
    let path = package.join(format!("x86_64/{HASH}.debug"));
    std::fs::write(&path, "").unwrap();
    assert_eq!(of_zip(&workspace, &hash).unwrap(), path);
}

#[test]
fn the_newest_package_is_the_one_on_record() {
    let directory = tempfile::tempdir().unwrap();
    let workspace = Workspace::at(directory.path(), Arc::new(Nobody));
    let message = newest_zip(&workspace, std::slice::from_ref(&INTAKE))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("no package in `target/package`"),
        "{message}"
    );
    let package = workspace.target().join("package");
    std::fs::create_dir_all(&package).unwrap();
    let record = serde_json::json!({ "inputsSha256": "", "zipSha256": HASH });
    std::fs::write(package.join("intake.json"), record.to_string()).unwrap();
    assert_eq!(
        newest_zip(&workspace, std::slice::from_ref(&INTAKE))
            .unwrap()
            .as_str(),
        HASH
    );
}
