//! The rule for compiler flags. An ELF file does not record the processor it was compiled for,
//! so the flags are the only witness.

use super::{Defect, Expected};
use cfnkit_tools::architecture::Architecture;

pub(super) fn inspect(expected: &Expected<'_>) -> Vec<Defect> {
    let words = expected
        .flags
        .iter()
        .flat_map(|flag| flag.split_ascii_whitespace());
    words
        .filter(|word| is_native(word))
        .map(|word| native(word, expected))
        .collect()
}

fn native(word: &str, expected: &Expected<'_>) -> Defect {
    let processors = match expected.architecture {
        Architecture::Arm64 => "Lambda's Graviton2 processors",
        Architecture::X86_64 => "some of Lambda's x86_64 processors",
    };
    Defect::error(
        format!("the build was made for the processor of this machine: `{word}`"),
        format!(
            "the function would be killed with `illegal instruction` (Runtime.ExitError) \
             at an instruction that {processors} lack"
        ),
        "take the flag out of `RUSTFLAGS`, `CFLAGS` or cargo's configuration, and package again",
    )
}

/// `target-cpu=native` for rustc, which takes `_` for `-` and the flag with or without `-C` before
/// it; `-march=native` and `-mcpu=native` for C compilers, also on their way through the linker.
/// `-mtune` chooses among instructions that every processor has.
fn is_native(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    let Some((name, value)) = word.rsplit_once('=') else {
        return false;
    };
    // Clang and GCC for Arm take extensions after the name: `native+crypto`.
    let value = value.split('+').next().unwrap_or(value);
    let name = name.replace('_', "-").to_ascii_lowercase();
    let names = ["target-cpu", "-march", "-mcpu"];
    value == "native" && names.iter().any(|one| name.ends_with(one))
}
