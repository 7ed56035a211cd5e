// plan
//
// opcode   29
// entry    makes the object in shared memory, else generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    context
// success  does not return null; status in errcode_ret
// posted   once the vendor has made one of the same; objects that are made of the same answer alike
// makes    cl_mem returned, keeps alive context, uses host_ptr until it is gone, takes size bytes of the device
// charges  the bytes in host_ptr
// arguments
//   context      handle cl_context; else null to the vendor
//   flags        cl_mem_flags; success may depend on it
//   size         usize; success may depend on it
//   host_ptr     size bytes in; read when (flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR)) != 0; in use until the object is gone; waits unless it is null
//   errcode_ret  one cl_int out
// request  128 bytes
//     0+8  context           id
//     8+8  flags             u64
//    16+8  size              u64
//    24+40 host_ptr          Data
//    64+8  host_ptr_address  address
//    72+48 errcode_ret       Place
//   120+8  new_object        id
// reply  24 bytes
//     0+1  made         flag
//     8+16 errcode_ret  Returned

// wire

#[allow(non_snake_case)]
pub mod clCreateBuffer {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub context: u64,
        pub flags: u64,
        pub size: u64,
        pub host_ptr: Data<'a>,
        pub host_ptr_address: u64,
        pub errcode_ret: Place,
        pub new_object: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub made: bool,
        pub errcode_ret: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 128);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, context) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, flags) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, host_ptr) == 24);
        assert!(std::mem::offset_of!(ArchivedRequest, host_ptr_address) == 64);
        assert!(std::mem::offset_of!(ArchivedRequest, errcode_ret) == 72);
        assert!(std::mem::offset_of!(ArchivedRequest, new_object) == 120);
        assert!(size_of:: < ArchivedReply > () == 24);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, made) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, errcode_ret) == 8);
    };
}

// shim: entry

/// `clCreateBuffer` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn clCreateBuffer(
    context: *mut c_void,
    flags: u64,
    size: usize,
    host_ptr: *const c_void,
    errcode_ret: *mut i32,
) -> *mut c_void {
    guard(
        || {
            let asked = runtime::resident::Asked {
                opcode: opcode::clCreateBuffer,
                kinds: (kind::cl_mem, kind::cl_context),
                of: context,
                flags: flags,
                size: size,
                source: if flags & 32 != 0 { Some(host_ptr.cast()) } else { None },
                is_plain: flags & 8 == 0 && (flags & 32 != 0) != host_ptr.is_null(),
            };
            let make = || unsafe {
                marshal::clCreateBuffer(context, flags, size, host_ptr, errcode_ret)
            };
            let (made, known) = unsafe {
                runtime::resident::create(
                    crate::api::opencl::SLOT.current()?,
                    &asked,
                    make,
                )?
            };
            if let Some(known) = known && !errcode_ret.is_null() {
                unsafe { errcode_ret.write(known as _) };
            }
            Ok(made)
        },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -2,
                    no_broker: -2,
                    exhausted: -6,
                });
            let _ = status;
            if !errcode_ret.is_null() {
                unsafe { errcode_ret.write(status as _) }
            }
            std::ptr::null_mut()
        },
    )
}

// shim: marshalling

pub unsafe fn clCreateBuffer(
    context: *mut c_void,
    flags: u64,
    size: usize,
    host_ptr: *const c_void,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    let at = crate::api::opencl::SLOT.current()?;
    let mut call = Call::begin(at, opcode::clCreateBuffer);
    unsafe {
        let w_context = call.handle(context, kind::cl_context);
        let r_host_ptr = Rows::flat(Some(size as u64));
        let w_host_ptr = if expr::holds(
            expr::ne(
                expr::bit_and(Some(flags as u64), expr::bit_or(Some(8), Some(32))),
                Some(0),
            ),
        ) {
            call.bytes(host_ptr.cast(), r_host_ptr, false)?
        } else {
            call.unread(host_ptr.cast())
        };
        let w_errcode_ret = call.scalar_place(errcode_ret);
        call.combine(flags as u64);
        call.combine(size as u64);
        if !host_ptr.is_null() {
            call.combine_nothing_known();
        }
        let w_new = call.mint_alike(kind::cl_mem)?;
        let leaves = call.is_accepted() && call.has_room(Some(size as u64));
        let request = table::clCreateBuffer::Request {
            context: w_context,
            flags: flags as u64,
            size: size as u64,
            host_ptr: w_host_ptr,
            host_ptr_address: host_ptr as u64,
            errcode_ret: w_errcode_ret.place,
            new_object: w_new,
        };
        if leaves {
            call.post(&request, Wake::Later)?;
            call.made(w_new, Some(size as u64), false);
            if !errcode_ret.is_null() {
                errcode_ret.write(0);
            }
            return Ok(call.object(w_new));
        }
        call.transact(
            &request,
            |reply: &table::clCreateBuffer::ArchivedReply, call| {
                let ok = reply.made;
                call.put(errcode_ret.cast(), &w_errcode_ret, &reply.errcode_ret, None);
                if ok {
                    call.made(w_new, Some(size as u64), true);
                }
                (ok, if ok { call.object(w_new) } else { std::ptr::null_mut() })
            },
        )
    }
}

// worker: server

pub fn clCreateBuffer(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::clCreateBuffer::ArchivedRequest>(body, "clCreateBuffer")?;
    call.expect(r.new_object.to_native(), kind::cl_mem)?;
    let flags: u64 = r.flags.to_native() as u64;
    let size: usize = r.size.to_native() as usize;
    let context = call.handle(r.context.to_native(), kind::cl_context)?;
    let host_ptr = call
        .input(
            &r.host_ptr,
            if expr::holds(
                expr::ne(
                    expr::bit_and(Some(flags as u64), expr::bit_or(Some(8), Some(32))),
                    Some(0),
                ),
            ) {
                Rows::flat(Some(size as u64))
            } else {
                None
            },
            false,
            "clCreateBuffer: host_ptr",
        )?;
    let mut errcode_ret = call
        .output(&r.errcode_ret, Some(1), 4usize, "clCreateBuffer: errcode_ret")?;
    let vendor_function = api
        .vendor
        .clCreateBuffer
        .ok_or(Stop::Missing("clCreateBuffer"))?;
    call.admit(|| Cost {
        device_memory: (Some(size as u64)).unwrap_or(0),
        bytes_in: host_ptr.amount(),
        ..Cost::default()
    })?;
    let ret = unsafe {
        vendor_function(
            context,
            flags,
            size,
            host_ptr.as_ptr().cast(),
            errcode_ret.as_mut_ptr().cast(),
        )
    };
    let ok = !ret.is_null();
    if ok {
        call.charge_bytes_in(host_ptr.amount());
    }
    if ok {
        call.born(
            r.new_object.to_native(),
            kind::cl_mem,
            ret,
            &[r.context.to_native()],
            Some(size as u64),
        )?;
        crate::engine::resident::hold(
            call,
            r.new_object.to_native(),
            host_ptr,
            r.host_ptr_address.to_native(),
        );
    }
    if call.is_oneway() {
        return call
            .end_oneway(
                ok,
                errcode_ret.scalar().map_or(0, |status| i64::from(status as i32)),
            );
    }
    if ok {
        call.made(r.new_object.to_native(), kind::cl_mem, ret);
    }
    call.reply(
        &table::clCreateBuffer::Reply {
            made: ok,
            errcode_ret: errcode_ret.returned(None, ok),
        },
    )
}
