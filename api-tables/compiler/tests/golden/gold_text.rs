// plan
//
// opcode   5
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   name     text in
//   comment  text in
// request  80 bytes
//     0+40 name     Data
//    40+40 comment  Data
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_text {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub name: Data<'a>,
        pub comment: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 80);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, name) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, comment) == 40);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_text` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_text(
    name: *const c_char,
    comment: *const c_char,
) -> i32 {
    guard(
        || unsafe { marshal::gold_text(name, comment) },
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

pub unsafe fn gold_text(
    name: *const c_char,
    comment: *const c_char,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_text);
    unsafe {
        let w_name = call.text(name)?;
        let w_comment = call.text(comment)?;
        let request = table::gold_text::Request {
            name: w_name,
            comment: w_comment,
        };
        call.transact(
            &request,
            |reply: &table::gold_text::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_text(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_text::ArchivedRequest>(body, "gold_text")?;
    let name = call.text(&r.name)?;
    let comment = call.text(&r.comment)?;
    let vendor_function = api.vendor.gold_text.ok_or(Stop::Missing("gold_text"))?;
    let ret = unsafe { vendor_function(name.as_ptr().cast(), comment.as_ptr().cast()) };
    let ok = ret == 0;
    call.reply(
        &table::gold_text::Reply {
            ret: ret as i32,
        },
    )
}
