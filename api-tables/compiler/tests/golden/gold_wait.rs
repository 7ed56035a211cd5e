// plan
//
// opcode   40
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    event
// success  returns 0
// posted   no: the table does not say `oneway`
// waits    for event, unless they are known to be over
// arguments
//   event  handle gold_event; else null to the vendor
// request  8 bytes
//     0+8  event  id
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_wait {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub event: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 8);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, event) == 0);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_wait` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_wait(event: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_wait(event) },
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

pub unsafe fn gold_wait(event: *mut c_void) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    if unsafe {
        runtime::ends::are_known(at, &raw const event, Some(1), kind::gold_event)
    } {
        return Ok(0 as _);
    }
    let mut call = Call::begin(at, opcode::gold_wait);
    unsafe {
        let w_event = call.handle(event, kind::gold_event);
        let request = table::gold_wait::Request {
            event: w_event,
        };
        let result = call
            .transact(
                &request,
                |reply: &table::gold_wait::ArchivedReply, call| {
                    let ok = reply.ret.to_native() == 0;
                    (ok, reply.ret.to_native() as _)
                },
            );
        if matches!(result, Ok(0)) {
            runtime::ends::heard(at, &raw const event, Some(1), kind::gold_event);
        }
        result
    }
}

// worker: server

pub fn gold_wait(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_wait::ArchivedRequest>(body, "gold_wait")?;
    let event = call.handle(r.event.to_native(), kind::gold_event)?;
    let vendor_function = api.vendor.gold_wait.ok_or(Stop::Missing("gold_wait"))?;
    let ret = unsafe { vendor_function(event) };
    let ok = ret == 0;
    call.reply(
        &table::gold_wait::Reply {
            ret: ret as i32,
        },
    )
}
