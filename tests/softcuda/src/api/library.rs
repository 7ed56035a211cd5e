//! Libraries: images of the process, and their kernels, which every context can use.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::{c_char, c_void};

use super::entry::entries;
use super::function::{attribute, set_attribute, write_parameter};
use super::module::{Log, compile, read, write_symbol};
use super::values::{In, Out, Text};
use crate::cuda::{CUdevice, CUdeviceptr, CUfunction, CUkernel, CUlibrary, CUmodule, Result, Status};
use crate::device::context;
use crate::device::module::{KERNELS, LIBRARIES, Library};
use crate::device::profile;

entries! { checked;
    fn cuLibraryLoadData(
        place: Out<CUlibrary>,
        image: *const c_void,
        options: In<u32>,
        values: In<usize>,
        count: u32,
        _library_options: In<u32>,
        _library_values: In<usize>,
        _library_count: u32,
    ) {
        place.check()?;
        let log = Log::new(count, options, values)?;
        place.set(Library::load(compile(image, None, &log)?).handle)
    }

    fn cuLibraryLoadFromFile(
        place: Out<CUlibrary>,
        file: Text,
        options: In<u32>,
        values: In<usize>,
        count: u32,
        _library_options: In<u32>,
        _library_values: In<usize>,
        _library_count: u32,
    ) {
        place.check()?;
        let log = Log::new(count, options, values)?;
        let bytes = read(&file.get()?)?;
        place.set(Library::load(compile(bytes.as_ptr().cast(), Some(bytes.len()), &log)?).handle)
    }

    fn cuLibraryUnload(library: CUlibrary) {
        LIBRARIES.remove(library)?.unload();
        Ok(())
    }

    fn cuLibraryGetKernel(place: Out<CUkernel>, library: CUlibrary, name: Text) {
        place.check()?;
        place.set(LIBRARIES.find(library)?.kernel(&name.get()?)?.handle)
    }

    fn cuLibraryGetKernelCount(count: Out<u32>, library: CUlibrary) {
        count.set(LIBRARIES.find(library)?.kernel_names().len() as u32)
    }

    fn cuLibraryEnumerateKernels(places: Out<CUkernel>, count: u32, library: CUlibrary) {
        let library = LIBRARIES.find(library)?;
        let names = library.kernel_names();
        let kernels = names.iter().take(count as usize).map(|name| Ok(library.kernel(name)?.handle));
        places.set_all(kernels.collect::<Result<Vec<_>>>()?)
    }

    fn cuLibraryGetModule(place: Out<CUmodule>, library: CUlibrary) {
        place.check()?;
        let library = LIBRARIES.find(library)?;
        place.set(library.instance(context::usable()?.owner())?.handle)
    }

    fn cuLibraryGetGlobal(address: Out<CUdeviceptr>, size: Out<usize>, library: CUlibrary, name: Text) {
        let library = LIBRARIES.find(library)?;
        let module = library.instance(context::usable()?.owner())?;
        write_symbol(address, size, module.global(&name.get()?)?)
    }

    fn cuLibraryGetManaged(address: Out<CUdeviceptr>, size: Out<usize>, library: CUlibrary, name: Text) {
        write_symbol(address, size, LIBRARIES.find(library)?.managed(&name.get()?)?)
    }

    /// No image has unified functions.
    fn cuLibraryGetUnifiedFunction(_place: Out<*mut c_void>, library: CUlibrary, _name: Text) {
        LIBRARIES.find(library)?;
        Err(Status::NOT_FOUND)
    }

    fn cuKernelGetFunction(place: Out<CUfunction>, kernel: CUkernel) {
        place.check()?;
        let kernel = KERNELS.find(kernel)?;
        place.set(kernel.function(context::usable()?.owner())?.handle)
    }

    fn cuKernelGetLibrary(place: Out<CUlibrary>, kernel: CUkernel) {
        place.set(KERNELS.find(kernel)?.library()?.handle)
    }

    fn cuKernelGetName(place: Out<*const c_char>, kernel: CUkernel) {
        place.set(KERNELS.find(kernel)?.name.as_ptr())
    }

    fn cuKernelGetParamInfo(kernel: CUkernel, index: usize, offset: Out<usize>, size: Out<usize>) {
        let kernel = KERNELS.find(kernel)?;
        let function = kernel.function(context::usable()?.owner())?;
        write_parameter(&function.parameters, index, offset, size)
    }

    fn cuKernelGetAttribute(value: Out<i32>, number: u32, kernel: CUkernel, device: CUdevice) {
        value.check()?;
        profile::device(device)?;
        let kernel = KERNELS.find(kernel)?;
        let function = kernel.function(context::usable()?.owner())?;
        value.set(attribute(&function, &kernel.settings(device), number)?)
    }

    fn cuKernelSetAttribute(number: u32, value: i32, kernel: CUkernel, device: CUdevice) {
        profile::device(device)?;
        let kernel = KERNELS.find(kernel)?;
        let function = kernel.function(context::usable()?.owner())?;
        set_attribute(&function, &kernel.settings(device), number, value)
    }

    /// Caches are not modelled.
    fn cuKernelSetCacheConfig(kernel: CUkernel, config: u32, device: CUdevice) {
        profile::device(device)?;
        KERNELS.find(kernel)?;
        if config > 3 { Err(Status::INVALID_VALUE) } else { Ok(()) }
    }
}
