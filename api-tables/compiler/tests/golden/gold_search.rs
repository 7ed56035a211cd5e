// plan
//
// opcode   62
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// ends     the list of owner, of which nothing is kept
// arguments
//   owner  gold_ulong
//   size   usize
// request  16 bytes
//     0+8  owner  u64
//     8+8  size   u64
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_search {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub owner: u64,
        pub size: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 16);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, owner) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 8);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_search` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_search(owner: u64, size: usize) -> i32 {
    guard(
        || unsafe { marshal::gold_search(owner, size) },
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

pub unsafe fn gold_search(owner: u64, size: usize) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let cross = || -> Result<i32, Fault> {
        let mut call = Call::begin(at, opcode::gold_search);
        unsafe {
            let request = table::gold_search::Request {
                owner: owner as u64,
                size: size as u64,
            };
            call.transact(
                &request,
                |reply: &table::gold_search::ArchivedReply, call| {
                    let ok = reply.ret.to_native() == 0;
                    (ok, reply.ret.to_native() as _)
                },
            )
        }
    };
    runtime::pieces::ends(&at.book.pieces, owner as u64, 0, cross)
}

// worker: server

pub fn gold_search(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_search::ArchivedRequest>(body, "gold_search")?;
    let owner: u64 = r.owner.to_native() as u64;
    let size: usize = r.size.to_native() as usize;
    let vendor_function = api.vendor.gold_search.ok_or(Stop::Missing("gold_search"))?;
    let ret = unsafe { vendor_function(owner, size) };
    let ok = ret == 0;
    call.reply(
        &table::gold_search::Reply {
            ret: ret as i32,
        },
    )
}
