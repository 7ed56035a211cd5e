//! The relevant facts of a program's ELF headers.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use object::Endianness;
use object::elf::{self, DataEncoding, FileClass, FileHeader64, Machine};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::read::{ReadCache, ReadRef};

/// A program, as the dynamic linker sees it.
#[derive(Debug, PartialEq, Eq)]
pub enum Binary {
    /// For another machine or word size.
    Foreign {
        what: String,
    },
    /// Without a dynamic linker.
    Static,
    Dynamic {
        interpreter: PathBuf,
        sanitizer: Option<Sanitizer>,
    },
}

/// A sanitizer that the compiler has built into the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sanitizer {
    Address,
    Thread,
}

/// A function of each kind, imported from its library or exported to others.
const SANITIZERS: [(&[u8], Sanitizer); 2] =
    [(b"\0__asan_init\0", Sanitizer::Address), (b"\0__tsan_init\0", Sanitizer::Thread)];

/// Reads as much of a file as is needed.
pub fn first_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A file that cannot be read is ignored.
    let _ = File::open(path).and_then(|file| file.take(256).read_to_end(&mut bytes));
    bytes
}

/// Parses the file's first bytes; `None` if it is no valid ELF file.
pub fn read(path: &Path, start: &[u8]) -> Option<Binary> {
    if !start.starts_with(&elf::ELFMAG) || start.len() < 20 {
        return None;
    }
    let class = FileClass(start[place::CLASS]);
    let halves = [start[place::MACHINE], start[place::MACHINE + 1]];
    let machine = Machine(match DataEncoding(start[place::DATA]) {
        elf::ELFDATA2MSB => u16::from_be_bytes(halves),
        _ => u16::from_le_bytes(halves),
    });
    if (machine, class) != (OURS, elf::ELFCLASS64) {
        return Some(Binary::Foreign { what: kind(machine, class) });
    }
    linked(&ReadCache::new(File::open(path).ok()?))
}

/// The offsets of fields that are the same in every ELF file.
mod place {
    pub const CLASS: usize = 4;
    pub const DATA: usize = 5;
    pub const MACHINE: usize = 18;
}

#[cfg(target_arch = "x86_64")]
const OURS: Machine = elf::EM_X86_64;
#[cfg(target_arch = "aarch64")]
const OURS: Machine = elf::EM_AARCH64;

fn kind(machine: Machine, class: FileClass) -> String {
    match (machine, class) {
        (elf::EM_386, _) => "32-bit x86".into(),
        (elf::EM_X86_64, elf::ELFCLASS32) => "x86-64 with 32-bit addresses".into(),
        (elf::EM_X86_64, _) => "x86-64".into(),
        (elf::EM_ARM, _) => "32-bit ARM".into(),
        (elf::EM_AARCH64, _) => "64-bit ARM".into(),
        (elf::EM_RISCV, _) => "RISC-V".into(),
        (Machine(other), _) => format!("another machine (number {other} in its header)"),
    }
}

fn linked<'data>(data: impl ReadRef<'data>) -> Option<Binary> {
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, data).ok()?;
    let interpreter = segments.iter().find_map(|segment| segment.interpreter(endian, data).ok().flatten());
    let dynamic = segments.iter().find_map(|segment| segment.dynamic(endian, data).ok().flatten()).unwrap_or_default();
    let value = |tag| dynamic.iter().find(|entry| entry.tag(endian) == tag).map(|entry| entry.d_val(endian));
    let Some(interpreter) = interpreter else {
        // The dynamic linker itself has no interpreter but a soname, and runs the program that it is given.
        return (value(elf::DT_SONAME).is_none()).then_some(Binary::Static);
    };
    let names = || {
        let (address, len) = (value(elf::DT_STRTAB)?, value(elf::DT_STRSZ)?.min(MOST_NAMES));
        let segment = segments.iter().find(|segment| {
            let within = address.checked_sub(segment.p_vaddr(endian));
            segment.p_type(endian) == elf::PT_LOAD && within.is_some_and(|within| within < segment.p_filesz(endian))
        })?;
        let place = (address - segment.p_vaddr(endian)).checked_add(segment.p_offset(endian))?;
        data.read_bytes_at(place, len).ok()
    };
    let names = names().unwrap_or_default();
    let has = |name: &[u8]| names.windows(name.len()).any(|window| window == name);
    let sanitizer = SANITIZERS.into_iter().find(|(name, _)| has(name)).map(|(_, sanitizer)| sanitizer);
    Some(Binary::Dynamic { interpreter: PathBuf::from(OsStr::from_bytes(interpreter)), sanitizer })
}

/// The most bytes of symbol names that are read.
const MOST_NAMES: u64 = 64 << 20;
