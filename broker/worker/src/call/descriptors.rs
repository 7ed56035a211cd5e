//! Descriptors that cross: the vendor is lent what came with a request, and what it has made goes with the reply.
//!
//! - **Invariant**: the worker keeps none of them: a descriptor is open here as long as its call.

use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use ava_protocol::frame::Malformed;
use ava_protocol::wire::Brought;
use rustix::io::{FdFlags, fcntl_getfd};

use super::Call;

/// The number of no descriptor.
const NONE: RawFd = -1;

/// A descriptor that goes in.
#[derive(Debug)]
pub enum Lent {
    /// The call is not about one.
    Unread,
    /// What the program has passed is the number of none, or else this.
    Number(Option<OwnedFd>),
}

impl Lent {
    /// What a vendor is given that takes a number.
    pub fn number(&self) -> c_int {
        match self {
            Self::Number(Some(fd)) => fd.as_raw_fd(),
            Self::Number(None) | Self::Unread => NONE,
        }
    }

    /// What a vendor is given that takes the number in the place of an address.
    pub fn address(&self) -> *mut c_void {
        match self {
            Self::Unread => std::ptr::null_mut(),
            Self::Number(_) => self.number() as isize as *mut c_void,
        }
    }
}

/// A place for a descriptor that the vendor makes.
#[derive(Debug)]
pub struct Lending {
    slot: RawFd,
    is_wanted: bool,
}

impl Lending {
    pub fn as_mut_ptr(&mut self) -> *mut RawFd {
        if self.is_wanted { &raw mut self.slot } else { std::ptr::null_mut() }
    }
}

impl Call<'_> {
    /// A descriptor came with the request.
    pub fn came(&mut self, fd: Option<OwnedFd>) {
        self.came = fd;
    }

    /// The descriptor that the request says has come; `is_read` tells whether the call is about one.
    ///
    /// # Errors
    /// It has not, or one has that the request does not speak of.
    pub fn descriptor(&mut self, is_said: bool, is_read: bool) -> Result<Lent, Malformed> {
        match self.came.take() {
            came if came.is_some() != is_said => Err(Malformed::Unsaid),
            came if is_read => Ok(Lent::Number(came)),
            _ => Ok(Lent::Unread),
        }
    }

    /// A place for a descriptor, if the program wants one.
    pub fn descriptor_place(&self, is_wanted: bool) -> Lending {
        Lending { slot: NONE, is_wanted }
    }

    /// The descriptor that the vendor has stored goes with the reply, and is the program's then.
    pub fn bring(&mut self, place: &Lending, ok: bool) -> Brought {
        if !ok || !place.is_wanted || place.slot < 0 {
            return Brought::Nothing;
        }
        // SAFETY: the vendor says that it has made the descriptor, which is nobody's but the caller's.
        let fd = unsafe { OwnedFd::from_raw_fd(place.slot) };
        let Ok(flags) = fcntl_getfd(&fd) else {
            // It has not.
            std::mem::forget(fd);
            return Brought::Nothing;
        };
        self.brings = Some(fd);
        if flags.contains(FdFlags::CLOEXEC) { Brought::ClosedOnExec } else { Brought::Inherited }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_descriptor_is_none_of_this_process() {
        assert_eq!(Lent::Number(None).number(), -1);
        assert_eq!(Lent::Number(None).address() as isize, -1);
        assert_eq!((Lent::Unread.number(), Lent::Unread.address() as isize), (-1, 0));
        let mut place = Lending { slot: NONE, is_wanted: false };
        assert!(place.as_mut_ptr().is_null());
    }
}
