//! Copies of this worker, for children that its program forks: natively a child goes on with what the vendor's library had in
//! its parent's memory, and so it does here, where the API's table says that the library is good for that (`forks`).
//!
//! The thread that serves the forking thread forks, so that what is locked and by whom is as it is natively. A copy belongs to
//! the same session: it is in this process's group, and this process stays as long as it has copies.
//!
//! - **Invariant:** a copy has nothing of its worker's program: no connection, no lane, no conversation with the broker.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::session::Session;
use crate::state::lanes::MOST as MOST_LANES;

/// The most that there are of one worker at a time.
const MOST_COPIES: usize = 1024;

/// The copies of this worker that are still there.
#[derive(Default)]
pub struct Copies(Mutex<Vec<Copy>>);

struct Copy {
    pid: i32,
    /// Hangs up when the copy ends.
    life: Arc<OwnedFd>,
}

impl Copies {
    /// What hangs up when they end; empty when all have.
    pub fn lives(&self) -> Vec<Arc<OwnedFd>> {
        let Ok(mut copies) = self.0.lock() else { return Vec::new() };
        sweep(&mut copies);
        copies.iter().map(|copy| Arc::clone(&copy.life)).collect()
    }
}

/// Forgets those that have ended.
fn sweep(copies: &mut Vec<Copy>) {
    copies.retain(|copy| {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut fds = [PollFd::new(&*copy.life, PollFlags::IN)];
        let lives = poll(&mut fds, Some(&now)).is_ok_and(|over| over == 0);
        if !lives {
            // SAFETY: waits for a child of this process that is ending.
            unsafe { libc::waitpid(copy.pid, std::ptr::null_mut(), 0) };
        }
        lives
    });
}

impl Session {
    /// Has a copy of this process serve whoever is at the other end of `tenant`; whether there is one.
    pub fn copy(&'static self, tenant: OwnedFd) -> bool {
        let Ok(mut copies) = self.copies.0.lock() else { return false };
        sweep(&mut copies);
        if copies.len() >= MOST_COPIES {
            return false;
        }
        let Ok((life, held)) = pipe_with(PipeFlags::CLOEXEC) else { return false };
        // SAFETY: the copy has this thread only. It uses nothing that another thread may have locked, but what the C library
        // sees to itself, and what the vendor's library has locked, as in a forked program.
        match unsafe { libc::fork() } {
            -1 => false,
            0 => {
                copies.clear();
                drop((copies, life));
                // As long as this process is.
                std::mem::forget(held);
                self.go_on(tenant)
            }
            pid => {
                copies.push(Copy { pid, life: Arc::new(life) });
                true
            }
        }
    }

    /// In a copy: serves another program with what the vendor's library has.
    fn go_on(&'static self, tenant: OwnedFd) -> ! {
        self.sockets.close();
        // The broker speaks to the worker and hears of this process by it.
        let Ok((control, _)) = UnixStream::pair() else {
            // SAFETY: ends the process at once: it is of no use.
            unsafe { libc::_exit(1) }
        };
        for inherited in [self.tenant(), self.control()] {
            // What would still be said to the worker's program is said to nobody.
            // SAFETY: this process's descriptors of the worker's connections become another's, which leads nowhere.
            unsafe { libc::dup2(control.as_raw_fd(), inherited.as_raw_fd()) };
        }
        Box::leak(Box::new(self.copied(tenant, control.into()))).serve()
    }
}

/// The sockets of the lanes, for a copy to close.
pub struct Sockets([AtomicI32; MOST_LANES]);

const NONE: i32 = -1;

impl Default for Sockets {
    fn default() -> Self {
        Self([const { AtomicI32::new(NONE) }; MOST_LANES])
    }
}

impl Sockets {
    /// Remembers one as long as the answer lives; `None` if there are too many.
    pub fn keep(&self, socket: i32) -> Option<Kept<'_>> {
        let free =
            |place: &&AtomicI32| place.compare_exchange(NONE, socket, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        self.0.iter().find(free).map(Kept)
    }

    fn close(&self) {
        for socket in &self.0 {
            let socket = socket.load(Ordering::Relaxed);
            if socket != NONE {
                // SAFETY: this process's descriptor of a lane that its worker serves.
                unsafe { libc::close(socket) };
            }
        }
    }
}

/// One that is remembered.
pub struct Kept<'a>(&'a AtomicI32);

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.0.store(NONE, Ordering::Relaxed);
    }
}
