// plan
//
// opcode   66
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    vein
// success  returns 0
// posted   once the vendor has accepted the same
// arguments
//   vein   handle gold_vein; else null to the vendor
//   depth  u32; success may depend on it
// request  16 bytes
//     0+8  vein   id
//     8+4  depth  u32
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_dig {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub vein: u64,
        pub depth: u32,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 16);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, vein) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, depth) == 8);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_dig` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_dig(vein: *mut c_void, depth: u32) -> i32 {
    guard(
        || unsafe { marshal::gold_dig(vein, depth) },
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

pub unsafe fn gold_dig(vein: *mut c_void, depth: u32) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_dig);
    unsafe {
        let w_vein = call.handle(vein, kind::gold_vein);
        call.combine(depth as u64);
        let leaves = true && call.is_accepted();
        let request = table::gold_dig::Request {
            vein: w_vein,
            depth: depth as u32,
        };
        if leaves {
            call.post(&request, Wake::Soon)?;
            return Ok(0 as _);
        }
        call.transact(
            &request,
            |reply: &table::gold_dig::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_dig(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_dig::ArchivedRequest>(body, "gold_dig")?;
    let depth: u32 = r.depth.to_native() as u32;
    let vein = call.handle(r.vein.to_native(), kind::gold_vein)?;
    let vendor_function = api.vendor.gold_dig.ok_or(Stop::Missing("gold_dig"))?;
    let ret = unsafe { vendor_function(vein, depth) };
    let ok = ret == 0;
    if call.is_oneway() {
        return call.end_oneway(ok, ret as i64);
    }
    call.reply(
        &table::gold_dig::Reply {
            ret: ret as i32,
        },
    )
}
