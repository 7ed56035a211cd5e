// wire

#[allow(non_snake_case)]
pub mod gold_new {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub parent: u64,
        pub size: u64,
        pub memory: Data<'a>,
        pub memory_address: u64,
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

/// `gold_new` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_new(
    parent: *mut c_void,
    size: usize,
    memory: *const c_void,
    errcode_ret: *mut i32,
) -> *mut c_void {
    guard(
        || unsafe { marshal::gold_new(parent, size, memory, errcode_ret) },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
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

pub unsafe fn gold_new(
    parent: *mut c_void,
    size: usize,
    memory: *const c_void,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    let mut call = Call::begin(Session::current(&crate::api::GOLD)?, opcode::gold_new);
    unsafe {
        let w_parent = call.handle(parent, kind::gold_box);
        let r_memory = Rows::flat(Some(size as u64));
        let w_memory = call.bytes(memory.cast(), r_memory, false)?;
        let w_errcode_ret = call.scalar_place(errcode_ret);
        let w_new = call.mint(kind::gold_box)?;
        let request = table::gold_new::Request {
            parent: w_parent,
            size: size as u64,
            memory: w_memory,
            memory_address: memory as u64,
            errcode_ret: w_errcode_ret.place,
            new_object: w_new,
        };
        call.transact(
            &request,
            |reply: &table::gold_new::ArchivedReply, call| {
                let ok = reply.made;
                call.put(errcode_ret.cast(), &w_errcode_ret, &reply.errcode_ret, None);
                (ok, if ok { call.object(w_new) } else { std::ptr::null_mut() })
            },
        )
    }
}

// worker: server

pub fn gold_new(call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_new::ArchivedRequest>(body, "gold_new")?;
    let size: usize = r.size.to_native() as usize;
    let parent = call.handle(r.parent.to_native(), kind::gold_box)?;
    let memory = call
        .input(&r.memory, Rows::flat(Some(size as u64)), false, "gold_new: memory")?;
    let mut errcode_ret = call
        .output(&r.errcode_ret, Some(1), 4usize, "gold_new: errcode_ret")?;
    let vendor_function = crate::api::gold::vendor(call.session)
        .gold_new
        .ok_or(Stop::Missing("gold_new"))?;
    let ret = unsafe {
        vendor_function(
            parent,
            size,
            memory.as_ptr().cast(),
            errcode_ret.as_mut_ptr().cast(),
        )
    };
    let ok = !ret.is_null();
    if ok {
        call.born(
            r.new_object.to_native(),
            kind::gold_box,
            ret,
            &[r.parent.to_native()],
            Some(size as u64),
        )?;
        call.hold(r.new_object.to_native(), memory, r.memory_address.to_native());
    }
    call.reply(
        &table::gold_new::Reply {
            made: ok,
            errcode_ret: errcode_ret.returned(None, ok),
        },
    )
}
