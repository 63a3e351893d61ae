//! `symbolize`: the addresses of a logged panic as functions and lines.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;

use anyhow::Context as _;

use crate::program::service;
use cfnkit_console::error::chain;
use cfnkit_console::screen;
use cfnkit_package::backtrace::{Panic, ReturnAddress, ZipHash, panics};
use cfnkit_package::symbols::{Stack, Symbols, newest_zip, of_zip};
use cfnkit_tools::workspace::Workspace;

/// Name the functions and lines of a panic in the handler's log.
///
/// The handler logs a panic as addresses, because what runs on Lambda has no symbols; `package`
/// keeps them in `target/package/`. The line names the zip it is of, and with it the symbols.
///
/// The log may be as CloudWatch gives it, with other lines, with prefixes, as JSON:
///
///   aws logs tail /aws/lambda/FUNCTION --since 1d | cargo xtask symbolize
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Symbolize {
    /// A file with the log; standard input is read without one.
    pub file: Option<PathBuf>,

    /// Use these symbols, whatever the log says.
    #[arg(long, value_name = "FILE")]
    pub(crate) debug: Option<PathBuf>,

    /// Look up these members of a `backtrace` and read no log; in the newest package, unless
    /// `--debug` is given.
    #[arg(long, value_name = "ADDRESS", num_args = 1.., conflicts_with = "file")]
    pub(crate) address: Vec<ReturnAddress>,

    /// Print the panic's own functions and those around `main`, too.
    #[arg(long)]
    pub(crate) full: bool,
}

/// Symbols that were read, by their files.
struct Library<'a> {
    workspace: &'a Workspace,
    debug: Option<PathBuf>,
    read: BTreeMap<PathBuf, Symbols>,
}

impl Symbolize {
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        let mut library = Library {
            workspace,
            debug: self.debug.clone(),
            read: BTreeMap::new(),
        };
        if !self.address.is_empty() {
            let stack = library.symbols(None)?.stack(&self.address)?;
            screen::show(stack);
            return Ok(());
        }
        let mut stacks = 0;
        let mut failures: Vec<String> = Vec::new();
        for panic in panics(&self.log()?) {
            let panic = match panic {
                Ok(panic) => panic,
                Err(err) => {
                    screen::say(chain(&err) + "; left out");
                    continue;
                }
            };
            match self.stack(&mut library, &panic) {
                Ok(stack) => {
                    if stacks > 0 {
                        screen::show("");
                    }
                    screen::show(heading(&panic));
                    screen::show(stack);
                }
                Err(err) => failures.push(format!("{err:#}")),
            }
            stacks += 1;
        }
        anyhow::ensure!(stacks > 0, "no panic with a `backtrace` in the log");
        failures.dedup();
        anyhow::ensure!(failures.is_empty(), "{}", failures.join("\n"));
        Ok(())
    }

    fn log(&self) -> anyhow::Result<String> {
        let mut bytes = Vec::new();
        match &self.file {
            Some(file) => {
                bytes = std::fs::read(file)
                    .with_context(|| format!("cannot read the log `{}`", file.display()))?;
            }
            None => {
                let mut stdin = std::io::stdin().lock();
                if stdin.is_terminal() {
                    screen::progress("reading the log from standard input");
                }
                stdin
                    .read_to_end(&mut bytes)
                    .context("cannot read the log from standard input")?;
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn stack(&self, library: &mut Library<'_>, panic: &Panic) -> anyhow::Result<Stack> {
        let symbols = library.symbols(panic.handler.as_ref())?;
        let stack = symbols.stack(&panic.backtrace)?;
        Ok(match self.full {
            true => stack,
            false => stack.short(),
        })
    }
}

impl Library<'_> {
    /// The symbols of a handler; of the newest where it is not known which it was.
    fn symbols(&mut self, handler: Option<&ZipHash>) -> anyhow::Result<&Symbols> {
        let path = match (&self.debug, handler) {
            (Some(debug), _) => debug.clone(),
            (None, Some(zip)) => of_zip(self.workspace, zip)?,
            (None, None) => self.newest()?,
        };
        if !self.read.contains_key(&path) {
            let symbols = Symbols::read(self.workspace, &path)?;
            self.read.insert(path.clone(), symbols);
        }
        self.read.get(&path).context("symbols were not kept")
    }

    fn newest(&self) -> anyhow::Result<PathBuf> {
        let path = of_zip(
            self.workspace,
            &newest_zip(self.workspace, service().functions)?,
        )?;
        if !self.read.contains_key(&path) {
            let shown = self.workspace.display(&path);
            screen::progress(format!(
                "no handler is named; the symbols are the newest, `{shown}`"
            ));
        }
        Ok(path)
    }
}

/// `2026-01-31T12:00:00.123Z panicked at handler/src/event.rs:72:9`
fn heading(panic: &Panic) -> String {
    let place = match panic.reason.as_str() {
        "" => "an unknown place",
        place => place,
    };
    format!("{} panicked at {place}", panic.timestamp)
        .trim_start()
        .to_owned()
}
