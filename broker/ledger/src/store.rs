//! The database.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError, Table, TableDefinition};
use rkyv::api::high::{HighDeserializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize};

use crate::batch::Batch;
use crate::counts::Counts;
use crate::record::{Key, Record, SessionId};
use crate::report::{Query, Report, Sum};

type Definition = TableDefinition<'static, (u64, u64, u64), &'static [u8]>;
/// The records of this version of the format, by hour, broker and session.
const RECORDS: Definition = TableDefinition::new("hourly-1");
/// What was done by name, by the keys of the records. Ledgers of before have none, and brokers of before leave them alone.
const COUNTS: Definition = TableDefinition::new("counts-1");
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
type Step = fn(&mut Tables<'_>, RangeInclusive<u64>) -> Result<(), Error>;
type Records<'t> = Table<'t, (u64, u64, u64), &'static [u8]>;

/// What is written.
struct Tables<'t> {
    records: Records<'t>,
    counts: Records<'t>,
}

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
        self.write(|tables| {
            for (key, record) in &batch.records {
                let mut there = match hour {
                    Some((same, count)) if same == key.hour => count,
                    _ => tables.records.range(all_of(key.hour..=key.hour))?.count() as u64,
                };
                put(tables, *key, record, batch.counts.get(key), &mut there)?;
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
        let transaction = self.database.begin_read()?;
        let records = transaction.open_table(RECORDS)?;
        let hours = all_of(query.since..=query.until);
        if query.by.is_of_counts() {
            for entry in transaction.open_table(COUNTS)?.range(hours)? {
                let (key, bytes) = entry?;
                // A broker of before may have removed the record.
                let Some(record) = records.get(key.value())? else { continue };
                sum.count(&decode::<Record>(record.value())?.labels, decode(bytes.value())?);
            }
        } else {
            for entry in records.range(hours)? {
                let (key, bytes) = entry?;
                sum.add(Key::of(key.value()), decode(bytes.value())?);
            }
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
            self.write(|tables| tables.forget(first..=kept.min(first + DAY) - 1))?;
        }
        let older = first..=first + (last - first) / 2;
        let steps: [Step; 2] = [join, remove];
        for step in steps {
            if self.bytes() > self.limits.bytes {
                // There may be room in the file already.
                self.database.compact().map_err(|error| Error::Other(error.to_string()))?;
            }
            if self.bytes() > self.limits.bytes {
                self.write(|tables| step(tables, older.clone()))?;
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

    fn write(&self, change: impl FnOnce(&mut Tables<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let transaction = self.database.begin_write()?;
        change(&mut Tables { records: transaction.open_table(RECORDS)?, counts: transaction.open_table(COUNTS)? })?;
        Ok(transaction.commit()?)
    }
}

impl Tables<'_> {
    /// Removes all of these hours.
    fn forget(&mut self, hours: RangeInclusive<u64>) -> Result<(), Error> {
        self.records.retain_in(all_of(hours.clone()), |_, _| false)?;
        Ok(self.counts.retain_in(all_of(hours), |_, _| false)?)
    }
}

/// The keys of these hours.
fn all_of(hours: RangeInclusive<u64>) -> RangeInclusive<(u64, u64, u64)> {
    (*hours.start(), 0, 0)..=(*hours.end(), u64::MAX, u64::MAX)
}

/// Writes a record, or adds it to the one that is there, and its counts. In an hour that has too many it is added to one that many
/// share.
fn put(
    tables: &mut Tables<'_>,
    mut key: Key,
    record: &Record,
    counts: Option<&Counts>,
    in_hour: &mut u64,
) -> Result<(), Error> {
    let mut record = record.clone();
    let mut earlier: Option<Record> = find(&tables.records, key)?;
    for level in 1..=2 {
        if earlier.is_none() && *in_hour >= level * MOST_IN_HOUR {
            (key, record) = shared(key.hour, record, level == 1);
            earlier = find(&tables.records, key)?;
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
    let no_bytes = |_| Error::Other("a record has no bytes".to_owned());
    tables.records.insert(key.parts(), rkyv::to_bytes::<Failure>(&whole).map_err(no_bytes)?.as_slice())?;
    if let Some(more) = counts {
        let mut counts: Counts = find(&tables.counts, key)?.unwrap_or_default();
        counts.add(more);
        tables.counts.insert(key.parts(), rkyv::to_bytes::<Failure>(&counts).map_err(no_bytes)?.as_slice())?;
    }
    Ok(())
}

fn find<T>(table: &Records<'_>, key: Key) -> Result<Option<T>, Error>
where
    T: Archive,
    T::Archived: for<'a> CheckBytes<HighValidator<'a, Failure>> + Deserialize<T, HighDeserializer<Failure>>,
{
    table.get(key.parts())?.map(|bytes| decode(bytes.value())).transpose()
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
fn join(tables: &mut Tables<'_>, hours: RangeInclusive<u64>) -> Result<(), Error> {
    let is_joined = |key: &Key| key.id.broker == 0 && key.hour.is_multiple_of(DAY);
    let mut from = (*hours.start(), 0, 0);
    let until = (*hours.end(), u64::MAX, u64::MAX);
    loop {
        let mut some = BTreeMap::new();
        for entry in tables.records.range(from..=until)?.take(AT_ONCE) {
            let (key, bytes) = entry?;
            some.insert(Key::of(key.value()), decode::<Record>(bytes.value())?);
        }
        let Some((last, _)) = some.last_key_value() else {
            return Ok(());
        };
        from = match last.parts() {
            (hour, broker, u64::MAX) => (hour, broker + 1, 0),
            (hour, broker, session) => (hour, broker, session + 1),
        };
        for (key, record) in some.into_iter().filter(|(key, _)| !is_joined(key)) {
            tables.records.remove(key.parts())?;
            let counts = tables.counts.remove(key.parts())?.map(|bytes| decode::<Counts>(bytes.value())).transpose()?;
            let (key, record) = shared(key.hour - key.hour % DAY, record, true);
            put(tables, key, &record, counts.as_ref(), &mut 0)?;
        }
    }
}

fn remove(tables: &mut Tables<'_>, hours: RangeInclusive<u64>) -> Result<(), Error> {
    // What was joined may have been put at the beginning of the day.
    let day = hours.start() - hours.start() % DAY;
    tables.forget(day..=*hours.end())
}

fn decode<T>(bytes: &[u8]) -> Result<T, Error>
where
    T: Archive,
    T::Archived: for<'a> CheckBytes<HighValidator<'a, Failure>> + Deserialize<T, HighDeserializer<Failure>>,
{
    let mut aligned = AlignedVec::<16>::with_capacity(bytes.len());
    aligned.extend_from_slice(bytes);
    let record = rkyv::from_bytes::<T, Failure>(&aligned);
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
