//! Where a panic came from, as addresses in the program's file: the program that runs has no
//! symbols, `cargo xtask symbolize` has them. It holds no names, no values and no text of a panic.

use std::backtrace::Backtrace;
use std::fs;
use std::ops::Range;

use serde::{Serialize, Serializer};

/// What lies further out is the runtime's loop.
const FRAMES: usize = 64;

/// Return addresses, innermost first, less the address that the program was loaded at. For a
/// position independent program, which is what rustc makes for Linux, these are the virtual
/// addresses of its ELF file, the same in every process. Other libraries' frames are left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Addresses(Vec<u64>);

/// One mapping of `/proc/self/maps`.
struct Mapping<'a> {
    range: Range<u64>,
    offset: u64,
    path: &'a str,
}

impl Addresses {
    /// Those of the caller and its callers; none where they cannot be found out.
    pub(super) fn capture() -> Self {
        // Read first: to look for symbols, the standard library maps the program once more.
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let own: fn() -> Self = Self::capture;
        let Some(program) = loaded(&maps, own as usize as u64) else {
            return Self::default();
        };
        // Of its two texts, the long one has the addresses.
        Self::parse(&format!("{:#}", Backtrace::force_capture()), &program)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the text of a backtrace. Where the program has symbols, an inlined function has a
    /// line with the address of the function it is in, and a name of its own; where one address
    /// returns with its name, the function has called itself.
    fn parse(text: &str, program: &Range<u64>) -> Self {
        let mut found: Vec<(u64, &str)> = Vec::new();
        for (address, name) in text.lines().filter_map(frame) {
            let is_inlined = found
                .last()
                .is_some_and(|last| last.0 == address && last.1 != name);
            if !is_inlined && program.contains(&address) {
                found.push((address, name));
            }
        }
        let relative = found.iter().map(|(address, _)| address - program.start);
        Self(relative.take(FRAMES).collect())
    }
}

/// From where the program was loaded to the end of its code, which has `address` in it.
fn loaded(maps: &str, address: u64) -> Option<Range<u64>> {
    let mappings = || maps.lines().filter_map(mapping);
    let code = mappings().find(|mapping| mapping.range.contains(&address))?;
    let first = mappings().rev().find(|one| {
        one.path == code.path && one.offset == 0 && one.range.start <= code.range.start
    })?;
    Some(first.range.start..code.range.end)
}

/// Reads `55d0c0a00000-55d0c0a5f000 r--p 00000000 fd:01 1234    /var/task/bootstrap`.
fn mapping(line: &str) -> Option<Mapping<'_>> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let offset = fields.nth(1)?;
    Some(Mapping {
        range: hex(start)?..hex(end)?,
        offset: hex(offset)?,
        path: fields.nth(2)?.trim_start(),
    })
}

/// Reads `   3:     0x55d0c0a1b2c3 - <unknown>`.
fn frame(line: &str) -> Option<(u64, &str)> {
    let (number, rest) = line.trim_start().split_once(": ")?;
    number.parse::<usize>().ok()?;
    let (address, name) = rest.trim_start().split_once(" - ")?;
    Some((hex(address.strip_prefix("0x")?)?, name))
}

fn hex(digits: &str) -> Option<u64> {
    u64::from_str_radix(digits, 16).ok()
}

impl Serialize for Addresses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|address| format!("{address:#x}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
400000-401000 r--p 00000000 fe:00 7 /lib/other.so
56101294b000-561012960000 r--p 00000000 fe:00 10092557                   /var/task/boot strap
561012960000-5610129a2000 r-xp 00014000 fe:00 10092557                   /var/task/boot strap
5610129a2000-5610129a5000 r--p 00055000 fe:00 10092557                   /var/task/boot strap
56103db67000-56103efb7000 rw-p 00000000 00:00 0                          [heap]
7f3dd2b11000-7f3dd2c2c000 rw-p 00000000 00:00 0 
7f3dd3ed4000-7f3dd3f2e000 r--p 00000000 fe:00 10092557                   /var/task/boot strap
7f3dd3f57000-7f3dd40ad000 r-xp 00026000 fe:00 326279                     /usr/lib/libc.so.6
";

    fn check(text: &str, expected: &[u64]) {
        let program = loaded(MAPS, 0x5610_1296_0910).unwrap();
        assert_eq!(Addresses::parse(text, &program).0, expected, "{text}");
    }

    #[test]
    fn the_program_is_the_file_that_this_code_is_in() {
        let program = loaded(MAPS, 0x5610_1296_0910);
        assert_eq!(program, Some(0x5610_1294_b000..0x5610_129a_2000));
        assert_eq!(loaded(MAPS, 0x1000), None);
        // No mapping with the file's beginning.
        assert_eq!(loaded(MAPS, 0x7f3d_d3f5_7000), None);
        assert_eq!(loaded("", 0x5610_1296_0910), None);
        assert_eq!(loaded("no maps\n1-2-3 x\n-", 1), None);
    }

    #[test]
    fn addresses_of_a_stripped_program_are_those_of_its_file() {
        check(
            "   0:     0x56101297c15b - <unknown>
   1:     0x561012960923 - <unknown>
   2:     0x561012960923 - <unknown>
   3:     0x7f3dd3f5824a - __libc_start_call_main
                               at ./csu/../sysdeps/nptl/libc_start_call_main.h:58:16
   4:     0x561012960821 - <unknown>
   5:                0x0 - <unknown>
",
            &[0x3115b, 0x15923, 0x15923, 0x15821],
        );
    }

    #[test]
    fn inlined_functions_share_an_address() {
        check(
            "   0:     0x56101297c15b - std::trace
                               at /rustc/1 - 2: 0x1/library/std/src/libunwind.rs:117:9
   1:     0x56101297c15b - <std::backtrace::Backtrace>::create
   2:     0x561012960923 - handler::inlined
   3:     0x561012960923 - handler::recursive
   4:     0x561012960923 - handler::inlined
   5:     0x561012960923 - handler::recursive
",
            &[0x3115b, 0x15923, 0x15923],
        );
    }

    #[test]
    fn a_text_without_addresses_has_none() {
        check("", &[]);
        check("disabled backtrace", &[]);
        check(
            "  0: handler::main\n  1: 0xffffffffffffffffff - x\n: 0x1 - x",
            &[],
        );
    }

    #[test]
    fn a_deep_stack_is_cut_off() {
        let text: String = (0..200)
            .map(|n| format!("{n:4}: {:#18x} - <unknown>\n", 0x5610_1294_b000_u64 + n))
            .collect();
        check(&text, &(0..64).collect::<Vec<u64>>());
    }

    // Lambda is Linux; elsewhere nothing says where a program is loaded.
    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_addresses() {
        let addresses = Addresses::capture();
        assert!(!addresses.is_empty());
        let text = serde_json::to_string(&addresses).unwrap();
        assert!(text.starts_with("[\"0x"), "{text}");
        let size = fs::metadata("/proc/self/exe").unwrap().len();
        assert!(addresses.0.iter().all(|address| *address < size));
    }
}
