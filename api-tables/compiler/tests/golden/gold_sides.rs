// plan
//
// opcode   32
// entry    answers in the shim: ingot.shape.count, otherwise 0

// shim: entry

/// `gold_sides` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_sides(
    ingot: *mut c_void,
    count: *mut c_void,
) -> i32 {
    guard(
        || {
            let found = unsafe {
                (|| {
                    let place = ingot.cast::<table::c::gold_ingot>().as_ref()?;
                    let place = place.shape.cast::<table::c::gold_numbers>().as_ref()?;
                    Some(place.count)
                })()
            };
            unsafe { count.cast::<u32>().write(found.unwrap_or(0i64 as u32)) };
            Ok(0)
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
