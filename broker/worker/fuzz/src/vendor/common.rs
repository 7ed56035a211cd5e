//! What the functions of all vendors share: objects that are numbers, and memory that is read and written to its last byte.

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

use ava_protocol::binary::{self, Image, View};
use ava_protocol::flat::LONGEST_CUT;
use ava_protocol::spec::{Behind, Content, StructSpec};

pub type Handle = *mut c_void;

pub const OUT_OF_RESOURCES: i32 = -5;
pub const INVALID_VALUE: i32 = -30;
pub const INVALID_WAIT_LIST: i32 = -57;
pub const INVALID_OPERATION: i32 = -59;

/// Functions of the API, and what puts them in their places.
macro_rules! functions {
    ($vendor:ty; $($name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty $body:block)*) => {
        $(
            #[allow(non_snake_case, clippy::too_many_arguments)]
            unsafe extern "C" fn $name($($arg: $ty),*) -> $ret $body
        )*
        pub fn install(vendor: &mut $vendor) {
            $(vendor.$name = Some($name);)*
        }
    };
}
pub(super) use functions;

/// A new object.
pub fn object() -> Handle {
    static LAST: AtomicUsize = AtomicUsize::new(0x1_0000);
    LAST.fetch_add(64, Ordering::Relaxed) as Handle
}

/// A new object, if `ok`; what became of it goes to `error`.
pub fn made(ok: bool, error: *mut i32) -> Handle {
    put(error, if ok { 0 } else { INVALID_VALUE });
    if ok { object() } else { std::ptr::null_mut() }
}

/// Whether an address is one that the worker gives when there is nothing to read.
fn is_nowhere<T>(at: *const T) -> bool {
    !at.is_null() && (at as usize) < 4096
}

/// Whether an address is one that the worker gives where the program could not read either: a vendor dies of it.
fn is_unreadable<T>(at: *const T) -> bool {
    at as usize == 128
}

/// Whether so much memory ends before its length, as the program's does: a vendor dies of that, too.
fn is_cut<T>(at: *const T, len: usize) -> bool {
    const PAGE: usize = 4096;
    let is_gone = |page: usize| {
        // SAFETY: asks the kernel for what it does not do, with an address that it tries to read first.
        let answer = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, -1, page, 0_usize, 8_usize) };
        answer < 0 && std::io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT)
    };
    let last = (at as usize).saturating_add(len - 1) / PAGE;
    // What ends early does so soon; a length that means nothing may lead to other memory.
    let first = at as usize / PAGE + 1;
    let soon = first..last.min(first + LONGEST_CUT / PAGE + 1);
    soon.chain([last]).any(|page| is_gone(page * PAGE))
}

/// Reads `len` bytes.
pub fn take<T>(at: *const T, len: usize) {
    if at.is_null() || len == 0 || is_unreadable(at) {
        return;
    }
    assert!(!is_nowhere(at), "the vendor is to read {len} bytes from nowhere");
    if is_cut(at, len) {
        return;
    }
    let at = at.cast::<u8>();
    for i in (0..len).step_by(61).chain([len - 1]) {
        // SAFETY: the worker promises `len` bytes there. That it keeps its promise is what is tested.
        unsafe { at.add(i).read_volatile() };
    }
}

/// Memory of the worker, up to where it ends.
struct Given;

impl View for Given {
    fn fill(&self, at: u64, out: &mut [u8]) -> bool {
        let can = !is_nowhere(at as *const u8) && !is_cut(at as *const u8, out.len());
        if can {
            // SAFETY: so many bytes are there.
            unsafe { std::ptr::copy_nonoverlapping(at as *const u8, out.as_mut_ptr(), out.len()) };
        }
        can
    }

    fn text(&self, at: u64) -> Option<u64> {
        let mut byte = [1];
        (0..).take_while(|i| byte[0] != 0 && self.fill(at + i, &mut byte)).last().filter(|_| byte[0] == 0)
    }
}

/// Reads code as far as it says that it goes, with what it leads to.
pub fn binary<T>(at: *const T) {
    if at.is_null() || is_unreadable(at) {
        return;
    }
    assert!(!is_nowhere(at), "the vendor is to read code from nowhere");
    match binary::image(&Given, at as u64) {
        Some(Image::Run(len)) => take(at, len as usize),
        Some(Image::Wrapper) => {
            let laid = binary::lay(&Given, at as u64, |_, _| true);
            laid.into_iter().flat_map(|laid| laid.runs).for_each(|run| take(run.from as *const u8, run.len as usize));
        }
        None => {}
    }
}

