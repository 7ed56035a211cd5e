// plan
//
// opcode   41
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    the first of events
// success  returns 0
// posted   no: the table does not say `oneway`
// waits    for events, unless they are known to be over
// arguments
//   count   u32
//   events  count gold_event in
// request  48 bytes
//     0+4  count   u32
//     8+40 events  Data
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_wait_all {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub count: u32,
        pub events: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 48);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, events) == 8);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_wait_all` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_wait_all(
    count: u32,
    events: *const *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_wait_all(count, events) },
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

pub unsafe fn gold_wait_all(
    count: u32,
    events: *const *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    if unsafe {
        runtime::ends::are_known(at, events.cast(), Some(count as u64), kind::gold_event)
    } {
        return Ok(0 as _);
    }
    let mut call = Call::begin(at, opcode::gold_wait_all);
    unsafe {
        let w_events = call
            .handles(events.cast(), Some(count as u64), kind::gold_event)?;
        let request = table::gold_wait_all::Request {
            count: count as u32,
            events: w_events,
        };
        let result = call
            .transact(
                &request,
                |reply: &table::gold_wait_all::ArchivedReply, call| {
                    let ok = reply.ret.to_native() == 0;
                    (ok, reply.ret.to_native() as _)
                },
            );
        if matches!(result, Ok(0)) {
            runtime::ends::heard(
                at,
                events.cast(),
                Some(count as u64),
                kind::gold_event,
            );
        }
        result
    }
}

// worker: server

pub fn gold_wait_all(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_wait_all::ArchivedRequest>(body, "gold_wait_all")?;
    let count: u32 = r.count.to_native() as u32;
    let events = call
        .handles(
            &r.events,
            Some(count as u64),
            kind::gold_event,
            "gold_wait_all: events",
        )?;
    let vendor_function = api
        .vendor
        .gold_wait_all
        .ok_or(Stop::Missing("gold_wait_all"))?;
    let ret = unsafe { vendor_function(count, events.as_ptr().cast()) };
    let ok = ret == 0;
    call.reply(
        &table::gold_wait_all::Reply {
            ret: ret as i32,
        },
    )
}
