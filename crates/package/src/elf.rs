//! What an ELF file says of itself: what it is for, what it needs to start, what it carries
//! along. It knows neither Lambda nor what would be right.

use std::borrow::Cow;
use std::io::Read as _;

use object::elf::CompressionHeader64;
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::{LittleEndian, Object as _, elf};

use cfnkit_console::ensure;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_tools::architecture::{Architecture, Glibc};

mod requirement;
#[cfg(test)]
mod tests;

pub(crate) use self::requirement::{Requirement, Wanted};

/// The only byte order that is read.
const ENDIAN: LittleEndian = LittleEndian;

type File<'data> = ElfFile64<'data, LittleEndian>;

/// A 64-bit little-endian ELF file.
#[derive(Debug)]
pub(crate) struct Program {
    pub machine: Machine,
    pub(crate) kind: Kind,
    /// Where it starts; zero means nowhere.
    pub(crate) entry: u64,
    /// The program that loads it, such as `/lib/ld-linux-aarch64.so.1`.
    pub(crate) interpreter: Option<String>,
    /// The libraries it names, in their order.
    pub(crate) needed: Vec<String>,
    /// The versions of libraries it asks for, in the order of the file.
    pub(crate) requirements: Vec<Requirement>,
    /// Whether it has symbols beyond those it is linked by.
    pub(crate) has_symbols: bool,
    /// The names of its sections for debuggers.
    pub(crate) debug_sections: Vec<String>,
    pub(crate) stack_is_executable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Runs where it was linked to run.
    Executable,
    /// Runs anywhere in memory.
    Pie,
    SharedLibrary,
    /// The value of `e_type`.
    Other(u16),
}

/// The value of `e_machine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Machine(pub u16);

impl Machine {
    pub(crate) fn of(architecture: Architecture) -> Self {
        match architecture {
            Architecture::Arm64 => Self(elf::EM_AARCH64.0),
            Architecture::X86_64 => Self(elf::EM_X86_64.0),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match elf::Machine(self.0) {
            elf::EM_AARCH64 => return formatter.write_str(Architecture::Arm64.name()),
            elf::EM_X86_64 => return formatter.write_str(Architecture::X86_64.name()),
            elf::EM_386 => " (x86)",
            elf::EM_ARM => " (arm)",
            elf::EM_PPC64 => " (ppc64)",
            elf::EM_RISCV => " (riscv)",
            _ => "",
        };
        write!(formatter, "machine {}{name}", self.0)
    }
}

/// Why a file cannot be read as a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("not an ELF file")]
    NotElf,
    #[error("not a 64-bit ELF file")]
    Not64Bit,
    #[error("not a little-endian ELF file")]
    NotLittleEndian,
    #[error("a damaged ELF file: {0}")]
    Damaged(String),
}

impl From<object::read::Error> for Unreadable {
    fn from(err: object::read::Error) -> Self {
        Self::Damaged(err.to_string())
    }
}

impl Program {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let file = parse(bytes)?;
        let header = file.elf_header();
        let mut program = Self {
            machine: Machine(header.e_machine(ENDIAN).0),
            kind: Kind::Other(header.e_type(ENDIAN).0),
            entry: header.e_entry(ENDIAN),
            interpreter: None,
            needed: Vec::new(),
            requirements: requirement::read(&file)?,
            has_symbols: !file.elf_symbol_table().is_empty(),
            debug_sections: Vec::new(),
            // What glibc takes a file for that does not say.
            stack_is_executable: true,
        };
        program.read_segments(&file)?;
        program.read_sections(&file)?;
        let says_pie = program.read_dynamic(&file)?;
        program.kind = match header.e_type(ENDIAN) {
            elf::ET_EXEC => Kind::Executable,
            // A library may have an entry point too; what has an interpreter is to be run.
            elf::ET_DYN if says_pie || program.interpreter.is_some() => Kind::Pie,
            elf::ET_DYN => Kind::SharedLibrary,
            other => Kind::Other(other.0),
        };
        Ok(program)
    }

    /// The newest glibc a version of whose symbols it cannot start without.
    pub(crate) fn newest_glibc(&self) -> Option<Glibc> {
        let releases = self.requirements.iter().filter(|one| !one.optional);
        releases
            .filter_map(|one| match one.wanted() {
                Wanted::Glibc(release) => Some(release),
                Wanted::GlibcPrivate | Wanted::GlibcUnknown | Wanted::Other => None,
            })
            .max()
    }

    fn read_segments(&mut self, file: &File<'_>) -> Result<(), Unreadable> {
        let mut is_dynamic = false;
        for segment in file.elf_program_headers() {
            let data = segment.data(ENDIAN, file.data());
            match segment.p_type(ENDIAN) {
                elf::PT_LOAD if data.is_err() => {
                    return Err(Unreadable::Damaged(
                        "a segment ends after the file".to_owned(),
                    ));
                }
                elf::PT_GNU_STACK => {
                    self.stack_is_executable = segment.p_flags(ENDIAN).contains(elf::PF_X);
                }
                elf::PT_DYNAMIC => is_dynamic = true,
                _ => {}
            }
            if let Some(path) = segment.interpreter(ENDIAN, file.data())? {
                self.interpreter = Some(text(path));
            }
        }
        // The loader reads segments, this reads sections. Where these are gone, nothing could be
        // said of what the program needs, and silence would pass for "nothing".
        let has_section = file
            .elf_section_table()
            .iter()
            .any(|section| section.sh_type(ENDIAN) == elf::SHT_DYNAMIC);
        match is_dynamic && !has_section {
            true => Err(Unreadable::Damaged(
                "it has no section headers for what it is linked with".to_owned(),
            )),
            false => Ok(()),
        }
    }

    fn read_sections(&mut self, file: &File<'_>) -> Result<(), Unreadable> {
        let table = file.elf_section_table();
        for section in table.iter() {
            let name = text(table.section_name(ENDIAN, section)?);
            section.data(ENDIAN, file.data())?;
            // What is in memory is no debugger's alone: rustc's `.debug_gdb_scripts` is a constant
            // of 34 bytes.
            let in_memory = section.sh_flags(ENDIAN).contains(elf::SHF_ALLOC);
            if !in_memory && (name.starts_with(".debug_") || name.starts_with(".zdebug_")) {
                self.debug_sections.push(name);
            }
        }
        Ok(())
    }

    /// The libraries; whether the file calls itself position-independent and executable.
    fn read_dynamic(&mut self, file: &File<'_>) -> Result<bool, Unreadable> {
        let table = file.elf_dynamic_table()?;
        let mut says_pie = false;
        for entry in table.iter() {
            match entry.tag {
                elf::DT_NEEDED => self.needed.push(text(table.string(entry)?)),
                elf::DT_FLAGS_1 => says_pie = entry.val & elf::DF_1_PIE.0 != 0,
                _ => {}
            }
        }
        Ok(says_pie)
    }
}

