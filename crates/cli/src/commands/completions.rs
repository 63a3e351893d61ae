//! `completions`: the shell completes `cargo xtask`.

use clap_complete::Shell;

use cfnkit_console::screen;

#[cfg(test)]
mod tests;

/// Print a script that completes `cargo xtask` in a shell.
///
/// It adds to the completion of cargo itself and leaves that as it is.
///
///   bash: cargo xtask completions bash > ~/.cargo-xtask.bash, and in ~/.bashrc:
///         source ~/.cargo-xtask.bash
///
///   zsh:  cargo xtask completions zsh > DIRECTORY/_cargo-xtask, with a directory of $fpath
///
///   fish: cargo xtask completions fish > ~/.config/fish/completions/cargo-xtask.fish, and in
///         ~/.config/fish/config.fish: source ~/.config/fish/completions/cargo-xtask.fish
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// What comes after the function that completes the words from `xtask` on. Cargo has a completion
/// of its own, which is loaded first where it would be loaded later.
const BASH: &str = r#"
if ! complete -p cargo &>/dev/null; then
    if declare -F _comp_load >/dev/null; then
        _comp_load -- cargo
    elif declare -F _completion_loader >/dev/null; then
        _completion_loader cargo
    fi
fi

# Not itself, where this is read twice.
if ! declare -F _cargo_before_xtask >/dev/null; then
    _cargo_before_xtask() { COMPREPLY=(); }
    if [[ "$(complete -p cargo 2>/dev/null)" =~ -F\ ([^\ ]+) ]]; then
        eval "_cargo_before_xtask() { ${BASH_REMATCH[1]} \"\$@\"; }"
    fi
fi

_cargo_and_xtask() {
    if [[ "${COMP_WORDS[1]}" != xtask || "${COMP_CWORD}" -lt 2 ]]; then
        _cargo_before_xtask "$@"
        return
    fi
    local COMP_WORDS=("${COMP_WORDS[@]:1}")
    local COMP_CWORD=$((COMP_CWORD - 1))
    _xtask xtask "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
}

complete -o bashdefault -o default -F _cargo_and_xtask cargo
"#;

impl Completions {
    /// Prints the script for `cli`.
    pub(crate) fn run(self, cli: clap::Command) -> anyhow::Result<()> {
        screen::data(script(self.shell, cli)?.trim_end());
        Ok(())
    }
}

fn script(shell: Shell, mut cli: clap::Command) -> anyhow::Result<String> {
    let mut text = Vec::new();
    match shell {
        Shell::Bash => clap_complete::generate(shell, &mut cli, "xtask", &mut text),
        // Cargo's own script calls this function for its subcommand `xtask`.
        Shell::Zsh => clap_complete::generate(shell, &mut cli, "cargo-xtask", &mut text),
        // The others take whole trees.
        _ => {
            let mut cargo = clap::Command::new("cargo").subcommand(cli.name("xtask"));
            clap_complete::generate(shell, &mut cargo, "cargo", &mut text);
        }
    }
    let mut text = String::from_utf8(text)?;
    if shell == Shell::Bash {
        text.push_str(BASH);
    }
    Ok(text)
}
