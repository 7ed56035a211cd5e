// plan
//
// opcode   1
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   count   u32
//   offset  isize
//   ratio   f64
// request  24 bytes
//     0+4  count   u32
//     8+8  offset  i64
//    16+8  ratio   f64
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_scalar {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub count: u32,
        pub offset: i64,
        pub ratio: f64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 24);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, offset) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, ratio) == 16);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_scalar` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_scalar(
    count: u32,
    offset: isize,
    ratio: f64,
) -> i32 {
    guard(
        || unsafe { marshal::gold_scalar(count, offset, ratio) },
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

pub unsafe fn gold_scalar(count: u32, offset: isize, ratio: f64) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_scalar);
    unsafe {
        let request = table::gold_scalar::Request {
            count: count as u32,
            offset: offset as i64,
            ratio: ratio as f64,
        };
        call.transact(
            &request,
            |reply: &table::gold_scalar::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_scalar(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_scalar::ArchivedRequest>(body, "gold_scalar")?;
    let count: u32 = r.count.to_native() as u32;
    let offset: isize = r.offset.to_native() as isize;
    let ratio: f64 = r.ratio.to_native() as f64;
    let vendor_function = api.vendor.gold_scalar.ok_or(Stop::Missing("gold_scalar"))?;
    let ret = unsafe { vendor_function(count, offset, ratio) };
    let ok = ret == 0;
    call.reply(
        &table::gold_scalar::Reply {
            ret: ret as i32,
        },
    )
}
