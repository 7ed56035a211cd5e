//! Launches of kernels, with arguments that the shim has gathered.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::ptr::{null_mut, without_provenance_mut};

use ava_protocol::cuda::c::CUlaunchConfig;
use ava_protocol::cuda::constant::CUDA_ERROR_NOT_SUPPORTED;
use ava_protocol::cuda::custom::{ATTRIBUTE, ArchivedLaunch, COOPERATIVE, Clusters, Status, crosses};
use ava_protocol::cuda::{API, kind, opcode};
use ava_protocol::layout::Rows;

use super::state::State;
use crate::call::{Call, Outcome, Stop};
use crate::gate::Cost;
use crate::generated::cuda::cost;
use crate::memory::Input;

/// `CU_LAUNCH_PARAM_END`, `…_BUFFER_POINTER` and `…_BUFFER_SIZE`.
const END: *mut c_void = null_mut();
const BUFFER: *mut c_void = without_provenance_mut(1);
const BUFFER_SIZE: *mut c_void = without_provenance_mut(2);

/// Arguments in one buffer, and the list that leads the driver to it.
pub(super) struct Packed {
    list: Option<Box<([*mut c_void; 5], usize)>>,
}

impl Packed {
    /// The list stays what it is as long as `arguments`.
    pub fn new(arguments: &Input) -> Self {
        let size = arguments.bytes().map_or(0, <[u8]>::len);
        let list = (size > 0).then(|| {
            let mut list = Box::new(([END; 5], size));
            list.0 = [BUFFER, arguments.as_ptr().cast_mut(), BUFFER_SIZE, (&raw mut list.1).cast(), END];
            list
        });
        Self { list }
    }

    /// The list; null for no arguments.
    pub fn extra(&self) -> *mut c_void {
        self.list.as_ref().map_or(null_mut(), |list| list.0.as_ptr().cast_mut().cast())
    }

    /// The buffer and its size in a list that the driver has.
    ///
    /// # Safety
    /// The list is null, or one of a buffer and its size, with its end.
    pub unsafe fn told(list: *const *const c_void) -> Option<(*const u8, usize)> {
        if list.is_null() {
            return None;
        }
        let (mut buffer, mut size) = (std::ptr::null::<u8>(), 0);
        for pair in 0..2 {
            // SAFETY: by the caller's promise.
            unsafe {
                match (*list.add(2 * pair)).cast_mut() {
                    BUFFER => buffer = (*list.add(2 * pair + 1)).cast(),
                    BUFFER_SIZE => size = (*list.add(2 * pair + 1)).cast::<usize>().read(),
                    _ => break,
                }
            }
        }
        (!buffer.is_null()).then_some((buffer, size))
    }
}

pub fn cuLaunchKernel(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    launch(opcode, api, call, body, cost::cuLaunchKernel)
}

pub fn cuLaunchKernelEx(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    launch(opcode, api, call, body, cost::cuLaunchKernelEx)
}

/// The driver's own function takes arguments one by one only, whose sizes it alone knows: so it is asked by the attribute.
pub fn cuLaunchCooperativeKernel(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    launch(opcode, api, call, body, cost::cuLaunchCooperativeKernel)
}

fn launch(opcode: u32, api: &State, call: &mut Call, body: &[u8], commands: u64) -> Outcome {
    let name = API.functions[opcode as usize];
    let is_twin = [opcode::cuLaunchKernel_ptsz, opcode::cuLaunchKernelEx_ptsz, opcode::cuLaunchCooperativeKernel_ptsz]
        .contains(&opcode);
    let r = call.read::<ArchivedLaunch>(body, name)?;
    // Who uses the stream next is told if the launch fails after all.
    let stream = call.handle(r.stream.to_native(), kind::CUstream)?;
    let function = call.handle(r.function.to_native(), kind::CUfunction)?;
    let [gridDimX, gridDimY, gridDimZ] = r.grid.map(|size| size.to_native());
    let [blockDimX, blockDimY, blockDimZ] = r.block.map(|size| size.to_native());
    let sharedMemBytes = r.shared.to_native();
    let arguments = call.input(&r.arguments, Rows::flat(r.arguments.size()), false, name)?;
    let attributes = attributes(call, r, name)?;
    call.admit(|| Cost { commands, ..Cost::default() })?;
    let packed = Packed::new(&arguments);
    let extra = packed.extra();
    call.occupy(r.stream.to_native(), stream);
    let takes_attributes = [opcode::cuLaunchKernelEx, opcode::cuLaunchKernelEx_ptsz].contains(&opcode);
    // SAFETY: a live function and stream or null, attributes that hold no addresses, and a list of a buffer and its size, with
    // its end. How many bytes the kernel takes the driver knows, and refuses others.
    let ret = unsafe {
        if attributes.is_empty() && !takes_attributes {
            let opcode = if is_twin { opcode::cuLaunchKernel_ptsz } else { opcode::cuLaunchKernel };
            let plain = api.vendor.cuLaunchKernel(opcode).ok_or(Stop::Missing(name))?;
            plain(
                function,
                gridDimX,
                gridDimY,
                gridDimZ,
                blockDimX,
                blockDimY,
                blockDimZ,
                sharedMemBytes,
                stream,
                null_mut(),
                extra,
            )
        } else {
            let opcode = if is_twin { opcode::cuLaunchKernelEx_ptsz } else { opcode::cuLaunchKernelEx };
            let with_attributes = api.vendor.cuLaunchKernelEx(opcode).ok_or(Stop::Missing(name))?;
            let config = config(r, stream, &attributes);
            with_attributes((&raw const config).cast(), function, null_mut(), extra)
        }
    };
    if ret == 0 {
        call.charge_commands(Some(commands));
        call.launched(r.function.to_native());
    }
    if call.is_oneway() {
        return call.end_oneway(ret == 0, ret.into());
    }
    call.reply(&Status { ret })
}

