//! A worker that was started ahead and waits for a session.

use crate::policy::noise::Noise;
use crate::policy::warmth::Whose;
use crate::worker::Worker;

/// One of them.
#[derive(Debug)]
pub struct Spare {
    /// Whose session it will serve.
    pub whose: Whose,
    /// The worker.
    pub worker: Worker,
    /// What it said when the vendor library was loaded.
    pub loaded: Option<Loaded>,
    /// Why it ends.
    pub word: Option<String>,
    /// Nobody needs it any more.
    pub dismissed: bool,
    /// How much of what it has to say goes to the log.
    pub noise: Noise,
}

/// A vendor library that a worker has loaded.
#[derive(Debug)]
pub struct Loaded {
    /// Its file, as far as known.
    pub library: String,
    /// What tells the file from others of its name.
    pub identity: String,
    /// What the worker is shut in with.
    pub sandbox: String,
}

impl Spare {
    /// One that was just started.
    pub fn new(whose: Whose, worker: Worker) -> Self {
        Self { whose, worker, loaded: None, word: None, dismissed: false, noise: Noise::new(5) }
    }

    /// It can be given a session, now or when it has loaded the library.
    pub fn is_free(&self) -> bool {
        !self.dismissed && self.word.is_none() && !self.worker.is_over()
    }
}
