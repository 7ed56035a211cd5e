//! A spare: a worker that was started in advance and waits for a session.

use crate::policy::rate_limit::RateLimit;
use crate::policy::spares::Whose;
use crate::worker::Worker;

/// A spare.
#[derive(Debug)]
pub struct Spare {
    /// Which sessions it can serve.
    pub whose: Whose,
    /// The worker.
    pub worker: Worker,
    /// The vendor library, once it is loaded.
    pub loaded: Option<Loaded>,
    /// The reason of its end.
    pub word: Option<String>,
    /// Whether it was told to end because it is not needed.
    pub dismissed: bool,
    /// The rate limit of its log lines.
    pub log_limit: RateLimit,
}

/// A vendor library that a worker has loaded.
#[derive(Debug)]
pub struct Loaded {
    /// Its file, if known.
    pub library: String,
    /// Identifies this version of the file.
    pub identity: String,
    /// The worker's sandbox.
    pub sandbox: String,
}

impl Spare {
    /// A spare that was just started.
    pub fn new(whose: Whose, worker: Worker) -> Self {
        Self { whose, worker, loaded: None, word: None, dismissed: false, log_limit: RateLimit::new(5) }
    }

    /// Whether it can be given a session, now or when it has loaded the library.
    pub fn is_free(&self) -> bool {
        !self.dismissed && self.word.is_none() && !self.worker.is_over()
    }
}
