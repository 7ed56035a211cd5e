// plan
//
// opcode   64
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// doubts   lists of which some is kept
// arguments
//   all  u32
// request  4 bytes
//     0+4  all  u32
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_forget {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub all: u32,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 4);
        assert!(align_of:: < ArchivedRequest > () == 4);
        assert!(std::mem::offset_of!(ArchivedRequest, all) == 0);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_forget` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_forget(all: u32) -> i32 {
    guard(
        || unsafe { marshal::gold_forget(all) },
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

pub unsafe fn gold_forget(all: u32) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let cross = || -> Result<i32, Fault> {
        let mut call = Call::begin(at, opcode::gold_forget);
        unsafe {
            let request = table::gold_forget::Request {
                all: all as u32,
            };
            call.transact(
                &request,
                |reply: &table::gold_forget::ArchivedReply, call| {
                    let ok = reply.ret.to_native() == 0;
                    (ok, reply.ret.to_native() as _)
                },
            )
        }
    };
    runtime::pieces::doubts(&at.book.pieces, cross)
}

// worker: server

pub fn gold_forget(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_forget::ArchivedRequest>(body, "gold_forget")?;
    let all: u32 = r.all.to_native() as u32;
    let vendor_function = api.vendor.gold_forget.ok_or(Stop::Missing("gold_forget"))?;
    let ret = unsafe { vendor_function(all) };
    let ok = ret == 0;
    call.reply(
        &table::gold_forget::Reply {
            ret: ret as i32,
        },
    )
}
