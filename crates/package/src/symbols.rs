//! The symbols of packaged handlers: which file has them, and the functions and lines that an
//! address is in. What runs on Lambda has none.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use addr2line::Context;
use gimli::{Dwarf, EndianArcSlice, LittleEndian};
use serde_json::Value;

use crate::backtrace::{ReturnAddress, ZipHash};
use crate::elf;
use crate::packaging::Target;
use crate::packaging::manifest::manifest_name;
use cfnkit_assembly::service;
use cfnkit_console::error::{Context as _, Error, Result};
use cfnkit_console::{bail, ensure};
use cfnkit_tools::architecture::Architecture;
use cfnkit_tools::workspace::Workspace;

/// Where the standard library's own frames begin and end, as it marks them for itself.
const END_SHORT: &str = "__rust_end_short_backtrace";
const BEGIN_SHORT: &str = "__rust_begin_short_backtrace";

/// Symbols and line tables of one program.
pub struct Symbols {
    lines: Context<EndianArcSlice<LittleEndian>>,
    /// In the order of their addresses.
    symbols: Vec<elf::Symbol>,
    root: PathBuf,
}

/// A function under way, inlined or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    name: String,
    /// File, line and column, as far as they are known.
    place: Option<String>,
}

/// Functions, innermost first, as Rust prints them.
pub struct Stack(Vec<Function>);

impl Symbols {
    /// Reads the symbols in an ELF file. Files of this workspace are named from its root.
    ///
    /// # Errors
    ///
    /// The file cannot be read as an ELF file, has no line tables, or is compressed, but not with
    /// zlib.
    pub fn read(workspace: &Workspace, path: &Path) -> Result<Self> {
        let cannot_read = || format!("cannot read symbols of `{}`", path.display());
        let bytes = std::fs::read(path).with_context(cannot_read)?;
        let sections = elf::sections(&bytes).with_context(cannot_read)?;
        let section = |name: &str| sections.iter().find(|one| one.name == name);
        ensure!(
            section(".debug_line").is_some(),
            "`{}` has no line tables; `cargo xtask package` keeps them in a file that ends with \
             `.debug`",
            path.display()
        );
        let dwarf = Dwarf::load(|id| -> Result<_> {
            let bytes = match section(id.name()) {
                Some(section) => section.uncompressed()?,
                None => Cow::default(),
            };
            Ok(EndianArcSlice::new(Arc::from(bytes), LittleEndian))
        });
        let lines = Context::from_dwarf(dwarf.with_context(cannot_read)?);
        Ok(Self {
            lines: lines.with_context(cannot_read)?,
            symbols: elf::symbols(&bytes).with_context(cannot_read)?,
            root: workspace.root().to_path_buf(),
        })
    }

    /// What was called when these addresses were the ones to return to.
    ///
    /// # Errors
    ///
    /// The symbols are damaged where an address is looked up. An address that they do not know is
    /// `<unknown>`.
    pub fn stack(&self, addresses: &[ReturnAddress]) -> Result<Stack> {
        let functions: Result<Vec<_>> = addresses.iter().map(|one| self.functions(*one)).collect();
        Ok(Stack(functions?.concat()))
    }

    /// The function a call returns to, after those that were inlined into it.
    fn functions(&self, address: ReturnAddress) -> Result<Vec<Function>> {
        // The call is before the address, which may be another line's or another function's. The
        // innermost frame is no exception: it is the one that asked for the backtrace.
        let call = address.0 - 1;
        let mut functions = self
            .inlined(call)
            .with_context(|| format!("cannot look up the address {:#x}", address.0))?;
        // Line tables alone have short names; the symbol has the whole path.
        if let Some(symbol) = self.symbol(call) {
            let name = addr2line::demangle_auto(symbol.name.as_str().into(), None).into_owned();
            match functions.last_mut() {
                Some(function) => function.name = name,
                None => functions.push(Function { name, place: None }),
            }
        }
        if functions.is_empty() {
            functions.push(Function {
                name: format!("<unknown> {:#x}", address.0),
                place: None,
            });
        }
        Ok(functions)
    }

    /// The symbol that an address is in.
    fn symbol(&self, address: u64) -> Option<&elf::Symbol> {
        let after = self.symbols.partition_point(|one| one.address <= address);
        let before = self.symbols.get(after.checked_sub(1)?)?;
        // Some made by hand have no size.
        (before.size == 0 || address - before.address < before.size).then_some(before)
    }

