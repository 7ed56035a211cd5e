// plan
//
// opcode   48
// entry    goes on to gold_scalar

// shim: entry

/// `gold_same` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_same(count: u32, offset: isize, ratio: f64) -> i32 {
    guard(
        || Ok(unsafe { gold_scalar(count, offset, ratio) }),
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
