// plan
//
// opcode   43
// entry    by hand, generated to fall back on
// server   by hand, generated to fall back on, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   once the vendor has accepted the same
// charges  commands: 2
// arguments
//   one    handle gold_box; else null to the vendor
//   size   usize; success may depend on it
//   value  size bytes in; success may depend on whether it is null
// request  56 bytes
//     0+8  one    id
//     8+8  size   u64
//    16+40 value  Data
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_custom {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub one: u64,
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
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, value) == 16);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_custom` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_custom(
    one: *mut c_void,
    size: usize,
    value: *const c_void,
) -> i32 {
    guard(
        || unsafe { crate::api::gold::gold_custom(one, size, value) },
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

// shim: marshalling, called by hand

pub unsafe fn gold_custom(
    one: *mut c_void,
    size: usize,
    value: *const c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_custom);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let r_value = Rows::flat(Some(size as u64));
        let w_value = call.data(value.cast(), r_value)?;
        call.combine(size as u64);
        call.combine(u64::from(value.is_null()));
        let leaves = true && call.is_accepted();
        let request = table::gold_custom::Request {
            one: w_one,
            size: size as u64,
            value: w_value,
        };
        if leaves {
            call.post(&request, Wake::Soon)?;
            return Ok(0 as _);
        }
        call.transact(
            &request,
            |reply: &table::gold_custom::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server, called by hand

pub fn gold_custom(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_custom::ArchivedRequest>(body, "gold_custom")?;
    let size: usize = r.size.to_native() as usize;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let value = call
        .data(&r.value, Rows::flat(Some(size as u64)), "gold_custom: value")?;
    let vendor_function = api.vendor.gold_custom.ok_or(Stop::Missing("gold_custom"))?;
    call.admit(|| Cost {
        commands: (Some(2)).unwrap_or(0),
        ..Cost::default()
    })?;
    let ret = unsafe { vendor_function(one, size, value.as_ptr().cast()) };
    let ok = ret == 0;
    if ok {
        call.charge_commands(Some(2));
    }
    if call.is_oneway() {
        return call.end_oneway(ok, ret as i64);
    }
    call.reply(
        &table::gold_custom::Reply {
            ret: ret as i32,
        },
    )
}
