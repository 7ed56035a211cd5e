// plan
//
// opcode   69
// twin     of gold_launch, by whose code it is served
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   once the vendor has accepted the same
// submits  work of devices
// occupies a device, until one has got behind it
// charges  commands: 1
// charges  a launch of one
// arguments
//   one    handle gold_box; else null to the vendor
//   count  u32; success may depend on it
// request  16 bytes
//     0+8  one    id
//     8+4  count  u32
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_launch_now {
    pub use super::gold_launch::*;
}

// shim: entry

/// `gold_launch_now` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_launch_now(one: *mut c_void, count: u32) -> i32 {
    guard(
        || unsafe { marshal::gold_launch(opcode::gold_launch_now, one, count) },
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

// worker: server

pub fn gold_launch_now(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_launch_now::ArchivedRequest>(body, "gold_launch_now")?;
    let count: u32 = r.count.to_native() as u32;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let vendor_function = api
        .vendor
        .gold_launch_now
        .ok_or(Stop::Missing("gold_launch_now"))?;
    call.admit(|| Cost {
        commands: (Some(1)).unwrap_or(0),
        ..Cost::default()
    })?;
    call.occupy(r.one.to_native(), one);
    let ret = unsafe { vendor_function(one, count) };
    let ok = ret == 0;
    if ok {
        call.charge_commands(Some(1));
    }
    if ok {
        call.launched(r.one.to_native());
    }
    if call.is_oneway() {
        return call.end_oneway(ok, ret as i64);
    }
    call.reply(
        &table::gold_launch_now::Reply {
            ret: ret as i32,
        },
    )
}
