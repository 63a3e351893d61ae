//! Programs that nobody has compiled: a good one, whose parts can be changed, as an ELF file.

use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, Sym, Vernaux, Verneed, Writer};
use object::{Endianness, elf};

/// An ELF file with everything a linked program has, and no code.
pub struct Program {
    /// Whether it is of 64 bits.
    pub is_64: bool,
    /// The order of bytes.
    pub endian: Endianness,
    /// The processor that it is for.
    pub machine: elf::Machine,
    /// Program, library or object file.
    pub kind: elf::FileType,
    /// The address where it begins.
    pub entry: u64,
    /// The dynamic linker, if it has one.
    pub interpreter: Option<&'static str>,
    /// Libraries; without any it is linked statically.
    pub needed: Vec<&'static str>,
    /// Library, version and name. A version without a name is needed by no symbol.
    pub symbols: Vec<(&'static str, &'static str, &'static str)>,
    /// Of each version: whether it may be absent.
    pub version_flags: elf::VersionFlags,
    /// Sections by name, beside those the rest makes.
    pub sections: Vec<(&'static str, Vec<u8>)>,
    /// `DF_1_PIE` where it is one.
    pub dynamic_flags: elf::DynamicFlags1,
    /// Whether it is as it came from the linker, with symbols.
    pub has_symbol_table: bool,
    /// The flags of `PT_GNU_STACK`, if there is one.
    pub stack: Option<elf::ProgramFlags>,
}

impl Program {
    /// For arm64, as Lambda takes it.
    pub fn good() -> Self {
        Self {
            is_64: true,
            endian: Endianness::Little,
            machine: elf::EM_AARCH64,
            kind: elf::ET_DYN,
            entry: 0x40,
            interpreter: Some("/lib/ld-linux-aarch64.so.1"),
            needed: vec!["libgcc_s.so.1", "libc.so.6", "ld-linux-aarch64.so.1"],
            symbols: vec![
                ("libc.so.6", "GLIBC_2.17", "write"),
                ("libc.so.6", "GLIBC_2.34", "__libc_start_main"),
                ("libgcc_s.so.1", "GCC_3.0", "_Unwind_Resume"),
            ],
            version_flags: elf::VersionFlags(0),
            sections: vec![
                (
                    ".rodata",
                    b"/rustc/4a4ef493e3a1/library/std/src/io/mod.rs".to_vec(),
                ),
                (".dep-v0", vec![0x78, 0x9c, 1, 2, 3]),
            ],
            dynamic_flags: elf::DF_1_PIE,
            has_symbol_table: false,
            stack: Some(elf::PF_R | elf::PF_W),
        }
    }

    /// The same for x86_64.
    pub fn good_for_x86_64() -> Self {
        Self {
            machine: elf::EM_X86_64,
            interpreter: Some("/lib64/ld-linux-x86-64.so.2"),
            needed: vec!["libgcc_s.so.1", "libc.so.6", "ld-linux-x86-64.so.2"],
            symbols: vec![("libc.so.6", "GLIBC_2.2.5", "write")],
            ..Self::good()
        }
    }

    /// As it is, with a text among its constants.
    pub fn saying(text: &str) -> Self {
        let mut program = Self::good();
        program.sections[0].1 = text.as_bytes().to_vec();
        program
    }

    /// Libraries in order of first mention, each with its versions.
    fn versions(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut libraries: Vec<(&str, Vec<&str>)> = Vec::new();
        for (library, version, _) in &self.symbols {
            if !libraries.iter().any(|(one, _)| one == library) {
                libraries.push((library, Vec::new()));
            }
            let (_, versions) = libraries
                .iter_mut()
                .find(|(one, _)| one == library)
                .unwrap();
            if !versions.contains(version) {
                versions.push(version);
            }
        }
        libraries
    }

    /// Indices of versions start after those for "local" and "global".
    fn version_index(&self, library: &str, version: &str) -> elf::VersionIndex {
        let versions = self.versions();
        let mut all = versions
            .iter()
            .flat_map(|(library, versions)| versions.iter().map(move |one| (*library, *one)));
        let position = all.position(|one| one == (library, version)).unwrap();
        elf::VersionIndex(u16::try_from(position + 2).unwrap())
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(self.endian, self.is_64, &mut bytes);
        let versions = self.versions();
        let version_count: usize = versions.iter().map(|(_, versions)| versions.len()).sum();
        let named: Vec<_> = self
            .symbols
            .iter()
            .filter(|one| !one.2.is_empty())
            .collect();
        let is_dynamic = !self.needed.is_empty();
        let interpreter = self
            .interpreter
            .map(|path| [path.as_bytes(), b"\0"].concat());

        // First everything gets its place, then everything is written, in the same order.
        let segments = 1
            + u32::from(interpreter.is_some())
            + u32::from(is_dynamic)
            + u32::from(self.stack.is_some());
        writer.reserve_file_header();
        writer.reserve_program_headers(segments);
        writer.reserve_null_section_index();
        let interpreter = interpreter.map(|path| {
            let name = writer.add_section_name(b".interp");
            writer.reserve_section_index();
            (name, writer.reserve(path.len() as u64, 1), path)
        });
        let sections: Vec<_> = self
            .sections
            .iter()
            .map(|(section, data)| {
                let name = writer.add_section_name(section.as_bytes());
                writer.reserve_section_index();
                (name, writer.reserve(data.len() as u64, 8), *section, data)
            })
            .collect();
        let mut needed = Vec::new();
        let mut names = Vec::new();
        let mut libraries = Vec::new();
        let mut dynamic_offset = 0;
        let mut dynamic_size = 0;
        if is_dynamic {
            for library in &self.needed {
                needed.push(writer.add_dynamic_string(library.as_bytes()));
            }
            for (library, versions) in &versions {
                let versions: Vec<_> = versions
                    .iter()
                    .map(|version| (*version, writer.add_dynamic_string(version.as_bytes())))
                    .collect();
                let file = writer.add_dynamic_string(library.as_bytes());
                libraries.push((*library, file, versions));
            }
            writer.reserve_null_dynamic_symbol_index();
            for (.., name) in &named {
                names.push(writer.add_dynamic_string(name.as_bytes()));
                writer.reserve_dynamic_symbol_index();
            }
            writer.reserve_dynsym_section_index();
            writer.reserve_dynsym();
            writer.reserve_dynstr_section_index();
            writer.reserve_dynstr().unwrap();
            writer.reserve_gnu_versym_section_index();
            writer.reserve_gnu_versym();
            writer.reserve_gnu_verneed_section_index();
            let count = u16::try_from(libraries.len()).unwrap();
            writer.reserve_gnu_verneed(count, version_count);
            writer.reserve_dynamic_section_index();
            let entries = needed.len() + 2;
            dynamic_offset = writer.reserve_dynamic(entries);
            dynamic_size = entries as u64 * if self.is_64 { 16 } else { 8 };
        }
        let main = self.has_symbol_table.then(|| {
            let name = writer.add_string(b"main");
            writer.reserve_null_symbol_index();
            writer.reserve_symbol_index(None);
            writer.reserve_symtab_section_index();
            writer.reserve_symtab();
            writer.reserve_strtab_section_index();
            writer.reserve_strtab().unwrap();
            name
        });
        writer.reserve_shstrtab_section_index();
        writer.reserve_shstrtab().unwrap();
        writer.reserve_section_headers();
        let size = writer.reserved_len();

        let header = FileHeader {
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            e_type: self.kind,
            e_machine: self.machine,
            e_entry: self.entry,
            e_flags: elf::FileFlags(0),
        };
        writer.write_file_header(&header).unwrap();
        writer.write_align_program_headers();
        let mut segment = |p_type, p_flags, offset, size| {
            writer.write_program_header(&ProgramHeader {
                p_type,
                p_flags,
                p_offset: offset,
                p_vaddr: offset,
                p_paddr: offset,
                p_filesz: size,
                p_memsz: size,
                p_align: 1,
            });
        };
        if let Some((_, offset, path)) = &interpreter {
            segment(elf::PT_INTERP, elf::PF_R, *offset, path.len() as u64);
        }
        segment(elf::PT_LOAD, elf::PF_R | elf::PF_X, 0, size);
        if is_dynamic {
            segment(
                elf::PT_DYNAMIC,
                elf::PF_R | elf::PF_W,
                dynamic_offset,
                dynamic_size,
            );
        }
        if let Some(flags) = self.stack {
            segment(elf::PT_GNU_STACK, flags, 0, 0);
        }
        if let Some((_, _, path)) = &interpreter {
            writer.write(path);
        }
        for (_, offset, _, data) in &sections {
            writer.pad_until(*offset);
            writer.write(data);
        }
        if is_dynamic {
            writer.write_null_dynamic_symbol();
            for name in &names {
                let st_name = writer.dynamic_string_offset(Some(*name));
                writer.write_dynamic_symbol(&undefined(st_name));
            }
            writer.write_dynstr();
            writer.write_null_gnu_versym();
            for (library, version, _) in &named {
                writer.write_gnu_versym(self.version_index(library, version).versym(false));
            }
            writer.write_align_gnu_verneed();
            for (library, file, versions) in &libraries {
                writer.write_gnu_verneed(&Verneed {
                    version: elf::VER_NEED_CURRENT,
                    aux_count: u16::try_from(versions.len()).unwrap(),
                    file: writer.dynamic_string_offset(Some(*file)),
                });
                for (version, name) in versions {
                    writer.write_gnu_vernaux(&Vernaux {
                        flags: self.version_flags,
                        index: self.version_index(library, version),
                        name: writer.dynamic_string_offset(Some(*name)),
                        hash: elf::hash(version.as_bytes()),
                    });
                }
            }
            writer.write_align_dynamic();
            for library in &needed {
                writer
                    .write_dynamic_string(elf::DT_NEEDED, *library)
                    .unwrap();
            }
            writer
                .write_dynamic(elf::DT_FLAGS_1, self.dynamic_flags.0)
                .unwrap();
            writer.write_dynamic(elf::DT_NULL, 0).unwrap();
        }
        if let Some(name) = main {
            writer.write_null_symbol();
            let st_name = writer.string_offset(Some(name));
            writer.write_symbol(&undefined(st_name));
            writer.write_strtab();
        }
        writer.write_shstrtab();
        writer.write_null_section_header();
        let mut section = |name, flags, offset, size| {
            let sh_name = writer.section_name_offset(Some(name));
            writer.write_section_header(&SectionHeader {
                sh_name,
                sh_type: elf::SHT_PROGBITS,
                sh_flags: flags,
                sh_addr: offset,
                sh_offset: offset,
                sh_size: size,
                sh_link: 0,
                sh_info: 0,
                sh_addralign: 1,
                sh_entsize: 0,
            });
        };
        if let Some((name, offset, path)) = &interpreter {
            section(*name, elf::SHF_ALLOC, *offset, path.len() as u64);
        }
        for (id, offset, name, data) in &sections {
            let flags = match name.starts_with(".debug") {
                true => elf::SectionFlags(0),
                false => elf::SHF_ALLOC,
            };
            section(*id, flags, *offset, data.len() as u64);
        }
        if is_dynamic {
            writer.write_dynsym_section_header(0, 1);
            writer.write_dynstr_section_header(0);
            writer.write_gnu_versym_section_header(0);
            writer.write_gnu_verneed_section_header(0);
            writer.write_dynamic_section_header(0);
        }
        if main.is_some() {
            writer.write_symtab_section_header(1);
            writer.write_strtab_section_header();
        }
        writer.write_shstrtab_section_header();
        bytes
    }
}

fn undefined(st_name: u32) -> Sym {
    Sym {
        section: None,
        st_name,
        st_info: elf::SymbolInfo::new(elf::STB_GLOBAL, elf::STT_FUNC),
        st_other: elf::SymbolOther(0),
        st_shndx: elf::SHN_UNDEF,
        st_value: 0,
        st_size: 0,
    }
}
