// plan
//
// opcode   83
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    mine
// success  returns 0
// posted   no: the table does not say `oneway`
// polls    mine while it returns -2: the program is answered from shared memory
// arguments
//   mine  handle gold_mine; or null, else refused
// request  8 bytes
//     0+8  mine  id
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_mine_asked {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub mine: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 8);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, mine) == 0);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_mine_asked` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_mine_asked(mine: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_mine_asked(mine) },
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

pub unsafe fn gold_mine_asked(mine: *mut c_void) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let cross = || -> Result<i32, Fault> {
        let mut call = Call::begin(at, opcode::gold_mine_asked);
        unsafe {
            let w_mine = call.handle_or_null(mine, kind::gold_mine)?;
            let request = table::gold_mine_asked::Request {
                mine: w_mine,
            };
            call.transact(
                &request,
                |reply: &table::gold_mine_asked::ArchivedReply, call| {
                    let ok = reply.ret.to_native() == 0;
                    (ok, reply.ret.to_native() as _)
                },
            )
        }
    };
    runtime::board::asked(at, mine, kind::gold_mine, -2, cross)
}

// worker: server

pub fn gold_mine_asked(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_mine_asked::ArchivedRequest>(body, "gold_mine_asked")?;
    let mine = call.handle(r.mine.to_native(), kind::gold_mine)?;
    let vendor_function = api
        .vendor
        .gold_mine_asked
        .ok_or(Stop::Missing("gold_mine_asked"))?;
    let ret = unsafe { vendor_function(mine) };
    let ok = ret == 0;
    crate::engine::board::asked(
        call,
        r.mine.to_native(),
        kind::gold_mine,
        mine,
        ret == -2,
    );
    call.reply(
        &table::gold_mine_asked::Reply {
            ret: ret as i32,
        },
    )
}
