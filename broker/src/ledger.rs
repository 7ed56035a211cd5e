//! The thread that keeps the ledger: a disk may be slow, and the event loop never waits for one.
//!
//! - **Invariant:** whatever is wrong with the disk or the file, the broker goes on; it says once what is wrong, and what could
//!   not be written is tried again, as far as there is room.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ava_ledger::{Amounts, Batch, Counts, Error, Labels, Limits, Query, Report, SessionId, Store};
use ava_protocol::admin;
use tracing::{info, warn};

/// The most jobs that wait for the thread.
const QUEUE: usize = 64;
/// The shortest time between two writings.
const WRITE_TIME: Duration = Duration::from_secs(2);
/// How long a ledger that failed is left alone, and one that another broker has, which may be ending.
const PAUSE: Duration = Duration::from_secs(30);
const SHORT_PAUSE: Duration = Duration::from_secs(2);
/// The time between two removals of old records, and the shortest one if the file grows too large.
const TIDY_TIME: Duration = Duration::from_secs(60 * 60);
const SHRINK_TIME: Duration = Duration::from_secs(10 * 60);
/// How long the end of the broker waits for the last writing.
const END_TIME: Duration = Duration::from_secs(3);

/// What a session used since the last note of it.
#[derive(Debug)]
pub struct Note {
    pub id: SessionId,
    pub labels: Labels,
    pub amounts: Amounts,
    pub counts: Counts,
}

/// Notes of ended sessions that wait for room.
#[derive(Debug, Default)]
pub struct Noted {
    pub ended: Vec<Note>,
    /// How many found no room even here.
    pub lost: u64,
}

/// The ledger as the event loop sees it.
#[derive(Debug)]
pub struct Ledger {
    file: PathBuf,
    jobs: SyncSender<Job>,
    reports: Receiver<(u64, Result<Report, String>)>,
    /// Readable when there are reports.
    pub wake: UnixStream,
    health: Arc<Mutex<Health>>,
}

#[derive(Debug, Default)]
struct Health {
    trouble: Option<String>,
    bytes: u64,
}

#[derive(Debug)]
enum Job {
    Note(Vec<Note>),
    Ask(u64, Query),
    End(Sender<()>),
}

impl Ledger {
    /// Starts the thread. It opens the ledger in this file when there is something to write or to tell.
    ///
    /// # Errors
    /// No descriptor or no thread is left.
    pub fn start(file: PathBuf, limits: Limits) -> io::Result<Self> {
        let (wake, bell) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        bell.set_nonblocking(true)?;
        let (jobs, waiting) = sync_channel(QUEUE);
        let (answer, reports) = channel();
        let health = Arc::default();
        let keeper = Keeper {
            file: file.clone(),
            limits,
            health: Arc::clone(&health),
            store: None,
            again: None,
            batch: Batch::default(),
            written: None,
            tidied: None,
        };
        let thread = std::thread::Builder::new().name("ledger".to_owned());
        thread.spawn(move || keeper.work(&waiting, &answer, bell))?;
        Ok(Self { file, jobs, reports, wake, health })
    }

    /// Has these written soon; gives them back if too much waits.
    ///
    /// # Errors
    /// The notes.
    pub fn note(&self, notes: Vec<Note>) -> Result<(), Vec<Note>> {
        self.jobs.try_send(Job::Note(notes)).map_err(|error| match error {
            TrySendError::Full(Job::Note(notes)) | TrySendError::Disconnected(Job::Note(notes)) => notes,
            _ => Vec::new(),
        })
    }

    /// Asks for a report, for the connection of this number. `false` if too much waits.
    pub fn ask(&self, number: u64, query: Query) -> bool {
        self.jobs.try_send(Job::Ask(number, query)).is_ok()
    }

    /// The reports that are there, with the numbers of the connections that asked.
    pub fn take_reports(&self) -> Vec<(u64, Result<Report, String>)> {
        while (&self.wake).read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
        self.reports.try_iter().collect()
    }

    /// Waits, for a limited time, until all is written.
    pub fn end(self) {
        let (done, ended) = channel();
        if self.jobs.try_send(Job::End(done)).is_err() || ended.recv_timeout(END_TIME).is_err() {
            warn!("the ledger's last notes may be lost: its file takes too long");
        }
    }

    /// For people.
    pub fn describe(&self) -> admin::Ledger {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        admin::Ledger {
            file: self.file.display().to_string(),
            bytes: health.bytes,
            trouble: health.trouble.clone().unwrap_or_default(),
        }
    }
}

/// The thread's state.
struct Keeper {
    file: PathBuf,
    limits: Limits,
    health: Arc<Mutex<Health>>,
    store: Option<Store>,
    /// When a ledger that failed may be tried again.
    again: Option<Instant>,
    batch: Batch,
    written: Option<Instant>,
    tidied: Option<Instant>,
}

