// plan
//
// opcode   2
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one    handle gold_box; else null to the vendor
//   other  handle gold_box; or null, else refused
// request  16 bytes
//     0+8  one    id
//     8+8  other  id
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_handle {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub other: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 16);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, other) == 8);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_handle` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_handle(
    one: *mut c_void,
    other: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_handle(one, other) },
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

pub unsafe fn gold_handle(one: *mut c_void, other: *mut c_void) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_handle);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let w_other = call.handle_or_null(other, kind::gold_box)?;
        let request = table::gold_handle::Request {
            one: w_one,
            other: w_other,
        };
        call.transact(
            &request,
            |reply: &table::gold_handle::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_handle(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_handle::ArchivedRequest>(body, "gold_handle")?;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let other = call.handle(r.other.to_native(), kind::gold_box)?;
    let vendor_function = api.vendor.gold_handle.ok_or(Stop::Missing("gold_handle"))?;
    let ret = unsafe { vendor_function(one, other) };
    let ok = ret == 0;
    call.reply(
        &table::gold_handle::Reply {
            ret: ret as i32,
        },
    )
}
