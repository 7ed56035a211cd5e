//! The database.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError, Table, TableDefinition};
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use crate::batch::Batch;
use crate::record::{Key, Record, SessionId};
use crate::report::{Query, Report, Sum};

/// The records of this version of the format, by hour, broker and session.
const RECORDS: TableDefinition<'static, (u64, u64, u64), &'static [u8]> = TableDefinition::new("hourly-1");
/// The most records of an hour that are kept apart: of sessions, and then of those that many share.
const MOST_IN_HOUR: u64 = 10_000;
/// The memory that the database uses for what it has read and is about to write, in bytes.
const CACHE: usize = 8 << 20;
/// The hours of a day.
const DAY: u64 = 24;
/// How many records are joined at once.
const AT_ONCE: usize = 4096;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Records that are older, in hours, are removed.
    pub hours: u64,
    /// The size of the file in bytes, beyond which old records are joined and then removed.
    pub bytes: u64,
}

/// Why the ledger cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("another broker writes it")]
    InUse,
    #[error("it is damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    Other(String),
}

/// An open ledger.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    database: Database,
    limits: Limits,
    /// The hour that was written last, and the number of its records.
    hour: Option<(u64, u64)>,
}

/// What makes a file smaller.
type Step = fn(&mut Records<'_>, RangeInclusive<u64>) -> Result<(), Error>;
type Records<'t> = Table<'t, (u64, u64, u64), &'static [u8]>;

impl Store {
    /// Opens a ledger and checks all of it, or makes one that only this user may read. After any other function has failed, a
    /// store is of no use: open it again.
    ///
    /// # Errors
    /// Another process has it open, it is damaged, or it cannot be read and written.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, Error> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut builder = Database::builder();
        let database = builder.set_cache_size(CACHE).set_check_integrity_on_open(true).create(path)?;
        let store = Self { path: path.to_owned(), database, limits, hour: None };
        store.write(|_| Ok(()))?;
        Ok(store)
    }

    /// The size of its file in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// Writes all of a batch, or nothing.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn add(&mut self, batch: &Batch) -> Result<(), Error> {
        let mut hour = self.hour.take();
        self.write(|records| {
            for (key, record) in &batch.records {
                let mut there = match hour {
                    Some((same, count)) if same == key.hour => count,
                    _ => records.range(all_of(key.hour..=key.hour))?.count() as u64,
                };
                put(records, *key, record, &mut there)?;
                hour = Some((key.hour, there));
            }
            Ok(())
        })?;
        self.hour = hour;
        Ok(())
    }

    /// Adds up what was written.
    ///
    /// # Errors
    /// The disk fails.
    pub fn report(&self, query: &Query) -> Result<Report, Error> {
        let mut sum = Sum::new(query);
        let records = self.database.begin_read()?.open_table(RECORDS)?;
        for entry in records.range(all_of(query.since..=query.until))? {
            let (key, bytes) = entry?;
            sum.add(Key::of(key.value()), decode(bytes.value())?);
        }
        Ok(sum.report())
    }

    /// Removes what is too old, a day of records at most; and joins, and then removes, older records while the file is too large.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn tidy(&mut self, now: u64) -> Result<(), Error> {
        let Some((first, last)) = self.hours()? else {
            return Ok(());
        };
        let kept = now.saturating_sub(self.limits.hours);
        if first < kept {
            self.write(|records| Ok(records.retain_in(all_of(first..=kept.min(first + DAY) - 1), |_, _| false)?))?;
        }
        let older = first..=first + (last - first) / 2;
        let steps: [Step; 2] = [join, remove];
        for step in steps {
            if self.bytes() > self.limits.bytes {
                // There may be room in the file already.
                self.database.compact().map_err(|error| Error::Other(error.to_string()))?;
            }
            if self.bytes() > self.limits.bytes {
                self.write(|records| step(records, older.clone()))?;
                self.database.compact().map_err(|error| Error::Other(error.to_string()))?;
                self.hour = None;
            }
        }
        Ok(())
    }

    /// The first and the last hour that have records.
    fn hours(&self) -> Result<Option<(u64, u64)>, Error> {
        let records = self.database.begin_read()?.open_table(RECORDS)?;
        let (first, last) = (records.first()?, records.last()?);
        Ok(first.zip(last).map(|((first, _), (last, _))| (first.value().0, last.value().0)))
    }

    fn write(&self, change: impl FnOnce(&mut Records<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let transaction = self.database.begin_write()?;
        change(&mut transaction.open_table(RECORDS)?)?;
        Ok(transaction.commit()?)
    }
}

