// plan
//
// opcode   59
// entry    generated; chest overlaps then
// server   generated, of a function that the library exports
// session  the one that there is
// about    chest
// success  does not return null
// posted   no: the table does not say `oneway`
// makes    gold_chest returned, keeps alive chest, uses bytes until it is gone
// arguments
//   chest  handle gold_chest; else null to the vendor
//   size   usize
//   bytes  size bytes in; in use until the object is gone
// request  72 bytes
//     0+8  chest          id
//     8+8  size           u64
//    16+40 bytes          Data
//    56+8  bytes_address  address
//    64+8  new_object     id
// reply  1 bytes
//     0+1  made  flag

// wire

#[allow(non_snake_case)]
pub mod gold_chest_part {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub chest: u64,
        pub size: u64,
        pub bytes: Data<'a>,
        pub bytes_address: u64,
        pub new_object: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub made: bool,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 72);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, chest) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes_address) == 56);
        assert!(std::mem::offset_of!(ArchivedRequest, new_object) == 64);
        assert!(size_of:: < ArchivedReply > () == 1);
        assert!(align_of:: < ArchivedReply > () == 1);
        assert!(std::mem::offset_of!(ArchivedReply, made) == 0);
    };
}

// shim: entry

/// `gold_chest_part` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_chest_part(
    chest: *mut c_void,
    size: usize,
    bytes: *const c_void,
) -> *mut c_void {
    guard(
        || {
            let made = unsafe { marshal::gold_chest_part(chest, size, bytes) }?;
            if !made.is_null() {
                runtime::resident::overlaps(crate::api::gold::SLOT.current()?, chest);
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
            std::ptr::null_mut()
        },
    )
}

// shim: marshalling

pub unsafe fn gold_chest_part(
    chest: *mut c_void,
    size: usize,
    bytes: *const c_void,
) -> Result<*mut c_void, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_chest_part);
    unsafe {
        let w_chest = call.handle(chest, kind::gold_chest);
        let r_bytes = Rows::flat(Some(size as u64));
        let w_bytes = call.data(bytes.cast(), r_bytes)?;
        let w_new = call.mint(kind::gold_chest)?;
        let request = table::gold_chest_part::Request {
            chest: w_chest,
            size: size as u64,
            bytes: w_bytes,
            bytes_address: bytes as u64,
            new_object: w_new,
        };
        call.transact(
            &request,
            |reply: &table::gold_chest_part::ArchivedReply, call| {
                let ok = reply.made;
                (ok, if ok { call.object(w_new) } else { std::ptr::null_mut() })
            },
        )
    }
}

// worker: server

pub fn gold_chest_part(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_chest_part::ArchivedRequest>(body, "gold_chest_part")?;
    let size: usize = r.size.to_native() as usize;
    let chest = call.handle(r.chest.to_native(), kind::gold_chest)?;
    let bytes = call
        .data(&r.bytes, Rows::flat(Some(size as u64)), "gold_chest_part: bytes")?;
    let vendor_function = api
        .vendor
        .gold_chest_part
        .ok_or(Stop::Missing("gold_chest_part"))?;
    let ret = unsafe { vendor_function(chest, size, bytes.as_ptr().cast()) };
    let ok = !ret.is_null();
    if ok {
        call.born(
            r.new_object.to_native(),
            kind::gold_chest,
            ret,
            &[r.chest.to_native()],
            Some(0),
        )?;
        crate::engine::resident::hold(
            call,
            r.new_object.to_native(),
            bytes,
            r.bytes_address.to_native(),
        );
    }
    if ok {
        call.made(r.new_object.to_native(), kind::gold_chest, ret);
    }
    call.reply(
        &table::gold_chest_part::Reply {
            made: ok,
        },
    )
}
