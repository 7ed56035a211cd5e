// plan
//
// opcode   81
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   count  u32
//   file   descriptor in; read when count > 0
//   made   descriptor out
// request  8 bytes
//     0+4  count  u32
//     4+1  file   flag
//     5+1  made   flag
// reply  8 bytes
//     0+4  ret   i32
//     4+1  made  Brought

// wire

#[allow(non_snake_case)]
pub mod gold_lend {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub count: u32,
        pub file: bool,
        pub made: bool,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub made: Brought,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 8);
        assert!(align_of:: < ArchivedRequest > () == 4);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, file) == 4);
        assert!(std::mem::offset_of!(ArchivedRequest, made) == 5);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, made) == 4);
    };
}

// shim: entry

/// `gold_lend` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_lend(
    count: u32,
    file: *mut c_void,
    made: *mut i32,
) -> i32 {
    guard(
        || unsafe { marshal::gold_lend(count, file, made) },
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

pub unsafe fn gold_lend(
    count: u32,
    file: *mut c_void,
    made: *mut i32,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_lend);
    unsafe {
        let w_file = expr::holds(expr::gt(Some(count as u64), Some(0)))
            && call.descriptor(file as isize as i32)?;
        let w_made = call.descriptor_place(!made.is_null());
        let request = table::gold_lend::Request {
            count: count as u32,
            file: w_file,
            made: w_made,
        };
        call.transact(
            &request,
            |reply: &table::gold_lend::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_descriptor(made.cast(), &reply.made);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_lend(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_lend::ArchivedRequest>(body, "gold_lend")?;
    let count: u32 = r.count.to_native() as u32;
    let file = call
        .descriptor(r.file, expr::holds(expr::gt(Some(count as u64), Some(0))))?;
    let mut made = call.descriptor_place(r.made);
    let vendor_function = api.vendor.gold_lend.ok_or(Stop::Missing("gold_lend"))?;
    let ret = unsafe {
        vendor_function(count, file.address(), made.as_mut_ptr().cast())
    };
    let ok = ret == 0;
    let made = call.bring(&made, ok);
    call.reply(
        &table::gold_lend::Reply {
            ret: ret as i32,
            made,
        },
    )
}
