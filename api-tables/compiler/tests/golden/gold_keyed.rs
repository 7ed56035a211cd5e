// plan
//
// opcode   19
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   what   gold_key
//   size   usize
//   value  size BoxSetting in; by the key in what
// request  56 bytes
//     0+4  what   u32
//     8+8  size   u64
//    16+40 value  Data
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_keyed {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub what: u32,
        pub size: u64,
        pub value: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 56);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, what) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, value) == 16);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_keyed` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_keyed(
    what: u32,
    size: usize,
    value: *const c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_keyed(what, size, value) },
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

pub unsafe fn gold_keyed(
    what: u32,
    size: usize,
    value: *const c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_keyed);
    unsafe {
        let w_value = {
            Call::keyed(&spec::BoxSetting, what as i64)?;
            call.bytes(value.cast(), Rows::flat(Some(size as u64)), false)?
        };
        let request = table::gold_keyed::Request {
            what: what as u32,
            size: size as u64,
            value: w_value,
        };
        call.transact(
            &request,
            |reply: &table::gold_keyed::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_keyed(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_keyed::ArchivedRequest>(body, "gold_keyed")?;
    let what: u32 = r.what.to_native() as u32;
    let size: usize = r.size.to_native() as usize;
    Call::keyed(&spec::BoxSetting, r.what.to_native() as i64)?;
    let value = call
        .input(&r.value, Rows::flat(Some(size as u64)), false, "gold_keyed: value")?;
    let vendor_function = api.vendor.gold_keyed.ok_or(Stop::Missing("gold_keyed"))?;
    let ret = unsafe { vendor_function(what, size, value.as_ptr().cast()) };
    let ok = ret == 0;
    call.reply(
        &table::gold_keyed::Reply {
            ret: ret as i32,
        },
    )
}
