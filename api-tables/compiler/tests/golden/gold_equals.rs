// plan
//
// opcode   33
// entry    in the shim: holds of gold_numbers

// shim: entry

/// `gold_equals` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_equals(
    numbers: *mut c_void,
    count: u32,
    values: *mut c_void,
) -> u32 {
    guard(
        || Ok(
            unsafe {
                runtime::arrays::holds(
                    &spec::gold_numbers_counted,
                    numbers.cast(),
                    count as _,
                    values.cast(),
                )
            } as _,
        ),
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
