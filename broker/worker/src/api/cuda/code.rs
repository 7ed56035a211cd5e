//! Modules, libraries and what is linked, with options.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use ava_protocol::cuda as table;
use ava_protocol::cuda::custom::{ArchivedCompile, ArchivedComplete, Compiled, Completed, Told};
use ava_protocol::cuda::kind;
use ava_protocol::wire::{ArchivedData, ArchivedPlace, Returned, Stored};

use super::options::Options;
use super::state::State;
use crate::call::{Birth, Call, Outcome, Stop};
use crate::gate::Cost;
use crate::upcall::stdio::may_print;

/// Compiles code into an object of this kind, by a function that gets the object's place, the code and the options.
fn load(
    call: &mut Call,
    body: &[u8],
    name: &'static str,
    kind: u16,
    function: impl FnOnce(*mut *mut c_void, *mut c_void, &mut Options) -> u32,
) -> Outcome {
    let r = call.read::<ArchivedCompile<'_>>(body, name)?;
    let mut made = call.birth(r.object.to_native(), kind)?;
    let code = call.binary(&r.code, name)?;
    let mut options = Options::read(call, &r.options, name)?;
    may_print();
    // What the driver makes of it nobody tells; it is about as long.
    call.admit(|| Cost { device_memory: code.amount(), ..Cost::default() })?;
    let ret = function(made.as_mut_ptr(), code.as_ptr().cast_mut(), &mut options);
    if ret == 0 {
        call.delivered_with(&mut made, &[], code.amount())?;
    }
    call.reply(&Compiled { ret, made: made.stored(), told: options.told(), link: Told::default() })
}

pub fn cuModuleLoadData(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuModuleLoadData";
    let r = call.read::<table::cuModuleLoadData::ArchivedRequest>(body, NAME)?;
    let mut module = call.birth(r.module.to_native(), kind::CUmodule)?;
    let function = api.vendor.cuModuleLoadData.ok_or(Stop::Missing(NAME))?;
    // SAFETY: a place or null, and code that is as long as it says or ends where nothing can be touched.
    let ret = load_plain(call, &mut module, &r.image, NAME, |made, code| unsafe { function(made, code) })?;
    call.reply(&table::cuModuleLoadData::Reply { ret, module: module.stored() })
}

pub fn cuModuleLoadFatBinary(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuModuleLoadFatBinary";
    let r = call.read::<table::cuModuleLoadFatBinary::ArchivedRequest>(body, NAME)?;
    let mut module = call.birth(r.module.to_native(), kind::CUmodule)?;
    let function = api.vendor.cuModuleLoadFatBinary.ok_or(Stop::Missing(NAME))?;
    // SAFETY: as above.
    let ret = load_plain(call, &mut module, &r.fatCubin, NAME, |made, code| unsafe { function(made, code) })?;
    call.reply(&table::cuModuleLoadFatBinary::Reply { ret, module: module.stored() })
}

/// Compiles code without options.
fn load_plain(
    call: &mut Call,
    module: &mut Birth,
    code: &ArchivedData<'_>,
    name: &'static str,
    function: impl FnOnce(*mut *mut c_void, *const c_void) -> u32,
) -> Result<u32, Stop> {
    let code = call.binary(code, name)?;
    may_print();
    call.admit(|| Cost { device_memory: code.amount(), ..Cost::default() })?;
    let ret = function(module.as_mut_ptr(), code.as_ptr());
    if ret == 0 {
        call.delivered_with(module, &[], code.amount())?;
    }
    Ok(ret)
}

pub fn cuModuleLoadDataEx(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuModuleLoadDataEx";
    let function = api.vendor.cuModuleLoadDataEx.ok_or(Stop::Missing(NAME))?;
    // SAFETY: a place or null, code that is as long as it says or ends where nothing can be touched, and as many options.
    load(call, body, NAME, kind::CUmodule, |made, code, options| unsafe {
        function(made, code, options.count(), options.keys(), options.values())
    })
}