    fn inlined(&self, call: u64) -> Result<Vec<Function>, gimli::Error> {
        let mut functions = Vec::new();
        let mut frames = self.lines.find_frames(call).skip_all_loads()?;
        while let Some(frame) = frames.next()? {
            let name = match &frame.function {
                Some(name) => name.demangle()?.into_owned(),
                None => "<unknown>".to_owned(),
            };
            let place = frame.location.and_then(|location| self.place(&location));
            functions.push(Function { name, place });
        }
        Ok(functions)
    }

    fn place(&self, location: &addr2line::Location<'_>) -> Option<String> {
        let file = Path::new(location.file?);
        // A package's paths begin with the `.` that its build put in the root's place.
        let file = file.strip_prefix(&self.root).unwrap_or(file);
        let file = file.strip_prefix(".").unwrap_or(file).display();
        let numbers = [location.line, location.column];
        let numbers = numbers.into_iter().map_while(|one| one.filter(|n| *n > 0));
        Some(numbers.fold(file.to_string(), |text, number| format!("{text}:{number}")))
    }
}

impl Stack {
    /// Without what every backtrace begins and ends with: the panic's own way to its report, and
    /// the standard library's around `main`. What tells one panic from another stays, such as
    /// `panic_bounds_check`.
    pub fn short(self) -> Self {
        let says = |part: &'static str| move |one: &Function| one.name.contains(part);
        let Some(begin) = self.0.iter().position(says(END_SHORT)) else {
            return self;
        };
        let frames = &self.0[begin + 1..];
        let is_common = |one: &&Function| says("rust_begin_unwind")(one) || says("panic_fmt")(one);
        let frames = &frames[frames.iter().take_while(is_common).count()..];
        let end = frames.iter().position(says(BEGIN_SHORT));
        Self(frames[..end.unwrap_or(frames.len())].to_vec())
    }
}

/// As the standard library prints them, so that what reads those reads these.
impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, function) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{index:4}: {}", function.name)?;
            if let Some(place) = &function.place {
                write!(f, "\n             at {place}")?;
            }
        }
        Ok(())
    }
}

/// The file with the symbols of the handler whose zip has this hash.
///
/// # Errors
///
/// No such file is kept; the error names the hashes whose symbols are.
pub fn of_zip(workspace: &Workspace, zip: &ZipHash) -> Result<PathBuf> {
    let directories = directories(workspace);
    let name = format!("{}.debug", zip.as_str());
    let mut paths = directories.iter().map(|directory| directory.join(&name));
    if let Some(path) = paths.find(|path| path.is_file()) {
        return Ok(path);
    }
    let mut others: Vec<String> = directories
        .iter()
        .flat_map(|one| debug_files(one))
        .collect();
    others.sort();
    let others = match others.is_empty() {
        true => "there are none at all".to_owned(),
        false => format!("there are those of {}", others.join(", ")),
    };
    bail!(
        "no symbols of the handler `{}` in `{}`; {others}; the same commit gives the same bytes: \
         `git checkout` the deployed one and run `cargo xtask package`",
        zip.as_str(),
        workspace.display(&directories[0])
    )
}

/// The hash of the zip that was packaged last, of whichever function it is.
///
/// # Errors
///
/// Nothing was packaged yet, or the newest manifest cannot be read or has no hash.
pub fn newest_zip(workspace: &Workspace, functions: &[service::Function]) -> Result<ZipHash> {
    let directory = &directories(workspace)[0];
    let manifests = functions.iter().filter_map(|function| {
        let path = directory.join(manifest_name(function));
        let written = std::fs::metadata(&path).and_then(|file| file.modified());
        Some((written.ok()?, path))
    });
    let (_, path) = manifests.max().with_context(|| {
        format!(
            "no package in `{}`; run `cargo xtask package`, or name symbols with `--debug`",
            workspace.display(directory)
        )
    })?;
    let read = || -> Result<ZipHash> {
        let record = std::fs::read(&path).map_err(Error::said)?;
        let record: Value = serde_json::from_slice(&record).map_err(Error::said)?;
        let hash = record.pointer("/zipSha256").and_then(Value::as_str);
        hash.context("it has no `zipSha256`")?.to_owned().try_into()
    };
    read().with_context(|| {
        format!(
            "cannot read `{}`; run `cargo xtask package` again",
            workspace.display(&path)
        )
    })
}

/// Where packages are kept, arm64's first.
fn directories(workspace: &Workspace) -> [PathBuf; 2] {
    [Architecture::Arm64, Architecture::X86_64]
        .map(|architecture| Target::Lambda(architecture).directory(workspace))
}

/// The hashes whose symbols are in a directory, each as a word in backticks.
fn debug_files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter_map(|name| Some(format!("`{}`", name.strip_suffix(".debug")?)))
        .collect()
}

#[cfg(test)]
mod tests;
