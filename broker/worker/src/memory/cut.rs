//! Memory that ends sooner than its length says: behind it is a page that nobody can touch, as in the program.

use std::ffi::c_void;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

use super::private::UNREADABLE;

const PAGE: usize = 64 << 10;

/// Some bytes, and then none.
#[derive(Debug)]
pub struct Cut {
    /// What is mapped; `None` where there are no bytes.
    map: Option<NonNull<u8>>,
    len: usize,
}

// SAFETY: the mapping is this value's own, and nobody writes there but the vendor that is given it.
unsafe impl Send for Cut {}
// SAFETY: as above.
unsafe impl Sync for Cut {}

impl Cut {
    /// Those bytes, and then none.
    ///
    /// # Errors
    /// There is no memory.
    pub fn new(bytes: &[u8]) -> std::io::Result<Self> {
        let mut cut = Self { map: None, len: bytes.len() };
        if bytes.is_empty() {
            return Ok(cut);
        }
        // SAFETY: a new mapping, of which the last page is taken away again, and the bytes fit before that.
        unsafe {
            let access = ProtFlags::READ | ProtFlags::WRITE;
            let map = rustix::mm::mmap_anonymous(std::ptr::null_mut(), cut.mapped(), access, MapFlags::PRIVATE)?;
            cut.map = NonNull::new(map.cast());
            rustix::mm::mprotect(map.byte_add(cut.mapped() - PAGE), PAGE, MprotectFlags::empty())?;
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), cut.as_ptr().cast_mut().cast(), bytes.len());
        }
        Ok(cut)
    }

    fn mapped(&self) -> usize {
        self.len.next_multiple_of(PAGE) + PAGE
    }

    /// Where they begin, aligned for structs.
    pub fn as_ptr(&self) -> *const c_void {
        let Some(map) = self.map else { return UNREADABLE };
        map.as_ptr().cast_const().wrapping_add(self.mapped() - PAGE - self.len.next_multiple_of(8)).cast()
    }

    pub fn bytes(&self) -> &[u8] {
        match self.map {
            // SAFETY: as many bytes are mapped there.
            Some(_) => unsafe { std::slice::from_raw_parts(self.as_ptr().cast(), self.len) },
            None => &[],
        }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match self.map {
            // SAFETY: as above, and borrowed mutably.
            Some(_) => unsafe { std::slice::from_raw_parts_mut(self.as_ptr().cast_mut().cast(), self.len) },
            None => &mut [],
        }
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        if let Some(map) = self.map {
            // SAFETY: mapped by this value, which ends.
            let _ = unsafe { rustix::mm::munmap(map.as_ptr().cast(), self.mapped()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_followed_by_what_nobody_can_touch() {
        for len in [1, 8, 100, PAGE, PAGE + 1] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let cut = Cut::new(&bytes).unwrap();
            assert_eq!((cut.bytes(), cut.as_ptr() as usize % 8), (&bytes[..], 0));
            let behind = (cut.as_ptr() as usize + len).next_multiple_of(8) as *mut c_void;
            // SAFETY: asks the kernel whether the byte can be read, and has it read nowhere.
            let answer = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, -1, behind, 0, 8) };
            assert_eq!((answer, std::io::Error::last_os_error().raw_os_error()), (-1, Some(libc::EFAULT)));
        }
        assert_eq!(Cut::new(&[]).unwrap().as_ptr(), UNREADABLE);
    }
}
