// plan
//
// opcode   73
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is; references are counted in the shim
// about    mine
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   mine  handle gold_mine; else null to the vendor
// request  8 bytes
//     0+8  mine  id
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_mine_close {
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

/// `gold_mine_close` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_mine_close(mine: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_mine_close(mine) },
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

pub unsafe fn gold_mine_close(mine: *mut c_void) -> Result<i32, Fault> {
    let at = match crate::api::gold::SLOT.releasing(mine, kind::gold_mine)? {
        Some(at) => at,
        None => return Ok(0 as _),
    };
    let mut call = Call::begin(at, opcode::gold_mine_close);
    unsafe {
        let Some(last) = crate::api::gold::SLOT
            .release(call.session, mine, kind::gold_mine) else {
            return Ok(0 as _);
        };
        let w_mine = call.handle(mine, kind::gold_mine);
        call.comes_after_all();
        let request = table::gold_mine_close::Request {
            mine: w_mine,
        };
        call.transact(
            &request,
            |reply: &table::gold_mine_close::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_mine_close(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_mine_close::ArchivedRequest>(body, "gold_mine_close")?;
    let mine = call.counted_handle(r.mine.to_native(), kind::gold_mine)?;
    let vendor_function = api
        .vendor
        .gold_mine_close
        .ok_or(Stop::Missing("gold_mine_close"))?;
    call.before_release(r.mine.to_native());
    call.begin_sweep();
    let ret = unsafe { vendor_function(mine) };
    let ok = ret == 0;
    call.end_sweep(ok);
    if ok {
        call.released(r.mine.to_native());
    } else {
        call.stays(r.mine.to_native());
    }
    call.reply(
        &table::gold_mine_close::Reply {
            ret: ret as i32,
        },
    )
}
