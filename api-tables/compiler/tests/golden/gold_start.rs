// plan
//
// opcode   0
// entry    generated
// server   generated, of a function that the library exports
// session  a new one, if the last one is lost
// about    nothing
// success  does not return null
// posted   no: the table does not say `oneway`
// makes    gold_box returned
// arguments
//   kind  gold_key
// request  16 bytes
//     0+4  kind        u32
//     8+8  new_object  id
// reply  1 bytes
//     0+1  made  flag

// wire

#[allow(non_snake_case)]
pub mod gold_start {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub kind: u32,
        pub new_object: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub made: bool,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 16);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, kind) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, new_object) == 8);
        assert!(size_of:: < ArchivedReply > () == 1);
        assert!(align_of:: < ArchivedReply > () == 1);
        assert!(std::mem::offset_of!(ArchivedReply, made) == 0);
    };
}

// shim: entry

/// `gold_start` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_start(kind: u32) -> *mut c_void {
    guard(
        || unsafe { marshal::gold_start(kind) },
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

pub unsafe fn gold_start(kind: u32) -> Result<*mut c_void, Fault> {
    let at = crate::api::gold::SLOT.afresh()?;
    let mut call = Call::begin(at, opcode::gold_start);
    unsafe {
        let w_new = call.mint(kind::gold_box)?;
        let request = table::gold_start::Request {
            kind: kind as u32,
            new_object: w_new,
        };
        call.transact(
            &request,
            |reply: &table::gold_start::ArchivedReply, call| {
                let ok = reply.made;
                (ok, if ok { call.object(w_new) } else { std::ptr::null_mut() })
            },
        )
    }
}

// worker: server

pub fn gold_start(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_start::ArchivedRequest>(body, "gold_start")?;
    let kind: u32 = r.kind.to_native() as u32;
    let vendor_function = api.vendor.gold_start.ok_or(Stop::Missing("gold_start"))?;
    let ret = unsafe { vendor_function(kind) };
    let ok = !ret.is_null();
    if ok {
        call.born(r.new_object.to_native(), kind::gold_box, ret, &[], Some(0))?;
    }
    call.reply(
        &table::gold_start::Reply {
            made: ok,
        },
    )
}
