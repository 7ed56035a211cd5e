//! Extensions: a platform hands out the functions of its own, which take its own objects and no others, and says in which
//! version it has each.

use std::collections::BTreeMap;
use std::ffi::{CString, c_char, c_void};

use ava_protocol::api::Version;
use ava_protocol::opencl::API;

use super::roots;
use crate::engine::query::{self, Query};
use crate::generated::opencl::{Extensions, Vendor};
use crate::vendor::ExtensionSymbols;
use crate::vendor::versions::unpacked;

/// The functions of a platform's extensions.
pub struct Platform {
    /// What the platform's objects begin with, as `cl_khr_icd` demands: where their driver's functions are.
    driver: usize,
    pub functions: Extensions,
    source: Source,
}

/// All platforms, and what belongs to none.
pub struct Platforms {
    platforms: Vec<Platform>,
    loader: Platform,
}

impl Platforms {
    pub fn load(vendor: &Vendor) -> Self {
        let all = if vendor.clGetExtensionFunctionAddressForPlatform.is_some() {
            roots::platforms(vendor)
        } else {
            Vec::new()
        };
        let several = all.len() > 1;
        let platform = |platform: *mut c_void| {
            // SAFETY: where there are several, a loader has brought them together, which goes by this word of theirs.
            let driver = if several { unsafe { first_word(platform) } } else { 0 };
            Platform::load(Source::of(vendor, Some(platform)), driver)
        };
        Self { platforms: all.into_iter().map(platform).collect(), loader: Platform::load(Source::of(vendor, None), 0) }
    }

    /// The platform of an object; of what is none, the first.
    pub fn of(&self, object: *mut c_void) -> &Platform {
        let (several, first) = (self.platforms.len() > 1, self.platforms.first());
        // SAFETY: an object of one of several platforms begins as all of them do.
        let driver = (several && !object.is_null()).then(|| unsafe { first_word(object) });
        let found = driver.and_then(|driver| self.platforms.iter().find(|platform| platform.driver == driver));
        found.or(first).unwrap_or(&self.loader)
    }

    /// What the loader has itself.
    pub fn loader(&self) -> &Platform {
        &self.loader
    }

    /// A function of the table, of whichever platform has it, and the version of its extension.
    pub fn any(&self, name: &str) -> Option<Version> {
        self.platforms.iter().chain([&self.loader]).find_map(|platform| platform.has(name))
    }
}

impl Platform {
    fn load(source: Source, driver: usize) -> Self {
        Self { driver, functions: Extensions::load(&source), source }
    }

    /// The version of the extension of a function of the table, if the platform has the function.
    pub fn has(&self, name: &str) -> Option<Version> {
        let (_, extension) = API.extension_functions.iter().find(|(function, _)| *function == name)?;
        (!self.source.find(name, extension).is_null()).then(|| self.source.version(extension))
    }

    /// Whether programs see an extension.
    pub fn crosses(&self, extension: &str) -> bool {
        API.extension(extension).is_some_and(|known| known.crosses(self.source.announced(extension)))
    }
}

/// SAFETY: `object` leads to 8 bytes.
unsafe fn first_word(object: *mut c_void) -> usize {
    // SAFETY: by the caller's promise.
    unsafe { object.cast::<usize>().read() }
}

/// Where extension functions come from: a platform, or the loader.
struct Source {
    platform: Option<*mut c_void>,
    look_up: Option<unsafe extern "C" fn(*mut c_void, *const c_char) -> *mut c_void>,
    loaders: Option<unsafe extern "C" fn(*const c_char) -> *mut c_void>,
    /// Of the extensions of the platform and its devices: what it says first-hand, else the newest that a device has, for
    /// a platform has one function of a name. Zeros where it gives only the name.
    versions: BTreeMap<String, Version>,
}

// SAFETY: a platform lives as long as the process, and may be named by every thread.
unsafe impl Send for Source {}
// SAFETY: as above.
unsafe impl Sync for Source {}

impl Source {
    fn of(vendor: &Vendor, platform: Option<*mut c_void>) -> Self {
        // SAFETY of the casts: characters and handles in place of bytes.
        let look_up = vendor.clGetExtensionFunctionAddressForPlatform;
        let versions = platform.map_or_else(BTreeMap::new, |platform| versions(vendor, platform));
        Self { platform, look_up, loaders: vendor.clGetExtensionFunctionAddress, versions }
    }

    /// The version that the platform says it has.
    fn announced(&self, extension: &str) -> Option<Version> {
        self.versions.get(extension).copied().filter(|version| *version != (0, 0, 0))
    }
}

impl ExtensionSymbols for Source {
    fn find(&self, name: &str, extension: &str) -> *mut c_void {
        let known = API.extension(extension).is_none_or(|known| known.crosses(self.announced(extension)));
        let (true, Ok(name)) = (known, CString::new(name)) else { return std::ptr::null_mut() };
        // SAFETY: a live platform, and a name that ends.
        unsafe {
            match (self.platform, self.look_up, self.loaders) {
                (Some(platform), Some(look_up), _) => look_up(platform, name.as_ptr()),
                (None, _, Some(look_up)) => look_up(name.as_ptr()),
                _ => std::ptr::null_mut(),
            }
        }
    }

    fn version(&self, extension: &str) -> Version {
        self.announced(extension).unwrap_or_default()
    }
}

/// The extensions of a platform and its devices.
fn versions(vendor: &Vendor, platform: *mut c_void) -> BTreeMap<String, Version> {
    const CL_PLATFORM_EXTENSIONS: u32 = 0x0904;
    const CL_PLATFORM_EXTENSIONS_WITH_VERSION: u32 = 0x0907;
    const CL_DEVICE_EXTENSIONS: u32 = 0x1030;
    const CL_DEVICE_EXTENSIONS_WITH_VERSION: u32 = 0x1060;
    let mut all = BTreeMap::new();
    for device in roots::devices(vendor, platform) {
        for (name, version) in
            named(vendor.clGetDeviceInfo, device, CL_DEVICE_EXTENSIONS, CL_DEVICE_EXTENSIONS_WITH_VERSION)
        {
            let newest = all.entry(name).or_insert(version);
            *newest = version.max(*newest);
        }
    }
    for (name, version) in
        named(vendor.clGetPlatformInfo, platform, CL_PLATFORM_EXTENSIONS, CL_PLATFORM_EXTENSIONS_WITH_VERSION)
    {
        if version != (0, 0, 0) || !all.contains_key(&name) {
            all.insert(name, version);
        }
    }
    all
}

/// What a platform or device says it has: names, and names with versions.
fn named(query: Option<Query>, object: *mut c_void, names: u32, with_versions: u32) -> Vec<(String, Version)> {
    /// `cl_name_version`
    const SIZE: usize = 68;
    let plain = query::text(query, object, names);
    let plain = plain.split_whitespace().map(|name| (name.to_owned(), (0, 0, 0)));
    let versions = query::all(query, object, with_versions);
    let versions = versions.chunks_exact(SIZE).map(|one| {
        let (number, name) = one.split_at(4);
        (query::cut(name), number.first_chunk().map_or((0, 0, 0), |number| unpacked(u32::from_le_bytes(*number))))
    });
    plain.chain(versions).collect()
}
