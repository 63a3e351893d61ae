//! Files that were cut off or changed on their way: an answer, and never a panic.

use proptest::collection::vec;
use proptest::prelude::{Just, any};
use proptest::sample::Index;

use super::*;
use crate::elf;

#[test]
fn a_program_cut_off_anywhere_is_refused() {
    let bytes = Program::good().bytes();
    for length in 0..bytes.len() {
        let cut = bytes[..length].to_vec();
        assert!(elf::Program::read(&cut).is_err(), "{length}");
        let _ = elf::sections(&cut);
        assert!(!findings_in(&zipped(&cut), &ARM64).is_empty(), "{length}");
    }
}

#[test]
fn a_zip_cut_off_anywhere_is_refused() {
    let zip = zipped(&Program::good().bytes());
    for length in 0..zip.len() {
        assert!(!findings_in(&zip[..length], &ARM64).is_empty(), "{length}");
    }
}

proptest::proptest! {
    #[test]
    fn a_changed_program_gets_an_answer(
        changes in vec((any::<Index>(), any::<u8>()), 1..8),
        cut in proptest::option::of(any::<Index>()),
    ) {
        let mut program = Program::good();
        program.has_symbol_table = true;
        let mut bytes = program.bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        for finding in findings_in(&zipped(&bytes), &ARM64) {
            problem_of(&finding);
        }
    }

    /// Headers are where a change leads furthest.
    #[test]
    fn a_changed_header_gets_an_answer(
        place in 4..64usize,
        value in proptest::prop_oneof![any::<u8>(), Just(0), Just(0xff)],
    ) {
        let mut bytes = Program::good().bytes();
        bytes[place] = value;
        let _ = elf::sections(&bytes);
        let _ = findings_in(&zipped(&bytes), &ARM64);
    }

    #[test]
    fn noise_after_the_magic_number_gets_an_answer(noise in vec(any::<u8>(), 0..512)) {
        let bytes = [b"\x7fELF\x02\x01\x01", noise.as_slice()].concat();
        let findings = findings_in(&zipped(&bytes), &ARM64);
        proptest::prop_assert!(!findings.is_empty());
    }

    #[test]
    fn a_changed_zip_gets_an_answer(changes in vec((any::<Index>(), any::<u8>()), 1..8)) {
        let mut zip = zipped(&Program::good().bytes());
        for (place, byte) in changes {
            let place = place.index(zip.len());
            zip[place] = byte;
        }
        // Within smaller limits, so that a size that was changed does not take long.
        let limits = Ceilings { unzipped: 100_000, ..CEILINGS };
        let _ = inspect_within(&limits, &zip, &ARM64);
    }
}

#[test]
fn a_name_neither_breaks_a_line_nor_commands_the_terminal() {
    let program = Program {
        interpreter: Some("/l\nb/\u{1b}[2Jld"),
        ..Program::good()
    };
    assert_eq!(
        problem(&program),
        r"`bootstrap` is loaded by `/l\nb/\u{1b}[2Jld`, not by `/lib/ld-linux-aarch64.so.1`"
    );
}