/// The keys of these hours.
fn all_of(hours: RangeInclusive<u64>) -> RangeInclusive<(u64, u64, u64)> {
    (*hours.start(), 0, 0)..=(*hours.end(), u64::MAX, u64::MAX)
}

/// Writes a record, or adds it to the one that is there. In an hour that has too many it is added to one that many share.
fn put(records: &mut Records<'_>, mut key: Key, record: &Record, in_hour: &mut u64) -> Result<(), Error> {
    let mut record = record.clone();
    let mut earlier = find(records, key)?;
    for level in 1..=2 {
        if earlier.is_none() && *in_hour >= level * MOST_IN_HOUR {
            (key, record) = shared(key.hour, record, level == 1);
            earlier = find(records, key)?;
        }
    }
    *in_hour += u64::from(earlier.is_none());
    let whole = match earlier {
        Some(mut earlier) => {
            earlier.add(&record);
            earlier
        }
        None => record,
    };
    let bytes = rkyv::to_bytes::<Failure>(&whole).map_err(|_| Error::Other("a record has no bytes".to_owned()))?;
    records.insert(key.parts(), bytes.as_slice())?;
    Ok(())
}

fn find(records: &Records<'_>, key: Key) -> Result<Option<Record>, Error> {
    records.get(key.parts())?.map(|bytes| decode(bytes.value())).transpose()
}

/// The record for all that share these labels.
fn shared(hour: u64, record: Record, containers: bool) -> (Key, Record) {
    let labels = record.labels.shared(containers);
    // Another version of the standard library may hash in another way: then there are two records, and no harm is done.
    let mut hasher = DefaultHasher::new();
    labels.hash(&mut hasher);
    (Key { hour, id: SessionId { broker: 0, session: hasher.finish() } }, Record { labels, ..record })
}

/// Joins the records of each day to those that many sessions share.
fn join(records: &mut Records<'_>, hours: RangeInclusive<u64>) -> Result<(), Error> {
    let is_joined = |key: &Key| key.id.broker == 0 && key.hour.is_multiple_of(DAY);
    let mut from = (*hours.start(), 0, 0);
    let until = (*hours.end(), u64::MAX, u64::MAX);
    loop {
        let mut some = BTreeMap::new();
        for entry in records.range(from..=until)?.take(AT_ONCE) {
            let (key, bytes) = entry?;
            some.insert(Key::of(key.value()), decode(bytes.value())?);
        }
        let Some((last, _)) = some.last_key_value() else {
            return Ok(());
        };
        from = match last.parts() {
            (hour, broker, u64::MAX) => (hour, broker + 1, 0),
            (hour, broker, session) => (hour, broker, session + 1),
        };
        for (key, record) in some.into_iter().filter(|(key, _)| !is_joined(key)) {
            records.remove(key.parts())?;
            let (key, record) = shared(key.hour - key.hour % DAY, record, true);
            put(records, key, &record, &mut 0)?;
        }
    }
}

fn remove(records: &mut Records<'_>, hours: RangeInclusive<u64>) -> Result<(), Error> {
    // What was joined may have been put at the beginning of the day.
    let day = hours.start() - hours.start() % DAY;
    Ok(records.retain_in(all_of(day..=*hours.end()), |_, _| false)?)
}

fn decode(bytes: &[u8]) -> Result<Record, Error> {
    let mut aligned = AlignedVec::<16>::with_capacity(bytes.len());
    aligned.extend_from_slice(bytes);
    let record = rkyv::from_bytes::<Record, Failure>(&aligned);
    record.map_err(|_| Error::Damaged(format!("{} bytes are no record", bytes.len())))
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Self::InUse,
            DatabaseError::Storage(error) => error.into(),
            DatabaseError::UpgradeRequired(version) => Self::Damaged(format!("it has version {version}")),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Corrupted(what) => Self::Damaged(what),
            StorageError::Io(error) if error.kind() == io::ErrorKind::InvalidData => Self::Damaged(error.to_string()),
            StorageError::Io(error) => Self::Io(error),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<redb::TransactionError> for Error {
    fn from(error: redb::TransactionError) -> Self {
        match error {
            redb::TransactionError::Storage(error) => error.into(),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<redb::TableError> for Error {
    fn from(error: redb::TableError) -> Self {
        match error {
            redb::TableError::Storage(error) => error.into(),
            // The table is of the format of another version.
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl From<redb::CommitError> for Error {
    fn from(error: redb::CommitError) -> Self {
        match error {
            redb::CommitError::Storage(error) => error.into(),
            other => Self::Other(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
