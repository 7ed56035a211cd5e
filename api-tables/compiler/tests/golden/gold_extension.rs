// plan
//
// opcode   16
// entry    generated
// server   generated, of a function that a platform hands out
// session  the one that there is
// about    nothing
// success  nothing tells of a failure
// posted   no: the table does not say `oneway`
// arguments
//   count  u32
// request  4 bytes
//     0+4  count  u32
// reply  8 bytes
//     0+8  ret  u64

// wire

#[allow(non_snake_case)]
pub mod gold_extension {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub count: u32,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: u64,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 4);
        assert!(align_of:: < ArchivedRequest > () == 4);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 0);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_extension` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_extension(count: u32) -> u64 {
    guard(
        || unsafe { marshal::gold_extension(count) },
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

pub unsafe fn gold_extension(count: u32) -> Result<u64, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_extension);
    unsafe {
        let request = table::gold_extension::Request {
            count: count as u32,
        };
        call.transact(
            &request,
            |reply: &table::gold_extension::ArchivedReply, call| {
                let ok = true;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_extension(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_extension::ArchivedRequest>(body, "gold_extension")?;
    let count: u32 = r.count.to_native() as u32;
    let vendor_function = api
        .extensions(call.session, None)
        .gold_extension
        .ok_or(Stop::Missing("gold_extension"))?;
    let ret = unsafe { vendor_function(count) };
    let ok = true;
    call.reply(
        &table::gold_extension::Reply {
            ret: ret as u64,
        },
    )
}
