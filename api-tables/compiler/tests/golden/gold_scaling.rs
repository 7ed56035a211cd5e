// plan
//
// opcode   34
// entry    answers in the shim: ingot.scaled, otherwise 0

// shim: entry

/// `gold_scaling` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_scaling(
    ingot: *mut c_void,
) -> table::c::gold_scaled {
    guard(
        || {
            let found = unsafe {
                (|| {
                    let place = ingot.cast::<table::c::gold_ingot>().as_ref()?;
                    Some(place.scaled)
                })()
            };
            Ok(found.unwrap_or_else(|| unsafe { std::mem::zeroed() }))
        },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
                });
            let _ = status;
            unsafe { std::mem::zeroed() }
        },
    )
}
