//! Arrays that a program makes and gives back, for which nothing but C's allocator is needed: structs that end with as many
//! elements as a number in them says.

use std::ffi::c_void;

use ava_protocol::image::CountedSpec;

/// The bytes that an array of so many elements takes.
pub fn bytes(spec: &CountedSpec, count: i32) -> usize {
    spec.bytes(count)
}

/// An array of so many elements, which nobody has set; null where there is no memory.
pub fn create(spec: &CountedSpec, count: i32) -> *mut c_void {
    // SAFETY: memory of the size that is asked for, in which the count has its place.
    unsafe {
        let array = libc::malloc(spec.bytes(count));
        if !array.is_null() {
            array.cast::<u8>().add(spec.count_at).cast::<i32>().write(count);
        }
        array
    }
}

/// A copy; null of null.
///
/// # Safety
/// The address is null or leads to an array.
pub unsafe fn copy(spec: &CountedSpec, array: *const c_void) -> *mut c_void {
    // SAFETY: by the caller's promise.
    let Some((count, elements)) = (unsafe { elements(spec, array) }) else { return std::ptr::null_mut() };
    let made = create(spec, count);
    if !made.is_null() {
        // SAFETY: an array of as many elements.
        unsafe {
            std::ptr::copy_nonoverlapping(elements.as_ptr(), made.cast::<u8>().add(spec.data_at), elements.len())
        };
    }
    made
}

/// Whether two have the same elements, or are the same.
///
/// # Safety
/// As for [`copy`].
pub unsafe fn equal(spec: &CountedSpec, a: *const c_void, b: *const c_void) -> bool {
    // SAFETY: by the caller's promise.
    a == b || unsafe { elements(spec, a).is_some_and(|a| elements(spec, b) == Some(a)) }
}

/// Whether an array has so many elements, and these.
///
/// # Safety
/// As for [`copy`]; `wanted` leads to as many elements.
pub unsafe fn holds(spec: &CountedSpec, array: *const c_void, count: i32, wanted: *const c_void) -> bool {
    // SAFETY: by the caller's promise.
    match unsafe { elements(spec, array) } {
        Some((has, elements)) if has == count => {
            // SAFETY: by the caller's promise: no more than the array has.
            elements.is_empty() || elements == unsafe { std::slice::from_raw_parts(wanted.cast(), elements.len()) }
        }
        _ => false,
    }
}

/// Gives an array back.
///
/// # Safety
/// The address is null or of an array of C's allocator, which nobody uses any more.
pub unsafe fn free(_: &CountedSpec, array: *mut c_void) {
    // SAFETY: by the caller's promise.
    unsafe { libc::free(array) };
}

/// The count and the bytes of the elements.
///
/// # Safety
/// As for [`copy`], as long as the bytes are used.
unsafe fn elements<'a>(spec: &CountedSpec, array: *const c_void) -> Option<(i32, &'a [u8])> {
    if array.is_null() {
        return None;
    }
    // SAFETY: by the caller's promise: a count, and as many elements.
    unsafe {
        let count = array.cast::<u8>().add(spec.count_at).cast::<i32>().read();
        let len = spec.bytes(count) - spec.data_at;
        Some((count, std::slice::from_raw_parts(array.cast::<u8>().add(spec.data_at), len)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SPEC: CountedSpec = CountedSpec { count_at: 0, data_at: 4, element: 4 };

    #[test]
    fn arrays_are_made_compared_and_given_back() {
        assert_eq!((bytes(&SPEC, 3), bytes(&SPEC, -1)), (16, 4));
        let values = [7_i32, 8, 9];
        let made = create(&SPEC, 3);
        // SAFETY: arrays that are made here, and their elements.
        unsafe {
            std::ptr::copy_nonoverlapping(values.as_ptr(), made.cast::<i32>().add(1), 3);
            let copied = copy(&SPEC, made);
            assert!(equal(&SPEC, made, copied) && holds(&SPEC, copied, 3, values.as_ptr().cast()));
            copied.cast::<i32>().add(3).write(0);
            assert!(!equal(&SPEC, made, copied) && !holds(&SPEC, copied, 3, values.as_ptr().cast()));
            assert!(!holds(&SPEC, made, 2, values.as_ptr().cast()));
            let nothing = std::ptr::null_mut();
            assert!(copy(&SPEC, nothing).is_null() && equal(&SPEC, nothing, nothing) && !equal(&SPEC, made, nothing));
            free(&SPEC, made);
            free(&SPEC, copied);
            free(&SPEC, nothing);
        }
    }
}
