// plan
//
// opcode   53
// entry    makes the object in shared memory, else generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    of
// success  does not return null; status in errcode_ret
// posted   once the vendor has made one of the same; objects that are made of the same answer alike
// makes    gold_chest returned, keeps alive of, uses bytes until it is gone, takes size bytes of the device
// arguments
//   errcode_ret  one gold_status out
//   size         usize; success may depend on it
//   bytes        size bytes in; in use until the object is gone; waits unless it is null
//   flags        u64; success may depend on it
//   of           handle gold_box; else null to the vendor
// request  128 bytes
//     0+48 errcode_ret    Place
//    48+8  size           u64
//    56+40 bytes          Data
//    96+8  bytes_address  address
//   104+8  flags          u64
//   112+8  of             id
//   120+8  new_object     id
// reply  24 bytes
//     0+1  made         flag
//     8+16 errcode_ret  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_chest_new {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub errcode_ret: Place,
        pub size: u64,
        pub bytes: Data<'a>,
        pub bytes_address: u64,
        pub flags: u64,
        pub of: u64,
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
        assert!(std::mem::offset_of!(ArchivedRequest, errcode_ret) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 48);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes) == 56);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes_address) == 96);
        assert!(std::mem::offset_of!(ArchivedRequest, flags) == 104);
        assert!(std::mem::offset_of!(ArchivedRequest, of) == 112);
        assert!(std::mem::offset_of!(ArchivedRequest, new_object) == 120);
        assert!(size_of:: < ArchivedReply > () == 24);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, made) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, errcode_ret) == 8);
    };
}

// shim: entry

/// `gold_chest_new` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_chest_new(
    errcode_ret: *mut i32,
    size: usize,
    bytes: *const c_void,
    flags: u64,
    of: *mut c_void,
) -> *mut c_void {
    guard(
        || {
            let asked = runtime::resident::Asked {
                opcode: opcode::gold_chest_new,
                kinds: (kind::gold_chest, kind::gold_box),
                of: of,
                flags: flags,
                size: size,
                source: if flags & 4 != 0 { Some(bytes.cast()) } else { None },
                is_plain: flags & 1 == 0 && (flags & 4 != 0) != bytes.is_null(),
            };
            let make = || unsafe {
                marshal::gold_chest_new(errcode_ret, size, bytes, flags, of)
            };
            let (made, known) = unsafe {
                runtime::resident::create(
                    crate::api::gold::SLOT.current()?,
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

pub unsafe fn gold_chest_new(
    errcode_ret: *mut i32,
    size: usize,
    bytes: *const c_void,
    flags: u64,
    of: *mut c_void,
) -> Result<*mut c_void, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_chest_new);
    unsafe {
        let w_errcode_ret = call.scalar_place(errcode_ret);
        let r_bytes = Rows::flat(Some(size as u64));
        let w_bytes = call.data(bytes.cast(), r_bytes)?;
        let w_of = call.handle(of, kind::gold_box);
        call.combine(size as u64);
        if !bytes.is_null() {
            call.combine_nothing_known();
        }
        call.combine(flags as u64);
        let w_new = call.mint_alike(kind::gold_chest)?;
        let leaves = call.is_accepted() && call.has_room(Some(size as u64));
        let request = table::gold_chest_new::Request {
            errcode_ret: w_errcode_ret.place,
            size: size as u64,
            bytes: w_bytes,
            bytes_address: bytes as u64,
            flags: flags as u64,
            of: w_of,
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
            |reply: &table::gold_chest_new::ArchivedReply, call| {
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

pub fn gold_chest_new(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_chest_new::ArchivedRequest>(body, "gold_chest_new")?;
    call.expect(r.new_object.to_native(), kind::gold_chest)?;
    let size: usize = r.size.to_native() as usize;
    let flags: u64 = r.flags.to_native() as u64;
    let mut errcode_ret = call
        .output(&r.errcode_ret, Some(1), 4usize, "gold_chest_new: errcode_ret")?;
    let bytes = call
        .data(&r.bytes, Rows::flat(Some(size as u64)), "gold_chest_new: bytes")?;
    let of = call.handle(r.of.to_native(), kind::gold_box)?;
    let vendor_function = api
        .vendor
        .gold_chest_new
        .ok_or(Stop::Missing("gold_chest_new"))?;
    call.admit(|| Cost {
        device_memory: (Some(size as u64)).unwrap_or(0),
        ..Cost::default()
    })?;
    let ret = unsafe {
        vendor_function(
            errcode_ret.as_mut_ptr().cast(),
            size,
            bytes.as_ptr().cast(),
            flags,
            of,
        )
    };
    let ok = !ret.is_null();
    if ok {
        call.born(
            r.new_object.to_native(),
            kind::gold_chest,
            ret,
            &[r.of.to_native()],
            Some(size as u64),
        )?;
        crate::engine::resident::hold(
            call,
            r.new_object.to_native(),
            bytes,
            r.bytes_address.to_native(),
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
        call.made(r.new_object.to_native(), kind::gold_chest, ret);
    }
    call.reply(
        &table::gold_chest_new::Reply {
            made: ok,
            errcode_ret: errcode_ret.returned(None, ok),
        },
    )
}
