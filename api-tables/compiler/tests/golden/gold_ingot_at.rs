// plan
//
// opcode   26
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  nothing tells of a failure
// posted   no: the table does not say `oneway`
// arguments
//   one    handle gold_shelf; else refused
//   index  u32
// request  16 bytes
//     0+8  one    id
//     8+4  index  u32
// reply  16 bytes
//     0+8  ret      id
//     8+8  mirrors  bytes

// wire

#[allow(non_snake_case)]
pub mod gold_ingot_at {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub index: u32,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: u64,
        pub mirrors: Vec<u8>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 16);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, index) == 8);
        assert!(size_of:: < ArchivedReply > () == 16);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, mirrors) == 8);
    };
}

// shim: entry

/// `gold_ingot_at` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_ingot_at(
    one: *mut c_void,
    index: u32,
) -> *mut c_void {
    guard(
        || unsafe { marshal::gold_ingot_at(one, index) },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
                });
            let _ = status;
            std::ptr::null_mut()
        },
    )
}

// shim: marshalling

pub unsafe fn gold_ingot_at(one: *mut c_void, index: u32) -> Result<*mut c_void, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_ingot_at);
    unsafe {
        let w_one = call.live_handle(one, kind::gold_shelf)?;
        let request = table::gold_ingot_at::Request {
            one: w_one,
            index: index as u32,
        };
        let (result, mirrors) = call
            .transact(
                &request,
                |reply: &table::gold_ingot_at::ArchivedReply, call| {
                    let ok = true;
                    (ok, (reply.ret.to_native(), reply.mirrors.to_vec()))
                },
            )?;
        runtime::mirror::pulled(call.session, &spec::MIRROR, &mirrors)?;
        runtime::mirror::pointer(call.session, result)
    }
}

// worker: server

pub fn gold_ingot_at(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_ingot_at::ArchivedRequest>(body, "gold_ingot_at")?;
    let at = locate::gold_ingot_at(api, call, body)?;
    let named = crate::engine::mirror::Named {
        object: r.one.to_native(),
        at,
        opcode: opcode::gold_ingot_at,
        request: body,
        is_input: true,
    };
    let inputs = |owner: *mut c_void| inputs(&api.vendor, owner);
    let (ret, mirrors) = crate::engine::mirror::named(
        call,
        &spec::MIRROR,
        inputs,
        named,
    )?;
    call.reply(
        &table::gold_ingot_at::Reply {
            ret,
            mirrors,
        },
    )
}
