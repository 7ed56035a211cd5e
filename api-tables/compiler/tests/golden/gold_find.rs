// plan
//
// opcode   49
// entry    answers in the shim, by hand

// shim: entry

/// `gold_find` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_find(name: *const c_char) -> *mut c_void {
    guard(
        || unsafe { crate::api::gold::gold_find(name) },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
                });
            let _ = status;
            std::ptr::null_mut()
        },
    )
}
