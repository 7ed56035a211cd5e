// plan
//
// opcode   29
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   ingot  gold_ingot, by the worker's number
//   bytes  usize
// request  16 bytes
//     0+8  ingot  id
//     8+8  bytes  u64
// reply  12 bytes
//     0+4  ret      i32
//     4+8  mirrors  bytes

// wire

#[allow(non_snake_case)]
pub mod gold_recast {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub ingot: u64,
        pub bytes: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub mirrors: Vec<u8>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 16);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, ingot) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes) == 8);
        assert!(size_of:: < ArchivedReply > () == 12);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, mirrors) == 4);
    };
}

// shim: entry

/// `gold_recast` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_recast(ingot: *mut c_void, bytes: usize) -> i32 {
    guard(
        || unsafe { marshal::gold_recast(ingot, bytes) },
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

pub unsafe fn gold_recast(ingot: *mut c_void, bytes: usize) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_recast);
    unsafe {
        let w_ingot = runtime::mirror::number(call.session, &spec::MIRROR, ingot)?;
        let request = table::gold_recast::Request {
            ingot: w_ingot,
            bytes: bytes as u64,
        };
        let (result, mirrors) = call
            .transact(
                &request,
                |reply: &table::gold_recast::ArchivedReply, call| {
                    let ok = reply.ret.to_native() == 0;
                    (ok, (reply.ret.to_native() as _, reply.mirrors.to_vec()))
                },
            )?;
        runtime::mirror::pulled(call.session, &spec::MIRROR, &mirrors)?;
        Ok(result)
    }
}

// worker: server

pub fn gold_recast(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_recast::ArchivedRequest>(body, "gold_recast")?;
    let bytes: usize = r.bytes.to_native() as usize;
    let ingot = crate::engine::mirror::pointer(
        call,
        &spec::MIRROR,
        r.ingot.to_native(),
    )?;
    let vendor_function = api.vendor.gold_recast.ok_or(Stop::Missing("gold_recast"))?;
    let ret = unsafe { vendor_function(ingot, bytes) };
    let ok = ret == 0;
    let mirrors = crate::engine::mirror::pull_one(
        call,
        &spec::MIRROR,
        r.ingot.to_native(),
    )?;
    call.reply(
        &table::gold_recast::Reply {
            ret: ret as i32,
            mirrors,
        },
    )
}
