//! What a record says.

use rkyv::{Archive, Deserialize, Serialize};

/// In place of names, where there are too many.
pub const MANY: &str = "(many)";

/// A session of a broker. Its number alone is not enough: each broker begins at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    /// When the broker started, in milliseconds since 1970; not 0.
    pub broker: u64,
    /// Its number.
    pub session: u64,
}

/// An hour since 1970 and what a record is of: the order of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub hour: u64,
    /// That of `broker` 0 stands for many sessions; its number is made from their labels.
    pub id: SessionId,
}

impl Key {
    pub fn parts(self) -> (u64, u64, u64) {
        (self.hour, self.id.broker, self.id.session)
    }

    pub fn of((hour, broker, session): (u64, u64, u64)) -> Self {
        Self { hour, id: SessionId { broker, session } }
    }
}

/// Whose session it is, and what it uses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub struct Labels {
    /// The tenant whose limits apply.
    pub tenant: String,
    /// The program's user.
    pub uid: u32,
    /// The container that the program is in; empty for none.
    pub container: String,
    /// The program's control group.
    pub cgroup: String,
    /// The program's name.
    pub program: String,
    /// The API.
    pub api: String,
    /// The devices in use, separated by commas; empty for none yet.
    pub device: String,
}

impl Labels {
    /// Labels that many sessions share: without what a user can invent at will, or also without containers, of which a user can
    /// pretend to have any number.
    pub(crate) fn shared(&self, containers: bool) -> Self {
        let many = || MANY.to_owned();
        Self {
            tenant: if containers { self.tenant.clone() } else { many() },
            uid: self.uid,
            container: if containers { self.container.clone() } else { many() },
            cgroup: many(),
            program: many(),
            api: self.api.clone(),
            device: many(),
        }
    }
}

/// How much was used. All but the peak add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Amounts {
    /// Sessions that began.
    pub sessions: u64,
    /// Time on devices, in nanoseconds.
    pub device_ns: u64,
    /// Time for which work was held back, in nanoseconds.
    pub held_ns: u64,
    /// Commands that devices accepted.
    pub commands: u64,
    /// Calls served.
    pub calls: u64,
    /// Bytes of data from programs.
    pub bytes_in: u64,
    /// Bytes of data to programs.
    pub bytes_out: u64,
    /// The most device memory that one session was seen to hold, in bytes.
    pub memory_peak_bytes: u64,
}

impl Amounts {
    /// Adds what more was used.
    pub fn add(&mut self, more: &Self) {
        let sum = u64::saturating_add;
        *self = self.with(more, sum);
        self.memory_peak_bytes = self.memory_peak_bytes.max(more.memory_peak_bytes);
    }

    /// What was used since it was `earlier`. A count that went back has not moved.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        self.with(earlier, u64::saturating_sub)
    }

    /// Whether nothing was used since it was `earlier`.
    #[must_use]
    pub fn is_idle_since(&self, earlier: &Self) -> bool {
        let difference = self.since(earlier);
        difference == Self { memory_peak_bytes: difference.memory_peak_bytes, ..Self::default() }
            && self.memory_peak_bytes <= earlier.memory_peak_bytes
    }

    /// Each count with its counterpart; the peak is this one's.
    fn with(&self, other: &Self, join: fn(u64, u64) -> u64) -> Self {
        Self {
            sessions: join(self.sessions, other.sessions),
            device_ns: join(self.device_ns, other.device_ns),
            held_ns: join(self.held_ns, other.held_ns),
            commands: join(self.commands, other.commands),
            calls: join(self.calls, other.calls),
            bytes_in: join(self.bytes_in, other.bytes_in),
            bytes_out: join(self.bytes_out, other.bytes_out),
            memory_peak_bytes: self.memory_peak_bytes,
        }
    }
}

/// Labels and amounts.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(crate) struct Record {
    pub labels: Labels,
    pub amounts: Amounts,
}

impl Record {
    /// Adds what came later: its labels count, since a session may use another device now.
    pub fn add(&mut self, later: &Self) {
        self.labels.clone_from(&later.labels);
        self.amounts.add(&later.amounts);
    }
}
