// plan
//
// opcode   4
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is; references are counted in the shim
// about    one
// success  returns 0
// posted   the last release, after all that any thread has sent
// arguments
//   one  handle gold_box; else null to the vendor
// request  8 bytes
//     0+8  one  id
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_release {
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

/// `gold_release` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_release(one: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_release(one) },
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

pub unsafe fn gold_release(one: *mut c_void) -> Result<i32, Fault> {
    let at = match crate::api::gold::SLOT.releasing(one, kind::gold_box)? {
        Some(at) => at,
        None => return Ok(0 as _),
    };
    let mut call = Call::begin(at, opcode::gold_release);
    unsafe {
        let Some(last) = crate::api::gold::SLOT
            .release(call.session, one, kind::gold_box) else {
            return Ok(0 as _);
        };
        let w_one = call.handle(one, kind::gold_box);
        call.comes_after_all();
        let leaves = last && call.may_leave();
        let request = table::gold_release::Request {
            one: w_one,
        };
        if leaves {
            call.post(&request, Wake::Soon)?;
            return Ok(0 as _);
        }
        call.transact(
            &request,
            |reply: &table::gold_release::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_release(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_release::ArchivedRequest>(body, "gold_release")?;
    let one = call.counted_handle(r.one.to_native(), kind::gold_box)?;
    let vendor_function = api.vendor.gold_release.ok_or(Stop::Missing("gold_release"))?;
    call.before_release(r.one.to_native());
    let ret = unsafe { vendor_function(one) };
    let ok = ret == 0;
    if ok {
        call.released(r.one.to_native());
    } else {
        call.stays(r.one.to_native());
    }
    if call.is_oneway() {
        return call.end_oneway(ok, ret as i64);
    }
    call.reply(
        &table::gold_release::Reply {
            ret: ret as i32,
        },
    )
}
