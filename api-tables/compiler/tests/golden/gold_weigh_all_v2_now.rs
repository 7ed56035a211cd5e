// plan
//
// opcode   71
// twin     of gold_weigh_all_v2, by whose code it is served
// entry    by hand, generated to fall back on
// server   by hand, generated to fall back on, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// occupies a device, as long as the call at most
// charges  commands: 1
// arguments
//   one    handle gold_box; else null to the vendor
//   place  address
// request  16 bytes
//     0+8  one    id
//     8+8  place  address
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_weigh_all_v2_now {
    pub use super::gold_weigh_all_v2::*;
}

// shim: entry

/// `gold_weigh_all_v2_now` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_weigh_all_v2_now(
    one: *mut c_void,
    place: *mut c_void,
) -> i32 {
    guard(
        || unsafe {
            crate::api::gold::gold_weigh_all_v2(
                opcode::gold_weigh_all_v2_now,
                one,
                place.cast(),
            )
        },
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

// worker: server, called by hand

pub fn gold_weigh_all_v2_now(
    api: &'static State,
    call: &mut Call,
    body: &[u8],
) -> Outcome {
    let r = call
        .read::<
            table::gold_weigh_all_v2_now::ArchivedRequest,
        >(body, "gold_weigh_all_v2_now")?;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let place = r.place.to_native() as *mut c_void;
    let vendor_function = api
        .vendor
        .gold_weigh_all_v2_now
        .ok_or(Stop::Missing("gold_weigh_all_v2_now"))?;
    call.admit(|| Cost {
        commands: (Some(1)).unwrap_or(0),
        ..Cost::default()
    })?;
    call.occupy(0, std::ptr::null_mut());
    let ret = unsafe { vendor_function(one, place) };
    let ok = ret == 0;
    if ok {
        call.charge_commands(Some(1));
    }
    call.reply(
        &table::gold_weigh_all_v2_now::Reply {
            ret: ret as i32,
        },
    )
}