pub fn cuLibraryLoadData(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuLibraryLoadData";
    let function = api.vendor.cuLibraryLoadData.ok_or(Stop::Missing(NAME))?;
    // SAFETY: as above. Without options of the library's the driver copies the code.
    load(call, body, NAME, kind::CUlibrary, |made, code, options| unsafe {
        function(made, code, options.keys(), options.values(), options.count(), null_mut(), null_mut(), 0)
    })
}

pub fn cuLinkCreate_v2(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuLinkCreate_v2";
    let r = call.read::<ArchivedCompile<'_>>(body, NAME)?;
    let mut made = call.birth(r.object.to_native(), kind::CUlinkState)?;
    let mut options = Options::read(call, &r.options, NAME)?;
    let function = api.vendor.cuLinkCreate_v2.ok_or(Stop::Missing(NAME))?;
    // SAFETY: as many options, which stay as long as the link state, and a place or null.
    let ret = unsafe { function(options.count(), options.keys(), options.values(), made.as_mut_ptr()) };
    if ret == 0 {
        call.delivered(&mut made, &[])?;
    }
    let told = options.told();
    if matches!(made.stored(), Stored::Made) {
        api.links.made(r.object.to_native(), options);
    }
    call.reply(&Compiled { ret, made: made.stored(), told, link: Told::default() })
}

pub fn cuLinkAddData_v2(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuLinkAddData_v2";
    let r = call.read::<ArchivedCompile<'_>>(body, NAME)?;
    let id = r.object.to_native();
    let state = call.handle(id, kind::CUlinkState)?;
    let code = call.binary(&r.code, NAME)?;
    let name = call.text(&r.name)?;
    let mut options = Options::read(call, &r.options, NAME)?;
    let function = api.vendor.cuLinkAddData_v2.ok_or(Stop::Missing(NAME))?;
    let link = api.links.of(id);
    // Only one call at a time writes to the logs of a link state.
    let link = link.as_ref().map(|link| link.lock());
    // SAFETY: a live link state or null, code as above of as many bytes, a text, and as many options.
    let ret = unsafe {
        let (data, size) = (code.as_ptr().cast_mut(), code.amount() as usize);
        let (keys, values) = (options.keys(), options.values());
        function(state, r.input.to_native(), data, size, name.as_ptr().cast(), options.count(), keys, values)
    };
    let link = link.map_or_else(Told::default, |link| link.options.told());
    call.reply(&Compiled { ret, made: Stored::Untouched, told: options.told(), link })
}

pub fn cuLinkComplete(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuLinkComplete";
    let r = call.read::<ArchivedComplete>(body, NAME)?;
    let id = r.state.to_native();
    let state = call.handle(id, kind::CUlinkState)?;
    let link = api.links.of(id);
    let mut link = link.as_ref().map(|link| link.lock());
    if !matches!(r.code, ArchivedPlace::Null) {
        let kept = link.as_mut().map(|link| std::mem::take(&mut link.code)).unwrap_or_default();
        let mut output = call.output(&r.code, Some(kept.len() as u64), 1, NAME)?;
        output.set(&kept);
        let code = output.returned(None, true);
        return call.reply(&Completed { ret: 0, size: kept.len() as u64, code, link: Told::default() });
    }
    let function = api.vendor.cuLinkComplete.ok_or(Stop::Missing(NAME))?;
    let (mut code, mut size) = (null::<u8>(), 0);
    let place: *mut c_void = if r.wanted { (&raw mut code).cast() } else { null_mut() };
    // SAFETY: a live link state or null, and places or null.
    let ret = unsafe { function(state, place, &raw mut size) };
    let kept = match (ret, code.is_null()) {
        // SAFETY: the driver says that so much is there, as long as the link state.
        (0, false) => unsafe { std::slice::from_raw_parts(code, size) }.to_vec(),
        _ => Vec::new(),
    };
    let size = kept.len() as u64;
    if let Some(link) = &mut link {
        link.code = kept;
    }
    let link = link.map_or_else(Told::default, |link| link.options.told());
    call.reply(&Completed { ret, size, code: Returned::Untouched, link })
}
