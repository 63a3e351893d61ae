//! Cargo called by a program that cargo started.

use xshell::Cmd;

/// The command without the variables in which cargo describes this program. Build scripts look
/// at some of them (ring's does), and would run again, with everything that depends on them,
/// whenever cargo is called from here and by hand in turn.
pub(crate) fn undisturbed(mut command: Cmd<'_>) -> Cmd<'_> {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(describes_this_program) {
            command = command.env_remove(name);
        }
    }
    command
}

fn describes_this_program(name: &str) -> bool {
    const PREFIXES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
    const NAMES: [&str; 4] = [
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_TMPDIR",
        "OUT_DIR",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_user_stay() {
        for name in [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_TERM_COLOR",
            "RUSTFLAGS",
            "PATH",
        ] {
            assert!(!describes_this_program(name), "{name}");
        }
        for name in [
            "CARGO_PKG_NAME",
            "CARGO_MANIFEST_DIR",
            "CARGO_BIN_EXE_xtask",
            "OUT_DIR",
        ] {
            assert!(describes_this_program(name), "{name}");
        }
    }
}
