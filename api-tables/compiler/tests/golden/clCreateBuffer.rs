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
        || unsafe {
            crate::api::opencl::clCreateBuffer(
                context,
                flags,
                size,
                host_ptr,
                errcode_ret,
            )
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

// shim: marshalling, called by hand

pub unsafe fn clCreateBuffer(
    context: *mut c_void,
    flags: u64,
    size: usize,
    host_ptr: *const c_void,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    let mut call = Call::begin(
        Session::current(&crate::api::OPENCL)?,
        opcode::clCreateBuffer,
    );
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
        let w_new = call.mint(kind::cl_mem)?;
        let request = table::clCreateBuffer::Request {
            context: w_context,
            flags: flags as u64,
            size: size as u64,
            host_ptr: w_host_ptr,
            host_ptr_address: host_ptr as u64,
            errcode_ret: w_errcode_ret.place,
            new_object: w_new,
        };
        call.transact(
            &request,
            |reply: &table::clCreateBuffer::ArchivedReply, call| {
                let ok = reply.made;
                call.put(errcode_ret.cast(), &w_errcode_ret, &reply.errcode_ret, None);
                (ok, if ok { call.object(w_new) } else { std::ptr::null_mut() })
            },
        )
    }
}

// worker: server

pub fn clCreateBuffer(call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::clCreateBuffer::ArchivedRequest>(body, "clCreateBuffer")?;
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
    call.expect(r.new_object.to_native(), kind::cl_mem);
    let vendor_function = crate::api::opencl::vendor(call.session)
        .clCreateBuffer
        .ok_or(Stop::Missing("clCreateBuffer"))?;
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
        call.hold(r.new_object.to_native(), host_ptr, r.host_ptr_address.to_native());
    }
    if call.is_oneway() {
        return call
            .settle(
                ok,
                errcode_ret.scalar().map_or(0, |status| i64::from(status as i32)),
            );
    }
    call.reply(
        &table::clCreateBuffer::Reply {
            made: ok,
            errcode_ret: errcode_ret.returned(None, ok),
        },
    )
}
