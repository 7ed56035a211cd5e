// plan
//
// opcode   58
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    queue
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   queue  handle gold_box; else null to the vendor
// request  8 bytes
//     0+8  queue  id
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_chest_flush {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub queue: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 8);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, queue) == 0);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_chest_flush` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_chest_flush(queue: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_chest_flush(queue) },
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

pub unsafe fn gold_chest_flush(queue: *mut c_void) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_chest_flush);
    unsafe {
        let w_queue = call.handle(queue, kind::gold_box);
        let request = table::gold_chest_flush::Request {
            queue: w_queue,
        };
        call.transact(
            &request,
            |reply: &table::gold_chest_flush::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_chest_flush(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_chest_flush::ArchivedRequest>(body, "gold_chest_flush")?;
    let queue = call.handle(r.queue.to_native(), kind::gold_box)?;
    let vendor_function = api
        .vendor
        .gold_chest_flush
        .ok_or(Stop::Missing("gold_chest_flush"))?;
    let ret = unsafe { vendor_function(queue) };
    let ok = ret == 0;
    call.reply(
        &table::gold_chest_flush::Reply {
            ret: ret as i32,
        },
    )
}
