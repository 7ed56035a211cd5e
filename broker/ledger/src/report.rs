//! What was used, added up.

use std::collections::HashMap;

use crate::counts::{Counts, Times};
use crate::record::{Amounts, Key, Labels, MANY, Record, SessionId};

/// The most groups that are told apart while records are added up.
const MOST_APART: usize = 20_000;
/// The most groups of a report.
const MOST: usize = 1000;

/// What to add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The first hour.
    pub since: u64,
    /// The last hour.
    pub until: u64,
    /// By what.
    pub by: By,
    /// Only that of one user.
    pub whose: Option<Whose>,
}

/// A user, in a container or outside of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// The user.
    pub uid: u32,
    /// The container; empty for none.
    pub container: String,
}

/// What sessions are grouped by, or what of their counts is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Tenant,
    User,
    Cgroup,
    Program,
    Device,
    Api,
    Session,
    /// How often functions were called, and nothing else.
    Function,
    /// How often kernels were launched, and nothing else.
    Kernel,
}

impl By {
    /// What of a session's counts is added up.
    pub(crate) fn counted(self, counts: Counts) -> Option<Times> {
        match self {
            Self::Function => Some(counts.functions),
            Self::Kernel => Some(counts.kernels),
            _ => None,
        }
    }

    /// Whether it is about counts by name.
    pub(crate) fn is_of_counts(self) -> bool {
        matches!(self, Self::Function | Self::Kernel)
    }
}

/// Sessions that have the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name; a number for a user or session.
    pub name: String,
    /// Which session, if it is one.
    pub session: Option<(SessionId, Labels)>,
    /// What they used.
    pub amounts: Amounts,
    /// How often a function was called, or a kernel launched.
    pub times: u64,
}

/// The answer to a [`Query`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The groups that used devices longest, longest first; of functions and kernels those that were most often called or launched.
    pub groups: Vec<Group>,
    /// How many other groups there are, as far as they were told apart.
    pub others: u64,
    /// What these used.
    pub of_others: Amounts,
    /// How often these were called or launched.
    pub times_of_others: u64,
}

/// Adds records up.
pub(crate) struct Sum {
    query: Query,
    groups: HashMap<String, Group>,
    /// What found no room.
    rest: Amounts,
    times_of_rest: u64,
    has_rest: bool,
}

impl Sum {
    pub fn new(query: &Query) -> Self {
        Self {
            query: query.clone(),
            groups: HashMap::new(),
            rest: Amounts::default(),
            times_of_rest: 0,
            has_rest: false,
        }
    }

    pub fn add(&mut self, key: Key, record: Record) {
        let Record { labels, amounts } = record;
        if !self.is_asked_for(&labels) {
            return;
        }
        let is_one = self.query.by == By::Session && key.id.broker != 0;
        let name = match self.query.by {
            By::Tenant => labels.tenant.clone(),
            By::User => labels.uid.to_string(),
            By::Cgroup => labels.cgroup.clone(),
            By::Program => labels.program.clone(),
            By::Device => labels.device.clone(),
            By::Api => labels.api.clone(),
            By::Session if is_one => key.id.session.to_string(),
            By::Session => MANY.to_owned(),
            By::Function | By::Kernel => return,
        };
        let unique = if is_one { format!("{}.{name}", key.id.broker) } else { name.clone() };
        let is_full = self.groups.len() >= MOST_APART;
        match self.groups.get_mut(&unique) {
            Some(group) => {
                group.amounts.add(&amounts);
                if let Some((_, latest)) = &mut group.session {
                    *latest = labels;
                }
            }
            None if is_full => {
                self.rest.add(&amounts);
                self.has_rest = true;
            }
            None => {
                let session = is_one.then_some((key.id, labels));
                self.groups.insert(unique, Group { name, session, amounts, times: 0 });
            }
        }
    }

    /// Adds what sessions with these labels did.
    pub fn count(&mut self, labels: &Labels, counts: Counts) {
        let Some(times) = self.query.by.counted(counts).filter(|_| self.is_asked_for(labels)) else { return };
        for (name, times) in times {
            let is_full = self.groups.len() >= MOST_APART;
            let sum = match self.groups.get_mut(&name) {
                Some(group) => &mut group.times,
                None if is_full => {
                    self.has_rest = true;
                    &mut self.times_of_rest
                }
                None => {
                    let new = Group { name: name.clone(), session: None, amounts: Amounts::default(), times: 0 };
                    &mut self.groups.entry(name).or_insert(new).times
                }
            };
            *sum = sum.saturating_add(times);
        }
    }

    fn is_asked_for(&self, labels: &Labels) -> bool {
        let is_theirs = |whose: &Whose| whose.uid == labels.uid && whose.container == labels.container;
        self.query.whose.as_ref().is_none_or(is_theirs)
    }

    pub fn report(self) -> Report {
        let mut groups: Vec<_> = self.groups.into_values().collect();
        let most = |group: &Group| (group.times, group.amounts.device_ns);
        let order = |group: &Group| (std::cmp::Reverse(most(group)), group.name.clone());
        groups.sort_by_cached_key(|group| (order(group), group.session.as_ref().map(|(id, _)| *id)));
        let others = groups.split_off(groups.len().min(MOST));
        let (mut of_others, mut times_of_others) = (self.rest, self.times_of_rest);
        for group in &others {
            of_others.add(&group.amounts);
            times_of_others = times_of_others.saturating_add(group.times);
        }
        Report { groups, others: others.len() as u64 + u64::from(self.has_rest), of_others, times_of_others }
    }
}
