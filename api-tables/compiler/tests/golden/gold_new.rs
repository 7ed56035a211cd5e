// plan
//
// opcode   12
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    parent
// success  does not return null; status in errcode_ret
// posted   no: the table does not say `oneway`
// makes    gold_box returned, keeps alive parent, uses memory until it is gone, takes size bytes of the device
// arguments
//   parent       handle gold_box; else null to the vendor
//   size         usize
//   memory       size bytes in; in use until the object is gone
//   errcode_ret  one gold_status out
// request  120 bytes
//     0+8  parent          id
//     8+8  size            u64
//    16+40 memory          Data
//    56+8  memory_address  address
//    64+48 errcode_ret     Place
//   112+8  new_object      id
// reply  24 bytes
//     0+1  made         flag
//     8+16 errcode_ret  Returned

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
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 120);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, parent) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, memory) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, memory_address) == 56);
        assert!(std::mem::offset_of!(ArchivedRequest, errcode_ret) == 64);
        assert!(std::mem::offset_of!(ArchivedRequest, new_object) == 112);
        assert!(size_of:: < ArchivedReply > () == 24);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, made) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, errcode_ret) == 8);
    };
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
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_new);
    unsafe {
        let w_parent = call.handle(parent, kind::gold_box);
        let r_memory = Rows::flat(Some(size as u64));
        let w_memory = call.data(memory.cast(), r_memory)?;
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

pub fn gold_new(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_new::ArchivedRequest>(body, "gold_new")?;
    let size: usize = r.size.to_native() as usize;
    let parent = call.handle(r.parent.to_native(), kind::gold_box)?;
    let memory = call
        .data(&r.memory, Rows::flat(Some(size as u64)), "gold_new: memory")?;
    let mut errcode_ret = call
        .output(&r.errcode_ret, Some(1), 4usize, "gold_new: errcode_ret")?;
    let vendor_function = api.vendor.gold_new.ok_or(Stop::Missing("gold_new"))?;
    call.admit(|| Cost {
        device_memory: (Some(size as u64)).unwrap_or(0),
        ..Cost::default()
    })?;
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
        crate::engine::resident::hold(
            call,
            r.new_object.to_native(),
            memory,
            r.memory_address.to_native(),
        );
    }
    if ok {
        call.made(r.new_object.to_native(), kind::gold_box, ret);
    }
    call.reply(
        &table::gold_new::Reply {
            made: ok,
            errcode_ret: errcode_ret.returned(None, ok),
        },
    )
}
