// plan
//
// opcode   46
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one    handle gold_shelf; else refused
//   place  i32
// request  16 bytes
//     0+8  one    id
//     8+4  place  i32
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_index {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub place: i32,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 16);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, place) == 8);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_index` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_index(one: *mut c_void, place: i32) -> i32 {
    guard(
        || unsafe { marshal::gold_index(one, place) },
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

pub unsafe fn gold_index(one: *mut c_void, place: i32) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_index);
    unsafe {
        let w_one = call.live_handle(one, kind::gold_shelf)?;
        let request = table::gold_index::Request {
            one: w_one,
            place: place as i32,
        };
        call.transact(
            &request,
            |reply: &table::gold_index::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_index(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_index::ArchivedRequest>(body, "gold_index")?;
    let place: i32 = r.place.to_native() as i32;
    let one = call.live_handle(r.one.to_native(), kind::gold_shelf)?;
    let vendor_function = api.vendor.gold_index.ok_or(Stop::Missing("gold_index"))?;
    let (left, right) = (
        Some(place as i64 as u64),
        {
            let asked = api.vendor.gold_count.ok_or(Stop::Missing("gold_count"))?;
            let number = unsafe { asked(one) };
            Some(number as u64)
        },
    );
    if !expr::holds(expr::lt(left, right)) {
        return Err(
            call
                .refused(
                    kind::gold_shelf,
                    "gold_index: place < gold_count(one)",
                    &[left, right],
                ),
        );
    }
    let ret = unsafe { vendor_function(one, place) };
    let ok = ret == 0;
    call.reply(
        &table::gold_index::Reply {
            ret: ret as i32,
        },
    )
}
