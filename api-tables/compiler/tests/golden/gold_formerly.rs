// plan
//
// opcode   18
// entry    generated
// server   generated, of a function that the library exports, or as gold_extension a platform hands out
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
pub mod gold_formerly {
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

/// `gold_formerly` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_formerly(count: u32) -> u64 {
    guard(
        || unsafe { marshal::gold_formerly(count) },
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

pub unsafe fn gold_formerly(count: u32) -> Result<u64, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_formerly);
    unsafe {
        let request = table::gold_formerly::Request {
            count: count as u32,
        };
        call.transact(
            &request,
            |reply: &table::gold_formerly::ArchivedReply, call| {
                let ok = true;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_formerly(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_formerly::ArchivedRequest>(body, "gold_formerly")?;
    let count: u32 = r.count.to_native() as u32;
    let vendor_function = api
        .vendor
        .gold_formerly
        .or_else(|| api.extensions(call.session, None).gold_extension)
        .ok_or(Stop::Missing("gold_formerly"))?;
    let ret = unsafe { vendor_function(count) };
    let ok = true;
    call.reply(
        &table::gold_formerly::Reply {
            ret: ret as u64,
        },
    )
}