impl Keeper {
    fn work(mut self, jobs: &Receiver<Job>, answer: &Sender<(u64, Result<Report, String>)>, mut bell: UnixStream) {
        loop {
            let job = match self.patience() {
                Some(time) => jobs.recv_timeout(time),
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match job {
                Ok(Job::Note(notes)) => self.gather(notes),
                Ok(Job::Ask(number, query)) => {
                    self.write();
                    let report = self.attempt(|store, _| store.report(&query));
                    // If nobody listens any more, the broker has ended.
                    let _ = answer.send((number, report));
                    // If the bell is full, it rings already.
                    let _ = bell.write(&[1]);
                }
                Ok(Job::End(done)) => {
                    self.write();
                    // The next broker may open it when this one says that it has ended.
                    self.store = None;
                    let _ = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => self.write(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// How long nothing needs to be written; `None` for ever.
    fn patience(&self) -> Option<Duration> {
        let now = Instant::now();
        let next = [self.written.map(|written| written + WRITE_TIME), self.again].into_iter().flatten().max();
        (!self.batch.is_empty()).then(|| next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now)))
    }

    fn gather(&mut self, notes: Vec<Note>) {
        let hour = hour(SystemTime::now());
        for Note { id, labels, amounts, counts } in notes {
            self.batch.add(hour, id, labels, amounts);
            self.batch.count(hour, id, &counts);
        }
    }

    fn write(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let now = Instant::now();
        let pause = |time| self.tidied.is_none_or(|tidied| now.duration_since(tidied) >= time);
        let (hourly, early) = (pause(TIDY_TIME), pause(SHRINK_TIME));
        let limit = self.limits.bytes;
        let written = self.attempt(|store, batch| {
            store.add(batch)?;
            let is_time = hourly || early && store.bytes() > limit;
            is_time.then(|| store.tidy(hour(SystemTime::now()))).transpose()
        });
        self.written = Some(now);
        if let Ok(tidied) = written {
            self.batch.clear();
            self.tidied = tidied.map(|()| now).or(self.tidied);
        }
        let lost = self.batch.take_lost();
        if lost > 0 {
            warn!(lost, "the ledger lost what sessions used, since too much waits to be written");
        }
    }

    /// Opens the ledger if it is not open, and does something with it. One that is damaged is put aside.
    fn attempt<T>(&mut self, what: impl Fn(&mut Store, &Batch) -> Result<T, Error>) -> Result<T, String> {
        if let Some(again) = self.again.filter(|again| Instant::now() < *again) {
            let seconds = again.saturating_duration_since(Instant::now()).as_secs() + 1;
            let trouble = self.health().trouble.clone().unwrap_or_default();
            return Err(format!("{trouble}; it is tried again in {seconds} s"));
        }
        let mut outcome = self.try_once(&what);
        if let Err(Error::Damaged(why)) = &outcome {
            let aside = self.file.with_extension("damaged");
            warn!(
                ledger = self.file.display().to_string(),
                aside = aside.display().to_string(),
                why,
                "a damaged ledger is put aside"
            );
            outcome = std::fs::rename(&self.file, aside).map_err(Error::Io).and_then(|()| self.try_once(&what));
        }
        let bytes = self.store.as_ref().map_or(0, Store::bytes);
        let trouble = outcome.as_ref().err().map(|error| format!("{}: {error}", self.file.display()));
        let pause = if matches!(outcome, Err(Error::InUse)) { SHORT_PAUSE } else { PAUSE };
        self.again = trouble.as_ref().map(|_| Instant::now() + pause);
        let mut health = self.health();
        match (&health.trouble, &trouble) {
            (before, Some(why)) if before.as_ref() != Some(why) => warn!("the ledger is not kept: {why}"),
            (Some(_), None) => info!(ledger = self.file.display().to_string(), "the ledger is kept again"),
            _ => {}
        }
        *health = Health { trouble: trouble.clone(), bytes };
        outcome.map_err(|_| trouble.unwrap_or_default())
    }

    fn try_once<T>(&mut self, what: impl Fn(&mut Store, &Batch) -> Result<T, Error>) -> Result<T, Error> {
        let store = match self.store.take() {
            Some(store) => Ok(store),
            None => open(&self.file, self.limits),
        };
        let batch = &self.batch;
        let done = store.and_then(|mut store| {
            // The database may panic where its file is damaged.
            let outcome = catch_unwind(AssertUnwindSafe(|| what(&mut store, batch)));
            let outcome = outcome.unwrap_or_else(|_| Err(Error::Damaged("it cannot be used".to_owned())));
            outcome.map(|outcome| (store, outcome))
        });
        done.map(|(store, outcome)| {
            self.store = Some(store);
            outcome
        })
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(file: &Path, limits: Limits) -> Result<Store, Error> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let opened = catch_unwind(|| Store::open(file, limits));
    opened.unwrap_or_else(|_| Err(Error::Damaged("it cannot be opened".to_owned())))
}

/// The hour since 1970.
fn hour(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 3600
}

/// Where the ledger is: in the service's state directory; in the user's if the socket is the user's usual one; else beside
/// the socket.
pub fn usual_file(variable: impl Fn(&str) -> Option<OsString>, socket: Option<&Path>, usual: &Path) -> PathBuf {
    const NAME: &str = "ledger.redb";
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(directory) = absolute("STATE_DIRECTORY") {
        return directory.join(NAME);
    }
    match socket {
        Some(system) if system == Path::new(ava_protocol::session::SYSTEM_SOCKET) => {
            Path::new("/var/lib/ava").join(NAME)
        }
        Some(other) if other != usual => {
            let mut name = other.as_os_str().to_owned();
            name.push(".ledger");
            name.into()
        }
        _ => {
            let home = absolute("HOME").map(|home| home.join(".local/state"));
            let state = absolute("XDG_STATE_HOME").or(home).map(|state| state.join("ava"));
            state.or_else(|| usual.parent().map(Path::to_owned)).unwrap_or_default().join(NAME)
        }
    }
}

#[cfg(test)]
mod tests {
    use ava_ledger::By;

    use super::*;

    fn note(calls: u64) -> Vec<Note> {
        let labels = Labels { tenant: "alice".to_owned(), ..Labels::default() };
        let amounts = Amounts { calls, ..Amounts::default() };
        vec![Note { id: SessionId { broker: 1, session: 1 }, labels, amounts, counts: Counts::default() }]
    }

    const LIMITS: Limits = Limits { hours: 2400, bytes: 1 << 30 };

    fn asked(ledger: &Ledger) -> Result<u64, String> {
        assert!(ledger.ask(5, Query { since: 0, until: u64::MAX, by: By::Tenant, whose: None }));
        let (number, report) = ledger.reports.recv().unwrap();
        assert_eq!(number, 5);
        report.map(|report| report.groups.iter().map(|group| group.amounts.calls).sum())
    }

    #[test]
    fn what_is_noted_is_there_when_it_is_asked_for_and_after_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/ledger.redb");
        let ledger = Ledger::start(file.clone(), LIMITS).unwrap();
        ledger.note(note(3)).unwrap();
        ledger.note(note(4)).unwrap();
        assert_eq!(asked(&ledger), Ok(7));
        ledger.note(note(5)).unwrap();
        ledger.end();
        let ledger = Ledger::start(file, LIMITS).unwrap();
        assert_eq!(asked(&ledger), Ok(12));
        assert!(ledger.describe().trouble.is_empty() && ledger.describe().bytes > 0);
    }

    #[test]
    fn a_damaged_ledger_is_put_aside_and_what_waits_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ledger.redb");
        std::fs::write(&file, "nonsense").unwrap();
        let ledger = Ledger::start(file.clone(), LIMITS).unwrap();
        ledger.note(note(3)).unwrap();
        assert_eq!(asked(&ledger), Ok(3));
        assert_eq!(std::fs::read(file.with_extension("damaged")).unwrap(), b"nonsense");
    }

    #[test]
    fn where_nothing_can_be_written_the_trouble_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let ledger = Ledger::start(folder.path().join("file/ledger.redb"), LIMITS).unwrap();
        ledger.note(note(3)).unwrap();
        let why = asked(&ledger).unwrap_err();
        let trouble = ledger.describe().trouble;
        assert!(trouble.contains("file/ledger.redb: ") && why.starts_with(&trouble), "{why}");
        assert!(why.contains("tried again in"), "{why}");
        ledger.end();
    }

    #[test]
    fn the_file_is_where_state_belongs() {
        let with = |wanted: &'static str| move |name: &str| (name == wanted).then(|| OsString::from("/x"));
        let usual = Path::new("/run/user/7/ava/broker.sock");
        let file =
            |variable: &dyn Fn(&str) -> Option<OsString>, socket| usual_file(variable, Some(Path::new(socket)), usual);
        let of_usual = "/run/user/7/ava/broker.sock";
        assert_eq!(file(&with("STATE_DIRECTORY"), "/run/ava/broker.sock"), Path::new("/x/ledger.redb"));
        assert_eq!(file(&with("HOME"), "/run/ava/broker.sock"), Path::new("/var/lib/ava/ledger.redb"));
        assert_eq!(file(&with("XDG_STATE_HOME"), of_usual), Path::new("/x/ava/ledger.redb"));
        assert_eq!(file(&with("HOME"), of_usual), Path::new("/x/.local/state/ava/ledger.redb"));
        assert_eq!(file(&with("HOME"), "/srv/b.sock"), Path::new("/srv/b.sock.ledger"));
    }
}
