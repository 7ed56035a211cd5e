//! Writes the vendor's output where the program's output goes now: to the stream or descriptor that the vendor would have
//! written to in this process, which the program may have redirected meanwhile.

use std::ffi::{c_int, c_void};

use ava_protocol::upcall::Stream;

/// Writes as the vendor would have. What the program has closed takes nothing; a pipe without a reader raises the signal
/// that it would have raised, unless that is `blocked`, as it would be in the vendor's threads.
pub fn write(stream: Stream, bytes: &[u8], blocked: &libc::sigset_t) {
    let old = let_through(&[libc::SIGPIPE, libc::SIGXFSZ], blocked);
    match stream {
        // SAFETY: the C library's own stream, which it locks, and live bytes.
        Stream::Buffered => unsafe {
            libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), stdout);
        },
        Stream::Output => write_to(1, bytes),
        Stream::Error => write_to(2, bytes),
    }
    // SAFETY: restores the mask that was there.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, std::ptr::null_mut()) };
}

fn write_to(fd: c_int, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: writes to a descriptor number from live bytes; a closed one is an error.
        let written = unsafe { libc::write(fd, bytes.as_ptr().cast::<c_void>(), bytes.len()) };
        match usize::try_from(written) {
            Ok(written @ 1..) => bytes = &bytes[written.min(bytes.len())..],
            _ if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => (),
            _ => return,
        }
    }
}

/// Lets signals through that this thread may raise itself; the mask from before.
fn let_through(signals: &[c_int], blocked: &libc::sigset_t) -> libc::sigset_t {
    // SAFETY: plain sets on the stack, filled before they are read.
    unsafe {
        let mut set = std::mem::zeroed();
        let mut old = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signals {
            if libc::sigismember(blocked, *signal) == 0 {
                libc::sigaddset(&raw mut set, *signal);
            }
        }
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, &raw mut old);
        old
    }
}

unsafe extern "C" {
    static stdout: *mut libc::FILE;
}
