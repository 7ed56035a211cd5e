//! Copies of this worker, for children that its program forks: natively a child goes on with what the vendor's library had in
//! its parent's memory, and so it does here, where the API's table says that the library is good for that (`forks`).
//!
//! The thread that serves the forking thread forks, so that what is locked and by whom is as it is natively. A copy belongs to
//! the same session: it is in this process's group, and this process stays as long as it has copies.
//!
//! - **Invariant:** a copy has nothing of its worker's program: no connection, no lane, no conversation with the broker.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::pipe::{PipeFlags, pipe_with};

use super::worker::Worker;
use crate::state::copies::Copy;

impl Worker {
    /// Has a copy of this process serve whoever is at the other end of `tenant`; whether there is one.
    pub fn copy(&'static self, tenant: OwnedFd) -> bool {
        let Some(mut copies) = self.copies.begin() else { return false };
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
                self.serve_copy(tenant)
            }
            pid => {
                copies.push(Copy { pid, life: Arc::new(life) });
                true
            }
        }
    }

    /// In a copy: serves another program with what the vendor's library has.
    fn serve_copy(&'static self, tenant: OwnedFd) -> ! {
        self.sockets.close();
        // The broker speaks to the worker and hears of this process by it.
        let Ok((control, _)) = UnixStream::pair() else {
            // SAFETY: ends the process at once: it is of no use.
            unsafe { libc::_exit(1) }
        };
        self.session.broker.silence();
        for inherited in [self.session.tenant(), self.session.broker.connection()] {
            // What would still be said to the worker's program is said to nobody.
            // SAFETY: this process's descriptors of the worker's connections become another's, which leads nowhere.
            unsafe { libc::dup2(control.as_raw_fd(), inherited.as_raw_fd()) };
        }
        Box::leak(Box::new(self.copied(tenant, control.into()))).serve()
    }
}
