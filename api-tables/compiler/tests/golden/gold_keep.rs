// plan
//
// opcode   50
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is; references are counted in the shim
// about    event
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   event  handle gold_event; else null to the vendor
// request  8 bytes
//     0+8  event  id
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_keep {
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

/// `gold_keep` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_keep(event: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_keep(event) },
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

pub unsafe fn gold_keep(event: *mut c_void) -> Result<i32, Fault> {
    let at = match crate::api::gold::SLOT.retaining(event, kind::gold_event)? {
        Some(at) => at,
        None => return Ok(0 as _),
    };
    let mut call = Call::begin(at, opcode::gold_keep);
    unsafe {
        if call.session.book.handles.retain(event, kind::gold_event) {
            return Ok(0 as _);
        }
        let w_event = call.handle(event, kind::gold_event);
        let request = table::gold_keep::Request {
            event: w_event,
        };
        call.transact(
            &request,
            |reply: &table::gold_keep::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_keep(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_keep::ArchivedRequest>(body, "gold_keep")?;
    let event = call.counted_handle(r.event.to_native(), kind::gold_event)?;
    let vendor_function = api.vendor.gold_keep.ok_or(Stop::Missing("gold_keep"))?;
    let ret = unsafe { vendor_function(event) };
    let ok = ret == 0;
    if ok {
        call.retained(r.event.to_native());
    }
    call.reply(
        &table::gold_keep::Reply {
            ret: ret as i32,
        },
    )
}
