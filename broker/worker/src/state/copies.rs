//! What a worker keeps of its copies, which serve children of its program, and of its lanes for them.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::lanes::MOST as MOST_LANES;

/// The most copies that there are of one worker at a time.
const MOST: usize = 1024;

/// The copies of this worker that are still there.
#[derive(Default)]
pub struct Copies(Mutex<Vec<Copy>>);

/// One of them.
pub struct Copy {
    pub pid: i32,
    /// Hangs up when the copy ends.
    pub life: Arc<OwnedFd>,
}

impl Copies {
    /// What hangs up when they end; empty when all have.
    pub fn lives(&self) -> Vec<Arc<OwnedFd>> {
        let Ok(mut copies) = self.0.lock() else { return Vec::new() };
        sweep(&mut copies);
        copies.iter().map(|copy| Arc::clone(&copy.life)).collect()
    }

    /// The list, to add one; `None` if there is room for no more.
    pub fn begin(&self) -> Option<MutexGuard<'_, Vec<Copy>>> {
        let mut copies = self.0.lock().ok()?;
        sweep(&mut copies);
        (copies.len() < MOST).then_some(copies)
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

/// The sockets of the lanes, for a copy to close.
pub struct Sockets([AtomicI32; MOST_LANES]);

const NONE: i32 = -1;

impl Default for Sockets {
    fn default() -> Self {
        Self([const { AtomicI32::new(NONE) }; MOST_LANES])
    }
}

impl Sockets {
    /// Remembers one as long as the guard lives; `None` if there are too many.
    pub fn keep(&self, socket: i32) -> Option<SocketGuard<'_>> {
        let free =
            |place: &&AtomicI32| place.compare_exchange(NONE, socket, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        self.0.iter().find(free).map(SocketGuard)
    }

    /// In a copy: closes all of them.
    pub fn close(&self) {
        for socket in &self.0 {
            let socket = socket.load(Ordering::Relaxed);
            if socket != NONE {
                // SAFETY: this process's descriptor of a lane that its worker serves.
                unsafe { libc::close(socket) };
            }
        }
    }
}

/// Has a socket remembered as long as it lives.
pub struct SocketGuard<'a>(&'a AtomicI32);

impl Drop for SocketGuard<'_> {
    fn drop(&mut self) {
        self.0.store(NONE, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::*;

    #[test]
    fn a_copy_lives_until_its_end_hangs_up() {
        let copies = Copies::default();
        let (life, held) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        // No process of ours has this number: nobody is waited for.
        copies.begin().unwrap().push(Copy { pid: i32::MAX, life: Arc::new(life) });
        assert_eq!(copies.lives().len(), 1);
        drop(held);
        assert!(copies.lives().is_empty());
    }

    #[test]
    fn copies_are_bounded() {
        let copies = Copies::default();
        let (life, _held) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let life = Arc::new(life);
        for _ in 0..MOST {
            copies.begin().unwrap().push(Copy { pid: i32::MAX, life: Arc::clone(&life) });
        }
        assert!(copies.begin().is_none());
    }

    #[test]
    fn a_socket_is_remembered_as_long_as_its_guard_lives() {
        let sockets = Sockets::default();
        let (one, other) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        drop(sockets.keep(other.as_raw_fd()));
        let _guard = sockets.keep(one.as_raw_fd());
        std::mem::forget(one);
        sockets.close();
        assert!(rustix::io::fcntl_getfd(&other).is_ok());
    }
}
