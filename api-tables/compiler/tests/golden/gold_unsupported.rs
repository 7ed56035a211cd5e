// plan
//
// opcode   15
// entry    refused with -1: an address means nothing over there

// shim: entry

/// `gold_unsupported` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_unsupported(
    one: *mut c_void,
    address: *mut c_void,
    errcode_ret: *mut i32,
) -> *mut c_void {
    guard(
        || Err(
            crate::api::gold::refuse(
                "gold_unsupported",
                "an address means nothing over there",
                -1,
                one.cast(),
            ),
        ),
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
                });
            let _ = status;
            if !errcode_ret.is_null() {
                unsafe { errcode_ret.write(status as _) }
            }
            std::ptr::null_mut()
        },
    )
}
