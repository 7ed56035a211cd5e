// plan
//
// opcode   30
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one  handle gold_shelf; else refused
// request  8 bytes
//     0+8  one  id
// reply  12 bytes
//     0+4  ret      i32
//     4+8  mirrors  bytes

// wire

#[allow(non_snake_case)]
pub mod gold_melt {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub mirrors: Vec<u8>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 8);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(size_of:: < ArchivedReply > () == 12);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, mirrors) == 4);
    };
}

// shim: entry

/// `gold_melt` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_melt(one: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_melt(one) },
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

pub unsafe fn gold_melt(one: *mut c_void) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_melt);
    unsafe {
        let w_one = call.live_handle(one, kind::gold_shelf)?;
        let request = table::gold_melt::Request {
            one: w_one,
        };
        let (result, mirrors) = call
            .transact(
                &request,
                |reply: &table::gold_melt::ArchivedReply, call| {
                    let ok = reply.ret.to_native() == 0;
                    (ok, (reply.ret.to_native() as _, reply.mirrors.to_vec()))
                },
            )?;
        runtime::mirror::pulled(call.session, &spec::MIRROR, &mirrors)?;
        Ok(result)
    }
}

// worker: server

pub fn gold_melt(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_melt::ArchivedRequest>(body, "gold_melt")?;
    let one = call.live_handle(r.one.to_native(), kind::gold_shelf)?;
    let vendor_function = api.vendor.gold_melt.ok_or(Stop::Missing("gold_melt"))?;
    crate::engine::mirror::push(call, &spec::MIRROR, r.one.to_native())?;
    let ret = unsafe { vendor_function(one) };
    let ok = ret == 0;
    let locate = |opcode: u32, call: &Call, body: &[u8]| locate(api, opcode, call, body);
    let mirrors = crate::engine::mirror::pull(
        call,
        &spec::MIRROR,
        locate,
        r.one.to_native(),
    )?;
    if ok {
        crate::engine::mirror::charge(call, &spec::MIRROR, r.one.to_native())?;
    }
    call.reply(
        &table::gold_melt::Reply {
            ret: ret as i32,
            mirrors,
        },
    )
}
