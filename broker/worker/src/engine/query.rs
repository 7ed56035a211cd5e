//! What a vendor says of its objects by key: the worker's own questions.

use std::ffi::c_void;

/// A function of the vendor's that answers by key: the object, the key, the size of the place for the answer, the place, and
/// where the answer's size goes.
pub type Query = unsafe extern "C" fn(*mut c_void, u32, usize, *mut c_void, *mut usize) -> i32;

/// A number that a vendor answers with: any bytes are one.
pub trait Number: Default + Copy {}

impl Number for i32 {}
impl Number for u32 {}
impl Number for u64 {}
impl Number for usize {}

/// The number that the vendor answers; its status, or -1 where it has no such function, if it does not.
pub fn number<T: Number>(query: Option<Query>, object: *mut c_void, key: u32) -> Result<T, i32> {
    let mut value = T::default();
    let query = query.ok_or(-1)?;
    // SAFETY: a live object or null, which the vendor refuses, and memory of the size that is named.
    match unsafe { query(object, key, size_of::<T>(), (&raw mut value).cast(), std::ptr::null_mut()) } {
        0 => Ok(value),
        status => Err(status),
    }
}

/// The object that the vendor names; null if it names none.
pub fn pointer(query: Option<Query>, object: *mut c_void, key: u32) -> *mut c_void {
    number::<usize>(query, object, key).unwrap_or_default() as *mut c_void
}

/// As many bytes as the vendor answers, whatever function it is asked by; empty if it does not.
pub fn bytes(mut ask: impl FnMut(usize, *mut c_void, *mut usize) -> i32) -> Vec<u8> {
    let mut len = 0;
    if ask(0, std::ptr::null_mut(), &raw mut len) != 0 {
        return Vec::new();
    }
    let mut answer = vec![0_u8; len];
    if ask(len, answer.as_mut_ptr().cast(), std::ptr::null_mut()) == 0 { answer } else { Vec::new() }
}

/// As many bytes as the vendor answers of an object; empty if it does not.
pub fn all(query: Option<Query>, object: *mut c_void, key: u32) -> Vec<u8> {
    let Some(query) = query else { return Vec::new() };
    // SAFETY: a live object or null, which the vendor refuses, and memory of the size that is named.
    bytes(|size, value, len| unsafe { query(object, key, size, value, len) })
}

/// How many bytes the vendor would answer of an object; 0 if it does not.
pub fn length(query: Option<Query>, object: *mut c_void, key: u32) -> usize {
    let mut len = 0;
    // SAFETY: a live object or null, which the vendor refuses, and no place for the answer.
    let status = query.map_or(-1, |query| unsafe { query(object, key, 0, std::ptr::null_mut(), &raw mut len) });
    if status == 0 { len } else { 0 }
}

/// The words that the vendor answers: sizes, or objects.
pub fn words(query: Option<Query>, object: *mut c_void, key: u32) -> Vec<usize> {
    all(query, object, key).as_chunks().0.iter().map(|word| usize::from_le_bytes(*word)).collect()
}

/// The text that the vendor answers, without its end and what comes behind.
pub fn text(query: Option<Query>, object: *mut c_void, key: u32) -> String {
    cut(&all(query, object, key))
}

/// A text up to its end.
pub fn cut(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn vendor(_: *mut c_void, key: u32, size: usize, value: *mut c_void, len: *mut usize) -> i32 {
        let answer: &[u8] = if key == 1 { b"text\0rest" } else { &[7, 0, 0, 0, 0, 0, 0, 0] };
        if key > 2 {
            return -30;
        }
        if !value.is_null() && size < answer.len() {
            return -31;
        }
        // SAFETY: the caller has given places of these sizes, or none.
        unsafe {
            if !value.is_null() {
                std::ptr::copy_nonoverlapping(answer.as_ptr(), value.cast(), answer.len());
            }
            if !len.is_null() {
                len.write(answer.len());
            }
        }
        0
    }

    #[test]
    fn a_length_is_asked_without_room_for_the_answer() {
        assert_eq!((length(Some(vendor), std::ptr::null_mut(), 1), length(None, std::ptr::null_mut(), 1)), (9, 0));
    }

    #[test]
    fn what_a_vendor_answers_is_told_apart_from_what_it_does_not() {
        let (query, object) = (Some(vendor as Query), std::ptr::dangling_mut());
        assert_eq!(text(query, object, 1), "text");
        assert_eq!((words(query, object, 2), number(query, object, 2)), (vec![7], Ok(7_u64)));
        assert_eq!((all(query, object, 3), number::<u64>(query, object, 3)), (Vec::new(), Err(-30)));
        assert_eq!(number::<u32>(query, object, 2), Err(-31));
        assert_eq!((all(None, object, 1), number::<u32>(None, object, 2)), (Vec::new(), Err(-1)));
    }
}
