// plan
//
// opcode   31
// entry    answers in the shim: ingot.shape.values[index], otherwise -1

// shim: entry

/// `gold_side` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_side(ingot: *mut c_void, index: u32) -> f32 {
    guard(
        || {
            let found = unsafe {
                (|| {
                    let place = ingot.cast::<table::c::gold_ingot>().as_ref()?;
                    let place = place.shape.cast::<table::c::gold_numbers>().as_ref()?;
                    let index = usize::try_from(index)
                        .ok()
                        .filter(|index| (*index as i64) < i64::from(place.count))?;
                    let element = (&raw const *place)
                        .cast::<u8>()
                        .add(4usize)
                        .cast::<f32>()
                        .add(index);
                    Some(*element)
                })()
            };
            Ok(found.map_or(-1i64 as f32, |found| found as f32))
        },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
                });
            let _ = status;
            0 as _
        },
    )
}