pub fn cuOccupancyMaxPotentialClusterSize(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    clusters(call, body, "cuOccupancyMaxPotentialClusterSize", api.vendor.cuOccupancyMaxPotentialClusterSize)
}

pub fn cuOccupancyMaxActiveClusters(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    clusters(call, body, "cuOccupancyMaxActiveClusters", api.vendor.cuOccupancyMaxActiveClusters)
}

/// A function that says something of a launch which is not made.
type Clustered = unsafe extern "C" fn(*mut i32, *mut c_void, *const c_void) -> u32;

fn clusters(call: &mut Call, body: &[u8], name: &'static str, vendor: Option<Clustered>) -> Outcome {
    let r = call.read::<ArchivedLaunch>(body, name)?;
    let vendor = vendor.ok_or(Stop::Missing(name))?;
    let stream = call.handle(r.stream.to_native(), kind::CUstream)?;
    let function = call.handle(r.function.to_native(), kind::CUfunction)?;
    let attributes = attributes(call, r, name)?;
    let config = config(r, stream, &attributes);
    let mut count = 0;
    // SAFETY: a place for a number, a live function or null, and a description with attributes that hold no addresses.
    let ret = unsafe { vendor(&raw mut count, function, (&raw const config).cast()) };
    call.reply(&Clusters { ret, count })
}

/// What the driver is told of a launch.
fn config(r: &ArchivedLaunch<'_>, stream: *mut c_void, attributes: &[[u64; ATTRIBUTE]]) -> CUlaunchConfig {
    let [gridDimX, gridDimY, gridDimZ] = r.grid.map(|size| size.to_native());
    let [blockDimX, blockDimY, blockDimZ] = r.block.map(|size| size.to_native());
    let none = attributes.is_empty();
    CUlaunchConfig {
        gridDimX,
        gridDimY,
        gridDimZ,
        blockDimX,
        blockDimY,
        blockDimZ,
        sharedMemBytes: r.shared.to_native(),
        hStream: stream,
        attrs: if none { null_mut() } else { attributes.as_ptr().cast_mut().cast() },
        numAttrs: attributes.len() as u32,
    }
}

/// The attributes, of which none holds an address or a handle.
fn attributes(call: &Call, r: &ArchivedLaunch<'_>, name: &'static str) -> Result<Vec<[u64; ATTRIBUTE]>, Stop> {
    let all = call.input(&r.attributes, Rows::flat(r.attributes.size()), false, name)?;
    let words = |bytes: &[u8; 8 * ATTRIBUTE]| {
        let mut attribute = [0; ATTRIBUTE];
        for (word, bytes) in attribute.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_ne_bytes(*bytes);
        }
        attribute
    };
    let mut attributes: Vec<_> = all.bytes().unwrap_or_default().as_chunks().0.iter().map(words).collect();
    if attributes.iter().any(|attribute| !crosses(attribute[0] as u32)) {
        return Err(Stop::Refused(CUDA_ERROR_NOT_SUPPORTED.into()));
    }
    if r.cooperative {
        let mut cooperative = [0; ATTRIBUTE];
        (cooperative[0], cooperative[1]) = (COOPERATIVE.into(), 1);
        attributes.push(cooperative);
    }
    Ok(attributes)
}
