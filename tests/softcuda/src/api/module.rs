//! Modules: images in the current context.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use super::entry::entries;
use super::values::{In, Out, Text, write_text};
use crate::cuda::{CUdeviceptr, CUfunction, CUmodule, Result, Status};
use crate::device::context;
use crate::device::module::{MODULES, Module, Symbol, parse};
use crate::device::profile::TARGET;
use crate::{engine, image};

entries! { checked;
    fn cuModuleLoad(place: Out<CUmodule>, file: Text) {
        place.check()?;
        let bytes = read(&file.get()?)?;
        load(place, compile(bytes.as_ptr().cast(), Some(bytes.len()), &Log::default())?)
    }

    fn cuModuleLoadData(place: Out<CUmodule>, image: *const c_void) {
        place.check()?;
        load(place, compile(image, None, &Log::default())?)
    }

    fn cuModuleLoadDataEx(place: Out<CUmodule>, image: *const c_void, count: u32, options: In<u32>, values: In<usize>) {
        place.check()?;
        let log = Log::new(count, options, values)?;
        load(place, compile(image, None, &log)?)
    }

    fn cuModuleLoadFatBinary(place: Out<CUmodule>, image: *const c_void) {
        place.check()?;
        load(place, compile(image, None, &Log::default())?)
    }

    fn cuModuleUnload(module: CUmodule) {
        let module = MODULES.find(module)?;
        context::find(module.context)?.synchronize()?;
        module.unload();
        Ok(())
    }

    fn cuModuleGetFunction(place: Out<CUfunction>, module: CUmodule, name: Text) {
        place.check()?;
        place.set(MODULES.find(module)?.function(&name.get()?)?.handle)
    }

    fn cuModuleGetFunctionCount(count: Out<u32>, module: CUmodule) {
        count.set(MODULES.find(module)?.kernel_names().len() as u32)
    }

    fn cuModuleEnumerateFunctions(places: Out<CUfunction>, count: u32, module: CUmodule) {
        let module = MODULES.find(module)?;
        let names = module.kernel_names();
        let functions = names.iter().take(count as usize).map(|name| Ok(module.function(name)?.handle));
        places.set_all(functions.collect::<Result<Vec<_>>>()?)
    }

    fn cuModuleGetGlobal_v2(address: Out<CUdeviceptr>, size: Out<usize>, module: CUmodule, name: Text) {
        write_symbol(address, size, MODULES.find(module)?.global(&name.get()?)?)
    }

    /// Kernels are compiled when they are used first (`CU_MODULE_LAZY_LOADING`).
    fn cuModuleGetLoadingMode(mode: Out<u32>) {
        mode.set(2)
    }
}

/// Where a variable is and how large, as far as that is wanted; `INVALID_VALUE` if neither is.
pub fn write_symbol(address: Out<CUdeviceptr>, size: Out<usize>, symbol: Symbol) -> Result {
    if address.is_null() && size.is_null() {
        return Err(Status::INVALID_VALUE);
    }
    address.set_if(symbol.address);
    size.set_if(symbol.size);
    Ok(())
}

fn load(place: Out<CUmodule>, module: engine::Module) -> Result {
    let context = context::usable()?;
    place.set(Module::load(Arc::new(module), context.owner(), None)?.handle)
}

/// The bytes of a file, with a NUL behind them; `FILE_NOT_FOUND` if it cannot be read.
pub fn read(file: &str) -> Result<Vec<u8>> {
    let mut bytes = std::fs::read(file).map_err(|_| Status::FILE_NOT_FOUND)?;
    bytes.push(0);
    Ok(bytes)
}

/// The code of an image, of a size that is known or said by the image itself.
pub fn compile(image: *const c_void, size: Option<usize>, log: &Log) -> Result<engine::Module> {
    if image.is_null() {
        return Err(Status::INVALID_VALUE);
    }
    let module = parse(&texts(image, size)?).or_else(|(status, why)| {
        log.error(&why)?;
        Err(status)
    });
    log.finish(module.is_ok())?;
    module
}

/// The PTX of an image; `INVALID_IMAGE` for what is nothing of the kind.
pub fn texts(image: *const c_void, size: Option<usize>) -> Result<Vec<String>> {
    // SAFETY: the program says that an image is there; its length is what is known, or what the image says itself.
    let texts = unsafe { image::ptx(image, size, TARGET) };
    texts.map_err(|error| match error {
        image::ImageError::Invalid => Status::INVALID_IMAGE,
        image::ImageError::NoBinary => Status::NO_BINARY_FOR_GPU,
    })
}

/// What the options of a compilation ask for (`CUjit_option`), as far as something answers them.
#[derive(Default)]
pub struct Log {
    errors: Option<Room>,
    /// The size of the information log takes how much was written: nothing.
    information: Option<Out<usize>>,
    /// Takes the time of the compilation, which is not measured.
    time: Option<Out<f32>>,
}

struct Room {
    place: Out<c_char>,
    size: usize,
    /// The option's value takes how much was written.
    written: Out<usize>,
}

impl Log {
    /// Reads options; each has its value in the other array, as itself or as a pointer.
    pub fn new(count: u32, options: In<u32>, values: In<usize>) -> Result<Self> {
        let options = options.all(count as usize)?;
        let all = values.all(count as usize)?;
        let value = |option: u32| options.iter().position(|own| *own == option);
        let slot = |at: usize| Out::at(values.address().wrapping_add(at).cast_mut());
        let (buffer, size) = (value(option::ERROR_LOG), value(option::ERROR_LOG_SIZE));
        let errors = buffer.zip(size).map(|(buffer, size)| Room {
            place: Out::at(all[buffer] as *mut c_char),
            size: all[size] as u32 as usize,
            written: slot(size),
        });
        let time = value(option::WALL_TIME).map(|at| slot(at).cast());
        Ok(Self { errors, information: value(option::INFORMATION_LOG_SIZE).map(slot), time })
    }

    fn error(&self, why: &str) -> Result {
        match &self.errors {
            Some(room) if room.size > 0 && !room.place.is_null() => {
                let text = format!("softcuda: {why}");
                write_text(room.place, room.size, text.as_bytes())?;
                room.written.set(text.len().min(room.size - 1) + 1)
            }
            _ => Ok(()),
        }
    }

    fn finish(&self, is_compiled: bool) -> Result {
        if let Some(errors) = self.errors.as_ref().filter(|_| is_compiled) {
            errors.written.set(0)?;
        }
        self.information.map_or(Ok(()), |size| size.set(0))?;
        self.time.map_or(Ok(()), |time| time.set(0.0))
    }
}

/// `CUjit_option`.
mod option {
    pub const WALL_TIME: u32 = 2;
    pub const INFORMATION_LOG_SIZE: u32 = 4;
    pub const ERROR_LOG: u32 = 5;
    pub const ERROR_LOG_SIZE: u32 = 6;
}
