// plan
//
// opcode   77
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one    handle gold_box; else null to the vendor
//   image  as many bytes in as binary finds
// request  48 bytes
//     0+8  one    id
//     8+40 image  Data
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_load {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub one: u64,
        pub image: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 48);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, image) == 8);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_load` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_load(
    one: *mut c_void,
    image: *const c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_load(one, image) },
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

pub unsafe fn gold_load(one: *mut c_void, image: *const c_void) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_load);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let w_image = call.binary(image.cast())?;
        let request = table::gold_load::Request {
            one: w_one,
            image: w_image,
        };
        call.transact(
            &request,
            |reply: &table::gold_load::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_load(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_load::ArchivedRequest>(body, "gold_load")?;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let image = call.binary(&r.image, "gold_load: image")?;
    let vendor_function = api.vendor.gold_load.ok_or(Stop::Missing("gold_load"))?;
    let ret = unsafe { vendor_function(one, image.as_ptr().cast()) };
    let ok = ret == 0;
    call.reply(
        &table::gold_load::Reply {
            ret: ret as i32,
        },
    )
}
