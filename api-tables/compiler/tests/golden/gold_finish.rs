// plan
//
// opcode   42
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// waits    for one, unless it is known to be empty
// arguments
//   one  handle gold_box; else null to the vendor
// request  8 bytes
//     0+8  one  id
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_finish {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
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

/// `gold_finish` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_finish(one: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_finish(one) },
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

pub unsafe fn gold_finish(one: *mut c_void) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let Some(seen) = runtime::ends::unless_empty(at, one, kind::gold_box) else {
        return Ok(0 as _)
    };
    let mut call = Call::begin(at, opcode::gold_finish);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        call.fills_nothing();
        let request = table::gold_finish::Request {
            one: w_one,
        };
        let result = call
            .transact(
                &request,
                |reply: &table::gold_finish::ArchivedReply, call| {
                    let ok = reply.ret.to_native() == 0;
                    (ok, reply.ret.to_native() as _)
                },
            );
        if matches!(result, Ok(0)) {
            runtime::ends::emptied(at, one, seen);
        }
        result
    }
}

// worker: server

pub fn gold_finish(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_finish::ArchivedRequest>(body, "gold_finish")?;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let vendor_function = api.vendor.gold_finish.ok_or(Stop::Missing("gold_finish"))?;
    let ret = unsafe { vendor_function(one) };
    let ok = ret == 0;
    call.reply(
        &table::gold_finish::Reply {
            ret: ret as i32,
        },
    )
}
