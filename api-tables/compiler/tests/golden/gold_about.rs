// plan
//
// opcode   44
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   once the vendor has accepted the same
// makes    gold_event in event, keeps alive one
// arguments
//   others  count gold_box in
//   count   u32; success may depend on it
//   owner   handle gold_box; else null to the vendor
//   one     handle gold_box; else null to the vendor
//   event   one new gold_event out; success may depend on whether it is wanted
// request  72 bytes
//     0+40 others  Data
//    40+4  count   u32
//    48+8  owner   id
//    56+8  one     id
//    64+8  event   id
// reply  8 bytes
//     0+4  ret    i32
//     4+1  event  Stored

// wire

#[allow(non_snake_case)]
pub mod gold_about {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub others: Data<'a>,
        pub count: u32,
        pub owner: u64,
        pub one: u64,
        pub event: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub event: Stored,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 72);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, others) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 40);
        assert!(std::mem::offset_of!(ArchivedRequest, owner) == 48);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 56);
        assert!(std::mem::offset_of!(ArchivedRequest, event) == 64);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, event) == 4);
    };
}

// shim: entry

/// `gold_about` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_about(
    others: *const *mut c_void,
    count: u32,
    owner: *mut c_void,
    one: *mut c_void,
    event: *mut *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_about(others, count, owner, one, event) },
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

pub unsafe fn gold_about(
    others: *const *mut c_void,
    count: u32,
    owner: *mut c_void,
    one: *mut c_void,
    event: *mut *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_about);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let w_others = call.handles(others.cast(), Some(count as u64), kind::gold_box)?;
        let w_owner = call.handle(owner, kind::gold_box);
        let w_event = if event.is_null() {
            0
        } else {
            call.mint_from_first(kind::gold_event)?
        };
        call.combine(count as u64);
        call.combine(u64::from(w_event != 0));
        let leaves = true && call.is_accepted();
        call.fills_all();
        let request = table::gold_about::Request {
            others: w_others,
            count: count as u32,
            owner: w_owner,
            one: w_one,
            event: w_event,
        };
        if leaves {
            call.post(&request, Wake::Soon)?;
            call.put_new(event, w_event, &ArchivedStored::Made);
            return Ok(0 as _);
        }
        call.transact(
            &request,
            |reply: &table::gold_about::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_new(event, w_event, &reply.event);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_about(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_about::ArchivedRequest>(body, "gold_about")?;
    let count: u32 = r.count.to_native() as u32;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let others = call
        .handles(&r.others, Some(count as u64), kind::gold_box, "gold_about: others")?;
    let owner = call.handle(r.owner.to_native(), kind::gold_box)?;
    let mut event = call.birth(r.event.to_native(), kind::gold_event)?;
    let vendor_function = api.vendor.gold_about.ok_or(Stop::Missing("gold_about"))?;
    let ret = unsafe {
        vendor_function(
            others.as_ptr().cast(),
            count,
            owner,
            one,
            event.as_mut_ptr().cast(),
        )
    };
    let ok = ret == 0;
    if ok {
        call.delivered(&mut event, &[r.one.to_native()])?;
    }
    if call.is_oneway() {
        return call.end_oneway(ok, ret as i64);
    }
    call.reply(
        &table::gold_about::Reply {
            ret: ret as i32,
            event: event.stored(),
        },
    )
}
