// plan
//
// opcode   14
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   once the vendor has accepted the same
// makes    gold_event in event, keeps alive one
// arguments
//   one    handle gold_box; else null to the vendor
//   size   usize; success may depend on it
//   bytes  size bytes in; in use until event has completed; success may depend on whether it is null
//   event  one new gold_event out; success may depend on whether it is wanted
// request  64 bytes
//     0+8  one    id
//     8+8  size   u64
//    16+40 bytes  Data
//    56+8  event  id
// reply  8 bytes
//     0+4  ret    i32
//     4+1  event  Stored

// wire

#[allow(non_snake_case)]
pub mod gold_until {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub one: u64,
        pub size: u64,
        pub bytes: Data<'a>,
        pub event: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub event: Stored,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 64);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, event) == 56);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, event) == 4);
    };
}

// shim: entry

/// `gold_until` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_until(
    one: *mut c_void,
    size: usize,
    bytes: *const c_void,
    event: *mut *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_until(one, size, bytes, event) },
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

pub unsafe fn gold_until(
    one: *mut c_void,
    size: usize,
    bytes: *const c_void,
    event: *mut *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_until);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let r_bytes = Rows::flat(Some(size as u64));
        let w_bytes = call.bytes(bytes.cast(), r_bytes, true)?;
        let w_event = if event.is_null() {
            0
        } else {
            call.mint_from_first(kind::gold_event)?
        };
        call.combine(size as u64);
        call.combine(u64::from(bytes.is_null()));
        call.combine(u64::from(w_event != 0));
        let leaves = true && call.is_accepted();
        let request = table::gold_until::Request {
            one: w_one,
            size: size as u64,
            bytes: w_bytes,
            event: w_event,
        };
        if leaves {
            call.post(&request, Wake::Soon)?;
            call.put_new(event, w_event, &ArchivedStored::Made);
            return Ok(0 as _);
        }
        call.transact(
            &request,
            |reply: &table::gold_until::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_new(event, w_event, &reply.event);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_until(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_until::ArchivedRequest>(body, "gold_until")?;
    let size: usize = r.size.to_native() as usize;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let bytes = call
        .input(&r.bytes, Rows::flat(Some(size as u64)), true, "gold_until: bytes")?;
    let mut event = call.birth(r.event.to_native(), kind::gold_event)?;
    let vendor_function = api.vendor.gold_until.ok_or(Stop::Missing("gold_until"))?;
    let pending = bytes.pending();
    if true {
        if pending != 0 {
            event.want();
        } else if !bytes.is_empty() {
            return Err(Malformed::Pending(0).into());
        }
    }
    let ret = unsafe {
        vendor_function(one, size, bytes.as_ptr().cast(), event.as_mut_ptr().cast())
    };
    let ok = ret == 0;
    if ok {
        call.delivered(&mut event, &[r.one.to_native()])?;
    }
    if ok && pending != 0 {
        call.pend(pending, r.one.to_native(), &mut event, bytes.region())?;
    }
    if call.is_oneway() {
        return call.end_oneway(ok, ret as i64);
    }
    call.reply(
        &table::gold_until::Reply {
            ret: ret as i32,
            event: event.stored(),
        },
    )
}
