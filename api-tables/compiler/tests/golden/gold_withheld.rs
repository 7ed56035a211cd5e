// plan
//
// opcode   24
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   place  address; withheld: the vendor gets null
//   count  u32
//   hook   address; withheld: the vendor gets null
// request  4 bytes
//     0+4  count  u32
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_withheld {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub count: u32,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 4);
        assert!(align_of:: < ArchivedRequest > () == 4);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 0);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_withheld` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_withheld(
    place: *mut c_void,
    count: u32,
    hook: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_withheld(place.cast(), count, hook.cast()) },
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

pub unsafe fn gold_withheld(
    place: *mut c_void,
    count: u32,
    hook: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_withheld);
    unsafe {
        let request = table::gold_withheld::Request {
            count: count as u32,
        };
        call.transact(
            &request,
            |reply: &table::gold_withheld::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_withheld(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_withheld::ArchivedRequest>(body, "gold_withheld")?;
    let count: u32 = r.count.to_native() as u32;
    let place = std::ptr::null_mut();
    let hook = std::ptr::null_mut();
    let vendor_function = api
        .vendor
        .gold_withheld
        .ok_or(Stop::Missing("gold_withheld"))?;
    let ret = unsafe { vendor_function(place, count, hook) };
    let ok = ret == 0;
    call.reply(
        &table::gold_withheld::Reply {
            ret: ret as i32,
        },
    )
}
