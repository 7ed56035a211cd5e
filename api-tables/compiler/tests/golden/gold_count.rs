// plan
//
// opcode   47
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  nothing tells of a failure
// posted   no: the table does not say `oneway`
// arguments
//   one  handle gold_shelf; else refused
// request  8 bytes
//     0+8  one  id
// reply  4 bytes
//     0+4  ret  u32

// wire

#[allow(non_snake_case)]
pub mod gold_count {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: u32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 8);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_count` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_count(one: *mut c_void) -> u32 {
    guard(
        || unsafe { marshal::gold_count(one) },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
                });
            let _ = status;
            0 as _
        },
    )
}

// shim: marshalling

pub unsafe fn gold_count(one: *mut c_void) -> Result<u32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_count);
    unsafe {
        let w_one = call.live_handle(one, kind::gold_shelf)?;
        let request = table::gold_count::Request {
            one: w_one,
        };
        call.transact(
            &request,
            |reply: &table::gold_count::ArchivedReply, call| {
                let ok = true;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_count(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_count::ArchivedRequest>(body, "gold_count")?;
    let one = call.live_handle(r.one.to_native(), kind::gold_shelf)?;
    let vendor_function = api.vendor.gold_count.ok_or(Stop::Missing("gold_count"))?;
    let ret = unsafe { vendor_function(one) };
    let ok = true;
    call.reply(
        &table::gold_count::Reply {
            ret: ret as u32,
        },
    )
}
