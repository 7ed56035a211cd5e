// plan
//
// opcode   37
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one    handle gold_box; else null to the vendor
//   place  address
// request  24 bytes
//     0+8  one      id
//     8+8  mapping  id
//    16+1  unseen   flag
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_unmap {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub mapping: u64,
        pub unseen: bool,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 24);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, mapping) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, unseen) == 16);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_unmap` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_unmap(one: *mut c_void, place: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_unmap(one, place.cast()) },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
                });
            status as _
        },
    )
}

// shim: marshalling

pub unsafe fn gold_unmap(one: *mut c_void, place: *mut c_void) -> Result<i32, Fault> {
    if runtime::mapping::unmap_lost(&crate::api::gold::SLOT, one, place) {
        return Err(Fault::Lost);
    }
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_unmap);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let mapping = runtime::mapping::take(call.session, w_one, place);
        let request = table::gold_unmap::Request {
            one: w_one,
            mapping: mapping.id,
            unseen: mapping.unseen,
        };
        let result = call
            .transact(
                &request,
                |reply: &table::gold_unmap::ArchivedReply, call| {
                    let ok = reply.ret.to_native() == 0;
                    (ok, reply.ret.to_native() as _)
                },
            );
        runtime::mapping::end(call.session, mapping, matches!(result, Ok(0)));
        result
    }
}

// worker: server

pub fn gold_unmap(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_unmap::ArchivedRequest>(body, "gold_unmap")?;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let vendor_function = api.vendor.gold_unmap.ok_or(Stop::Missing("gold_unmap"))?;
    let mapping = crate::engine::mapping::Unmapping::begin(
        call,
        r.one.to_native(),
        r.mapping.to_native(),
        r.unseen,
    )?;
    let place = mapping.pointer();
    let ret = unsafe { vendor_function(one, place) };
    let ok = ret == 0;
    if ok {
        mapping.end(call);
    }
    call.reply(
        &table::gold_unmap::Reply {
            ret: ret as i32,
        },
    )
}
