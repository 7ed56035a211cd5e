// plan
//
// opcode   72
// found    as gold_weigh_all from 2000 on
// entry    answers in the shim, by hand

// shim: entry

/// `gold_weigh_all` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_weigh_all(one: *mut c_void) -> i32 {
    guard(
        || unsafe { crate::api::gold::gold_weigh_all(one) },
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
