// plan
//
// opcode   28
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  nothing tells of a failure
// posted   no: the table does not say `oneway`
// arguments
//   one    handle gold_shelf; else refused
//   index  u32
// request  16 bytes
//     0+8  one    id
//     8+4  index  u32
// reply  8 bytes
//     0+8  ret  u64

// wire

#[allow(non_snake_case)]
pub mod gold_weigh {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub index: u32,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: u64,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 16);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, index) == 8);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_weigh` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_weigh(one: *mut c_void, index: u32) -> u64 {
    guard(
        || unsafe { marshal::gold_weigh(one, index) },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
                });
            let _ = status;
            0 as _
        },
    )
}

// shim: marshalling

pub unsafe fn gold_weigh(one: *mut c_void, index: u32) -> Result<u64, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_weigh);
    unsafe {
        let w_one = call.live_handle(one, kind::gold_shelf)?;
        let request = table::gold_weigh::Request {
            one: w_one,
            index: index as u32,
        };
        call.transact(
            &request,
            |reply: &table::gold_weigh::ArchivedReply, call| {
                let ok = true;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_weigh(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_weigh::ArchivedRequest>(body, "gold_weigh")?;
    let index: u32 = r.index.to_native() as u32;
    let one = call.live_handle(r.one.to_native(), kind::gold_shelf)?;
    let vendor_function = api.vendor.gold_weigh.ok_or(Stop::Missing("gold_weigh"))?;
    let (left, right) = (
        {
            let asked = api.vendor.gold_ingot_at.ok_or(Stop::Missing("gold_ingot_at"))?;
            let number = unsafe { asked(one, index) };
            Some(number as u64)
        },
        Some(0),
    );
    if !expr::holds(expr::ne(left, right)) {
        return Err(
            call
                .refused(
                    kind::gold_shelf,
                    "gold_weigh: gold_ingot_at(one, index) != 0",
                    &[left, right],
                ),
        );
    }
    let ret = unsafe { vendor_function(one, index) };
    let ok = true;
    call.reply(
        &table::gold_weigh::Reply {
            ret: ret as u64,
        },
    )
}
