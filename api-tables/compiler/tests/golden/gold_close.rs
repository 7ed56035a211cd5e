// plan
//
// opcode   54
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is; references are counted in the shim
// about    chest
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   chest  handle gold_chest; else null to the vendor
// request  8 bytes
//     0+8  chest  id
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_close {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub chest: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 8);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, chest) == 0);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_close` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_close(chest: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_close(chest) },
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

pub unsafe fn gold_close(chest: *mut c_void) -> Result<i32, Fault> {
    let at = match crate::api::gold::SLOT.releasing(chest, kind::gold_chest)? {
        Some(at) => at,
        None => return Ok(0 as _),
    };
    let mut call = Call::begin(at, opcode::gold_close);
    unsafe {
        let Some(last) = crate::api::gold::SLOT
            .release(call.session, chest, kind::gold_chest) else {
            return Ok(0 as _);
        };
        let w_chest = call.handle(chest, kind::gold_chest);
        let request = table::gold_close::Request {
            chest: w_chest,
        };
        call.transact(
            &request,
            |reply: &table::gold_close::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_close(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_close::ArchivedRequest>(body, "gold_close")?;
    let chest = call.counted_handle(r.chest.to_native(), kind::gold_chest)?;
    let vendor_function = api.vendor.gold_close.ok_or(Stop::Missing("gold_close"))?;
    call.before_release(r.chest.to_native());
    let ret = unsafe { vendor_function(chest) };
    let ok = ret == 0;
    if ok {
        call.released(r.chest.to_native());
    } else {
        call.stays(r.chest.to_native());
    }
    call.reply(
        &table::gold_close::Reply {
            ret: ret as i32,
        },
    )
}