/// Writes `len` bytes.
pub fn give<T>(at: *mut T, len: usize) {
    if at.is_null() || len == 0 || is_unreadable(at) {
        return;
    }
    assert!(!is_nowhere(at), "the vendor is to write {len} bytes to nowhere");
    if is_cut(at, len) {
        return;
    }
    // SAFETY: as for `take`.
    unsafe { at.cast::<u8>().write_bytes(0x5a, len) };
}

/// Writes one value, if it is asked for.
pub fn put<T>(at: *mut T, value: T) {
    if !at.is_null() && !is_unreadable(at) {
        assert!(!is_nowhere(at), "the vendor is to write a value to nowhere");
        // SAFETY: as for `take`.
        unsafe { at.write_unaligned(value) };
    }
}

/// Element `i` of an array.
pub fn at<T: Copy>(array: *const T, i: usize) -> T {
    if is_unreadable(array) {
        // SAFETY: numbers, addresses and structs of these.
        return unsafe { std::mem::zeroed() };
    }
    assert!(!is_nowhere(array), "the vendor is to read element {i} of nothing");
    // SAFETY: as for `take`.
    unsafe { array.add(i).read_unaligned() }
}

/// Reads a text to its end; its length.
pub fn text(text: *const std::ffi::c_char) -> usize {
    if text.is_null() {
        return 0;
    }
    (0..).find(|i| at(text, *i) == 0).unwrap_or(0)
}

/// A number behind an address; 0 behind null.
pub fn number<T: Copy + TryInto<i128>>(place: *const T) -> i64 {
    if place.is_null() {
        return 0;
    }
    at(place, 0).try_into().map_or(0, |number| number as i64)
}

/// Reads an array of texts; whether there are all of them.
pub fn texts(count: usize, strings: *const *const std::ffi::c_char, lengths: *const usize) -> bool {
    if count == 0 || strings.is_null() {
        return false;
    }
    (0..count).all(|i| {
        let string = at(strings, i);
        match if lengths.is_null() { 0 } else { at(lengths, i) } {
            _ if string.is_null() => return false,
            0 => drop(text(string)),
            len => take(string, len),
        }
        true
    })
}

/// Gives an array of objects: all of it is the vendor's to write to, and the first few are there.
pub fn several(objects: *mut Handle, n: usize) {
    if objects.is_null() || n == 0 {
        return;
    }
    give(objects, n * 8);
    for i in 0..n {
        put(objects.wrapping_add(i), if i < 3 { object() } else { std::ptr::null_mut() });
    }
}

/// The same for `n` of which there are at most `most`; how many there are goes to `count`.
pub fn some(n: u32, objects: *mut Handle, count: *mut u32, most: u32) -> i32 {
    if !objects.is_null() {
        for i in 0..n.min(most) as usize {
            put(objects.wrapping_add(i), object());
        }
    }
    put(count, most);
    0
}

/// Reads structs, and all that they lead to.
pub fn structs(spec: &StructSpec, structs: *const c_void, n: usize) {
    if structs.is_null() || n == 0 {
        return;
    }
    let len = n.saturating_mul(spec.size);
    take(structs, len);
    if is_unreadable(structs) || is_cut(structs, len) {
        return;
    }
    for one in (0..n).map(|i| structs.cast::<u8>().wrapping_add(i * spec.size)) {
        let field = |offset: usize, size: usize| {
            let bytes = (0..size).map(|i| u64::from(at(one, offset + i)) << (8 * i));
            bytes.sum::<u64>()
        };
        for memory in spec.memory {
            let behind = field(memory.at, 8) as *const c_void;
            // A key says what is behind an address. Where nothing is, nothing is refused: the vendor decides.
            if behind.is_null() {
                continue;
            }
            let len = field(memory.len_at, memory.len_size).saturating_mul(memory.element as u64) as usize;
            let of = match &memory.content {
                Content::Bytes => None,
                Content::Structs(of) => Some(*of),
                Content::Keyed { at, size, keys } => {
                    let key = field(*at, *size);
                    keys.iter().find(|(known, _)| *known as u64 == key).map(|(_, behind)| match behind {
                        Behind::Structs(of) => *of,
                        Behind::Refused(status) => panic!("a key that is refused with {status} reaches the vendor"),
                    })
                }
            };
            match of {
                Some(of) => self::structs(of, behind, len / of.size),
                None => take(behind, len),
            }
        }
    }
}

/// Reads a property list to its end.
pub fn list(properties: *const c_void) {
    let properties = properties.cast::<u64>();
    if !properties.is_null() {
        let mut i = 0;
        while at(properties, i) != 0 {
            i += 2;
        }
    }
}

/// Three sizes.
pub fn three(sizes: *const usize) -> Option<[u64; 3]> {
    (!sizes.is_null() && !is_nowhere(sizes)).then(|| [0, 1, 2].map(|i| at(sizes, i) as u64))
}
