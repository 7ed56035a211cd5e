//! A queue: jobs that run one after another on a thread of their own, and marks in it that can be waited for.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

pub type Job = Box<dyn FnOnce() + Send>;

/// Jobs in order. The thread begins with the first job, and ends when the queue is dropped and all jobs are done.
pub struct Queue {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    submitted: u64,
    completed: u64,
    has_thread: bool,
    is_ending: bool,
}

/// The end of a queue, which outlives it.
pub struct Tail {
    shared: Arc<Shared>,
}

/// A place in a queue: all jobs up to a number.
#[derive(Clone)]
pub struct Mark {
    shared: Arc<Shared>,
    number: u64,
}

impl Queue {
    pub fn new() -> Self {
        Self { shared: Arc::default() }
    }

    /// Appends a job; the mark behind it.
    ///
    /// # Panics
    ///
    /// If the system has no thread left.
    pub fn push(&self, job: Job) -> Mark {
        let mut state = self.shared.lock();
        state.jobs.push_back(job);
        state.submitted += 1;
        let number = state.submitted;
        if !std::mem::replace(&mut state.has_thread, true) {
            drop(state);
            start(self.shared.clone());
        }
        self.shared.changed.notify_all();
        Mark { shared: self.shared.clone(), number }
    }

    pub fn tail(&self) -> Tail {
        Tail { shared: self.shared.clone() }
    }

    /// The mark behind all that was appended so far.
    pub fn last(&self) -> Mark {
        self.tail().last()
    }
}

impl Tail {
    /// The mark behind all that was appended so far.
    pub fn last(&self) -> Mark {
        Mark { shared: self.shared.clone(), number: self.shared.lock().submitted }
    }

    /// Whether the queue is dropped and all is done.
    pub fn is_over(&self) -> bool {
        let state = self.shared.lock();
        state.is_ending && state.completed == state.submitted
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shared.lock().is_ending = true;
        self.shared.changed.notify_all();
    }
}

impl Mark {
    pub fn is_done(&self) -> bool {
        self.shared.lock().completed >= self.number
    }

    pub fn wait(&self) {
        let mut state = self.shared.lock();
        while state.completed < self.number {
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                // A panic has been printed by its hook; the jobs behind it still have to be counted.
                let _ = catch_unwind(AssertUnwindSafe(job));
                state = self.lock();
                state.completed += 1;
                self.changed.notify_all();
            } else if state.is_ending {
                return;
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

/// Starts the thread of a queue, with all signals blocked: the program's handlers are for the program's threads.
fn start(shared: Arc<Shared>) {
    // SAFETY: both sets are valid for the calls, and an empty mask is a valid `sigset_t`.
    let before = unsafe {
        let (mut all, mut before) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        before
    };
    let thread = std::thread::Builder::new().name("softcuda-stream".into()).spawn(move || shared.run());
    // SAFETY: the mask is what the call above gave.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut()) };
    thread.expect("the system has a thread for a stream");
}
