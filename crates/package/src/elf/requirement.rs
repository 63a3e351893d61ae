//! The versions of libraries a program asks for, and which of its symbols do.

use std::collections::BTreeMap;

use object::read::elf::Sym as _;

use super::{ENDIAN, File, Unreadable, elf, text};
use cfnkit_tools::architecture::Glibc;

/// Version indices have 15 bits. A damaged file can name the same few bytes as often as it likes.
const MOST: usize = 0x7fff;

/// A version of a library, and the symbols that are wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Requirement {
    pub library: String,
    /// As in `.gnu.version_r`: `GLIBC_2.34`, `GCC_3.0`.
    pub version: String,
    /// Empty for a version that stands for an ability of the loader.
    pub symbols: Vec<String>,
    /// Whether the loader goes on without it.
    pub(crate) optional: bool,
}

/// What the name of a version asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// This glibc or a newer one.
    Glibc(Glibc),
    /// The very build of glibc it was linked with.
    GlibcPrivate,
    /// An ability of a glibc newer than this list.
    GlibcUnknown,
    /// Nothing of glibc.
    Other,
}

impl Requirement {
    pub(crate) fn wanted(&self) -> Wanted {
        let Some(version) = self.version.strip_prefix("GLIBC_") else {
            return Wanted::Other;
        };
        match version {
            "PRIVATE" => Wanted::GlibcPrivate,
            // Packed relative relocations: the first glibc that applies them defines this.
            "ABI_DT_RELR" => Wanted::Glibc(Glibc(2, 36)),
            _ => release(version).map_or(Wanted::GlibcUnknown, Wanted::Glibc),
        }
    }
}

/// `2.34` or `2.2.5`. No third number has appeared since 2.3.4, so it decides nothing.
fn release(version: &str) -> Option<Glibc> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    let release = Glibc(numbers.next()??, numbers.next()??);
    numbers.all(|number| number.is_some()).then_some(release)
}

/// Every version in `.gnu.version_r`, with the undefined symbols that `.gnu.version` gives it.
pub(super) fn read(file: &File<'_>) -> Result<Vec<Requirement>, Unreadable> {
    let sections = file.elf_section_table();
    let Some((mut needs, link)) = sections.gnu_verneed(ENDIAN, file.data())? else {
        return Ok(Vec::new());
    };
    let strings = sections.strings(ENDIAN, file.data(), link)?;
    let mut requirements: Vec<Requirement> = Vec::new();
    let mut positions = BTreeMap::new();
    while let Some((need, mut versions)) = needs.next()? {
        let library = text(need.file(ENDIAN, strings)?);
        while let Some(version) = versions.next()? {
            if requirements.len() == MOST {
                return Err(Unreadable::Damaged(
                    "too many versions in `.gnu.version_r`".to_owned(),
                ));
            }
            positions.insert(version.vna_other(ENDIAN).index(), requirements.len());
            requirements.push(Requirement {
                library: library.clone(),
                version: text(version.name(ENDIAN, strings)?),
                symbols: Vec::new(),
                optional: version.vna_flags.get(ENDIAN).contains(elf::VER_FLG_WEAK),
            });
        }
    }
    let Some((indices, link)) = sections.gnu_versym(ENDIAN, file.data())? else {
        return Ok(requirements);
    };
    let symbols = sections.symbol_table_by_index(ENDIAN, file.data(), link)?;
    for (symbol, index) in symbols.iter().zip(indices) {
        let position = positions.get(&index.0.get(ENDIAN).index());
        let requirement = position.and_then(|position| requirements.get_mut(*position));
        if let Some(requirement) = requirement.filter(|_| symbol.is_undefined(ENDIAN)) {
            let name = symbols.symbol_name(ENDIAN, symbol)?;
            requirement.symbols.push(text(name));
        }
    }
    Ok(requirements)
}