/// A section and where in the file it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section<'data> {
    pub name: String,
    pub(crate) offset: u64,
    /// Empty for a section that is not in the file, such as `.bss`.
    pub bytes: &'data [u8],
    is_compressed: bool,
}

impl<'data> Section<'data> {
    /// The bytes as they were before they were compressed, which only zlib may have done.
    pub(crate) fn uncompressed(&self) -> Result<Cow<'data, [u8]>> {
        if !self.is_compressed {
            return Ok(Cow::Borrowed(self.bytes));
        }
        let (header, compressed) =
            object::from_bytes::<CompressionHeader64<LittleEndian>>(self.bytes)
                .ok()
                .with_context(|| format!("section `{}` is cut short", self.name))?;
        ensure!(
            header.ch_type.get(ENDIAN) == elf::ELFCOMPRESS_ZLIB,
            "section `{}` is compressed, and not with zlib; `objcopy --decompress-debug-sections` \
             writes a file that can be read",
            self.name
        );
        let mut bytes = Vec::new();
        flate2::read::ZlibDecoder::new(compressed)
            .take(header.ch_size.get(ENDIAN))
            .read_to_end(&mut bytes)
            .with_context(|| format!("section `{}` is damaged", self.name))?;
        Ok(Cow::Owned(bytes))
    }
}

/// The sections in the order of their headers.
pub(crate) fn sections(bytes: &[u8]) -> Result<Vec<Section<'_>>, Unreadable> {
    let file = parse(bytes)?;
    let table = file.elf_section_table();
    let sections = table
        .iter()
        .filter(|one| one.sh_type(ENDIAN) != elf::SHT_NULL);
    sections
        .map(|section| {
            Ok(Section {
                name: text(table.section_name(ENDIAN, section)?),
                offset: section.sh_offset(ENDIAN),
                bytes: section.data(ENDIAN, bytes)?,
                is_compressed: section.sh_flags(ENDIAN).contains(elf::SHF_COMPRESSED),
            })
        })
        .collect()
}

/// A function or a variable, and where in memory it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub(crate) name: String,
    pub(crate) address: u64,
    /// In bytes; zero where nobody said.
    pub(crate) size: u64,
}

/// The symbols that are somewhere in memory, in the order of their addresses.
pub(crate) fn symbols(bytes: &[u8]) -> Result<Vec<Symbol>, Unreadable> {
    let map = parse(bytes)?.symbol_map();
    let symbols = map.symbols().iter().map(|symbol| Symbol {
        name: symbol.name().to_owned(),
        address: symbol.address(),
        size: symbol.size(),
    });
    Ok(symbols.collect())
}

fn parse(bytes: &[u8]) -> Result<File<'_>, Unreadable> {
    // Looked at before the reader does, which has one answer for all of them.
    let [b'\x7f', b'E', b'L', b'F', class, encoding, ..] = bytes else {
        return Err(Unreadable::NotElf);
    };
    if elf::FileClass(*class) != elf::ELFCLASS64 {
        return Err(Unreadable::Not64Bit);
    }
    if elf::DataEncoding(*encoding) != elf::ELFDATA2LSB {
        return Err(Unreadable::NotLittleEndian);
    }
    Ok(File::parse(bytes)?)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
