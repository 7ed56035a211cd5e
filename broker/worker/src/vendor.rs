//! The vendor's library.

pub mod boundary;
pub mod versions;
pub mod visible;

use std::ffi::{CString, c_void};
use std::path::{Path, PathBuf};

use ava_protocol::api::{Api, Version};
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

/// Finds functions by name.
pub trait Symbols {
    /// The function's address, or null.
    fn find(&mut self, name: &str) -> *mut c_void;
}

/// The file that programs are given in the vendor's place. A worker that had it would ask for a worker.
const OWN: &str = "libava.so";

/// Finds the functions of extensions, which a library does not export, but hands out.
pub trait ExtensionSymbols {
    /// The function's address; null where it is not there, or where the table does not describe it as it is.
    fn find(&self, name: &str, extension: &str) -> *mut c_void;

    /// The extension's version; zeros where nobody says.
    fn version(&self, extension: &str) -> Version;
}

/// A loaded vendor library. It is never unloaded: vendors do not survive that.
pub struct Loaded {
    library: Library,
    /// The file, where one was named.
    file: Option<PathBuf>,
    /// One that it has.
    found: *mut c_void,
}

impl Loaded {
    /// Loads an API's library: from this file, or by its name, else from one of the table's places.
    ///
    /// # Errors
    /// The dynamic linker's words.
    pub fn open(table: &Api, file: Option<&Path>) -> Result<Self, String> {
        let library = match file {
            Some(file) => open(file)?,
            None => open(Path::new(table.library)).or_else(|error| {
                let files = table.places.iter().map(|place| Path::new(place).join(table.library));
                match files.into_iter().find(|file| file.exists()) {
                    Some(file) => open(&file),
                    None => Err(error),
                }
            })?,
        };
        if open_loaded(OWN).is_some() {
            return Err(format!("{} leads to AvA's own {OWN}, and not to a vendor's", table.library));
        }
        Ok(Self { library, file: file.map(Path::to_owned), found: std::ptr::null_mut() })
    }

    /// Loads another API's library of the same vendor: the one beside this, if this one's file was named and there is one.
    ///
    /// # Errors
    /// The dynamic linker's words.
    pub fn sibling(&self, table: &Api) -> Result<Self, String> {
        let beside = self.file.as_ref().map(|file| file.with_file_name(table.library));
        Self::open(table, beside.filter(|file| file.exists()).as_deref())
    }

    /// The file that the library was loaded from.
    pub fn path(&self) -> String {
        let address = self.found;
        // SAFETY: `Dl_info` is plain data that `dladdr` fills; its name is NUL-terminated and lives as long as the library.
        unsafe {
            let mut info: libc::Dl_info = std::mem::zeroed();
            if address.is_null() || libc::dladdr(address, &mut info) == 0 || info.dli_fname.is_null() {
                return String::new();
            }
            std::ffi::CStr::from_ptr(info.dli_fname).to_string_lossy().into_owned()
        }
    }

    /// A function that nothing goes without.
    ///
    /// # Errors
    /// The library lacks it.
    pub fn require(&mut self, name: &str) -> Result<*mut c_void, String> {
        let found = self.symbol(name);
        self.found = found;
        if found.is_null() { Err(format!("the library has no {name}")) } else { Ok(found) }
    }

    pub fn symbol(&self, name: &str) -> *mut c_void {
        let Ok(text) = CString::new(name) else {
            return std::ptr::null_mut();
        };
        // SAFETY: the address is only compared or cast to the type that the header check has proven.
        match unsafe { self.library.get::<*mut c_void>(text.as_bytes_with_nul()) } {
            Ok(symbol) => symbol.into_raw(),
            Err(_) => std::ptr::null_mut(),
        }
    }
}

fn open(file: &Path) -> Result<Library, String> {
    // SAFETY: loading the vendor's library, whose initialisers run here, is what a worker is for.
    unsafe { Library::open(Some(file), RTLD_NOW | RTLD_GLOBAL) }.map_err(|error| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        source.unwrap_or_else(|| error.to_string())
    })
}

/// A library that is loaded already.
fn open_loaded(name: &str) -> Option<Library> {
    // SAFETY: with RTLD_NOLOAD nothing is loaded, and so no initialiser runs.
    unsafe { Library::open(Some(name), RTLD_NOW | libc::RTLD_NOLOAD) }.ok()
}

/// The functions of a library that hands them out as a struct: a word with a version, and pointers in the table's order.
pub struct Listed {
    pub table: &'static Api,
    /// The struct.
    list: *const *mut c_void,
    /// The version that it begins with.
    pub version: [u8; 2],
}

impl Listed {
    /// Has the library hand out its functions: by the function of this name, and in a version with the same major number.
    ///
    /// # Errors
    /// The library has no such function, or hands out nothing, or another version.
    pub fn load(table: &'static Api, by: (&str, [u8; 2]), loaded: &mut Loaded) -> Result<Self, String> {
        type HandOut = unsafe extern "C" fn(*mut *const *mut c_void) -> u64;
        let (name, [known, known_minor]) = by;
        let get = loaded.require(name)?;
        let mut list = std::ptr::null();
        // SAFETY: such functions have this type in the libraries of every API, and are given a place for the address.
        let status = unsafe { std::mem::transmute::<*mut c_void, HandOut>(get)(&raw mut list) };
        let library = table.library;
        if status != 0 || list.is_null() {
            return Err(format!("{library} hands out no functions: {name} returns {status:#x}"));
        }
        // SAFETY: the struct begins with two bytes of version; one of the same major has a place for each function.
        let version @ [major, minor] = unsafe { list.cast::<[u8; 2]>().read() };
        if major != known {
            let table = format!("the table is of {known}.{known_minor:02}");
            return Err(format!("{library} is a module of version {major}.{minor:02}, and {table}"));
        }
        Ok(Self { table, list, version })
    }
}

impl Symbols for Listed {
    fn find(&mut self, name: &str) -> *mut c_void {
        match self.table.functions.iter().position(|known| *known == name) {
            // SAFETY: the library vouches for the struct, which has a place for each function of the table.
            Some(at) => unsafe { self.list.add(1 + at).read() },
            None => std::ptr::null_mut(),
        }
    }
}

impl Symbols for Loaded {
    fn find(&mut self, name: &str) -> *mut c_void {
        let found = self.symbol(name);
        if !found.is_null() {
            self.found = found;
        }
        found
    }
}
