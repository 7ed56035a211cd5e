//! A device that everybody uses at once, as the processors of a machine are: who has to pause.
//!
//! Whoever wants such a device computes on it without being asked, and the device divides itself among all who do. What each
//! has used is known afterwards, from outside. Here it is decided who is so far ahead of their share that they are to pause
//! until others have caught up; all others go on at the same time, so that nothing of the device lies idle.
//!
//! Everybody is measured from the lowest start tag of those who want the device. A tenant that comes back is at most a little
//! behind: it gets no credit for time in which it wanted nothing, but the start of what it wants comes first.
//!
//! - **Invariant:** as long as somebody wants the device and may have it, somebody who wants it does not pause.
//! - **Invariant:** who wants nothing pauses only for a cap.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::bucket::Bucket;
use crate::flow::{Flow, Tag};
use crate::terms::{Class, Terms, Weight};

/// Who has used so much more than its share pauses.
const AHEAD: Duration = Duration::from_millis(4);
/// Who comes back is behind by so much, if it was not further ahead when it went.
const CREDIT: Duration = Duration::from_millis(6);
/// How long lower classes pause at most while a higher one wants the device all the time, and for how long they go on then.
const PATIENCE: Duration = Duration::from_millis(100);
const RESPITE: Duration = Duration::from_millis(4);

/// A device's tenants `T` and their sessions `S`.
#[derive(Debug)]
pub struct Pace<T, S> {
    tenants: BTreeMap<T, Tenant<S>>,
    /// The lowest tag of those of a class who wanted something last.
    now: [Tag; Class::ALL.len()],
    /// Since when lower classes pause, and until when they go on nevertheless.
    paused_since: Option<Duration>,
    respite_until: Option<Duration>,
}

#[derive(Debug)]
struct Tenant<S> {
    terms: Terms,
    flow: Flow,
    bucket: Option<Bucket>,
    /// The lowest tag of its sessions that wanted something last.
    now: Tag,
    ahead: bool,
    sessions: BTreeMap<S, Session>,
}

#[derive(Debug, Default)]
struct Session {
    flow: Flow,
    wants: bool,
    ahead: bool,
    pauses: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict<S> {
    pub pause: Vec<S>,
    pub resume: Vec<S>,
    /// When to ask again, if nothing happens before.
    pub again: Option<Duration>,
}

impl<T: Ord + Clone, S: Ord + Copy> Default for Pace<T, S> {
    fn default() -> Self {
        Self { tenants: BTreeMap::new(), now: <_>::default(), paused_since: None, respite_until: None }
    }
}

impl<T: Ord + Clone, S: Ord + Copy> Pace<T, S> {
    /// A tenant has another session, which wants nothing yet, and these terms from now on.
    pub fn enter(&mut self, tenant: &T, session: S, terms: Terms, now: Duration) {
        let joins = self.now[terms.class as usize];
        let known = self.tenants.entry(tenant.clone()).or_insert_with(|| Tenant::new(terms, joins));
        let flow = Flow { tag: known.now };
        known.sessions.entry(session).or_insert(Session { flow, ..Session::default() });
        self.set_terms(tenant, terms, now);
    }

    /// A tenant's terms from now on. What it was charged stays charged.
    pub fn set_terms(&mut self, tenant: &T, terms: Terms, now: Duration) {
        let joins = self.now[terms.class as usize];
        let Some(known) = self.tenants.get_mut(tenant) else { return };
        if known.terms.class != terms.class {
            known.flow = Flow { tag: joins };
        }
        known.terms = terms;
        known.bucket = terms.cap.map(|cap| match known.bucket {
            None => Bucket::new(cap, now),
            Some(mut bucket) => {
                bucket.set(cap, now);
                bucket
            }
        });
    }

    /// A session is gone.
    pub fn leave(&mut self, tenant: &T, session: S, now: Duration) {
        if let Some(tenant) = self.tenants.get_mut(tenant) {
            tenant.sessions.remove(&session);
        }
        self.forget(now);
    }

    /// A session has used so much of the device until now.
    pub fn charge(&mut self, tenant: &T, session: S, used: Duration, now: Duration) {
        let Some(tenant) = self.tenants.get_mut(tenant) else { return };
        let Some(session) = tenant.sessions.get_mut(&session) else { return };
        session.flow.use_up(used, Weight::ONE);
        tenant.flow.use_up(used, tenant.terms.weight);
        if let Some(bucket) = &mut tenant.bucket {
            bucket.take(used, now);
        }
    }

    /// A session wants the device, or nothing. Of one that pauses nobody can know; it still wants what it did.
    pub fn wants(&mut self, tenant: &T, session: S, wants: bool) {
        let Some(class) = self.tenants.get(tenant).map(|tenant| tenant.terms.class) else { return };
        let now = self.advance(class);
        let Some(tenant) = self.tenants.get_mut(tenant) else { return };
        let idle = !tenant.wants();
        tenant.advance();
        let Some(session) = tenant.sessions.get_mut(&session) else { return };
        if wants && !session.wants {
            session.flow.rejoin(tenant.now.minus(Tag::of(CREDIT, Weight::ONE)));
            if idle {
                tenant.flow.rejoin(now.minus(Tag::of(CREDIT, tenant.terms.weight)));
            }
        }
        session.wants = wants;
    }

    /// Whether a session is one that wants the device, as far as is known.
    #[must_use]
    pub fn is_wanting(&self, tenant: &T, session: S) -> bool {
        self.tenants.get(tenant).and_then(|tenant| tenant.sessions.get(&session)).is_some_and(|session| session.wants)
    }

    /// How many sessions want the device.
    #[must_use]
    pub fn wanting(&self) -> usize {
        self.sessions().filter(|(_, session)| session.wants).count()
    }

    /// Whether anybody pauses.
    #[must_use]
    pub fn pauses(&self) -> bool {
        self.sessions().any(|(_, session)| session.pauses)
    }

    /// Whether anybody must not use more than a part of the device.
    #[must_use]
    pub fn has_caps(&self) -> bool {
        self.tenants.values().any(|tenant| tenant.bucket.is_some() && !tenant.sessions.is_empty())
    }

    /// Whether anybody who wants the device must not use more than a part of it.
    #[must_use]
    pub fn caps(&self) -> bool {
        self.tenants.values().any(|tenant| tenant.bucket.is_some() && tenant.wants())
    }

    /// How many tenants are remembered.
    #[must_use]
    pub fn tenants(&self) -> usize {
        self.tenants.len()
    }

    /// Who is to pause, and who to go on. Where the device is not `full`, nobody takes anything from anybody.
    pub fn decide(&mut self, full: bool, now: Duration) -> Verdict<S> {
        let dry: Vec<Option<Duration>> = self.tenants.values_mut().map(|tenant| tenant.dry_until(now)).collect();
        for class in Class::ALL {
            self.advance(class);
            self.compare(class, &dry, full);
        }
        let (floor, guard) = self.floor(&dry, full, now);
        let mut verdict = Verdict { pause: Vec::new(), resume: Vec::new(), again: guard };
        for (tenant, dry) in self.tenants.values_mut().zip(dry) {
            let wanted = tenant.wants();
            for (name, session) in &mut tenant.sessions {
                let yields = session.wants && (tenant.ahead || session.ahead || tenant.terms.class > floor);
                let pauses = dry.is_some() || yields;
                if pauses != session.pauses {
                    session.pauses = pauses;
                    if pauses { &mut verdict.pause } else { &mut verdict.resume }.push(*name);
                }
            }
            if let Some(until) = dry.filter(|_| wanted) {
                verdict.again = Some(verdict.again.map_or(until, |again| again.min(until)));
            }
        }
        verdict
    }

    /// Time goes on to the lowest tag of those of a class who want something.
    fn advance(&mut self, class: Class) -> Tag {
        let its = self.tenants.values().filter(|tenant| tenant.terms.class == class && tenant.wants());
        let now = &mut self.now[class as usize];
        *now = (*now).max(its.map(|tenant| tenant.flow.tag).min().unwrap_or_default());
        *now
    }

    fn sessions(&self) -> impl Iterator<Item = (&S, &Session)> {
        self.tenants.values().flat_map(|tenant| &tenant.sessions)
    }

    /// Compares the tenants of a class, and the sessions of each, among those that want something and may.
    fn compare(&mut self, class: Class, dry: &[Option<Duration>], full: bool) {
        let mut its: Vec<_> = self.tenants.values_mut().zip(dry).filter(|(one, _)| one.terms.class == class).collect();
        let competes = |one: &Tenant<S>, dry: &Option<Duration>| dry.is_none() && one.wants();
        let lowest = its.iter().filter(|(one, dry)| competes(one, dry)).map(|(one, _)| one.flow.tag).min();
        for (tenant, dry) in &mut its {
            let lowest = lowest.filter(|_| full && competes(tenant, dry));
            tenant.ahead = is_ahead(tenant.ahead, tenant.flow.tag, lowest, tenant.terms.weight);
            tenant.compare_sessions(full);
        }
    }

    /// The lowest class that may go on, and when that is to be asked again.
    fn floor(&mut self, dry: &[Option<Duration>], full: bool, now: Duration) -> (Class, Option<Duration>) {
        let lowest = Class::ALL[Class::ALL.len() - 1];
        let competing = self.tenants.values().zip(dry).filter(|(one, dry)| dry.is_none() && one.wants());
        let classes: Vec<Class> = competing.map(|(one, _)| one.terms.class).collect();
        let highest = classes.iter().copied().min().unwrap_or(lowest);
        if !full || classes.iter().all(|class| *class == highest) {
            (self.paused_since, self.respite_until) = (None, None);
            return (lowest, None);
        }
        if let Some(until) = self.respite_until.filter(|until| now < *until) {
            return (lowest, Some(until));
        }
        if self.respite_until.take().is_some() {
            self.paused_since = None;
        }
        let since = *self.paused_since.get_or_insert(now);
        if now.saturating_sub(since) < PATIENCE {
            return (highest, Some(since + PATIENCE));
        }
        self.respite_until = Some(now + RESPITE);
        (lowest, self.respite_until)
    }

    /// Forgets tenants without sessions that owe nothing. One that owes is not forgotten: it could come back as another.
    fn forget(&mut self, now: Duration) {
        for class in Class::ALL {
            let its = || self.tenants.values().filter(|tenant| tenant.terms.class == class);
            if !its().any(Tenant::wants) {
                let latest = its().map(|tenant| tenant.flow.tag).max().unwrap_or_default();
                self.now[class as usize] = self.now[class as usize].max(latest);
            }
        }
        let since = self.now;
        self.tenants.retain(|_, tenant| {
            !tenant.sessions.is_empty()
                || tenant.flow.tag > since[tenant.terms.class as usize]
                || tenant.bucket.as_mut().is_some_and(|bucket| !bucket.is_full(now))
        });
    }
}

impl<S: Ord + Copy> Tenant<S> {
    fn new(terms: Terms, joins: Tag) -> Self {
        let flow = Flow { tag: joins };
        Self { terms, flow, bucket: None, now: Tag::default(), ahead: false, sessions: BTreeMap::new() }
    }

    fn wants(&self) -> bool {
        self.sessions.values().any(|session| session.wants)
    }

    fn dry_until(&mut self, now: Duration) -> Option<Duration> {
        self.bucket.as_mut()?.dry_until(now)
    }

    /// The lowest tag of its sessions that want something. Time goes on to it.
    fn advance(&mut self) -> Option<Tag> {
        let lowest = self.sessions.values().filter(|session| session.wants).map(|session| session.flow.tag).min();
        self.now = self.now.max(lowest.unwrap_or_default());
        lowest
    }

    fn compare_sessions(&mut self, full: bool) {
        let lowest = self.advance();
        for session in self.sessions.values_mut() {
            let lowest = lowest.filter(|_| full && session.wants);
            session.ahead = is_ahead(session.ahead, session.flow.tag, lowest, Weight::ONE);
        }
    }
}

/// Whether somebody is ahead of the lowest tag: by enough, or, once it pauses, at all.
fn is_ahead(was: bool, tag: Tag, lowest: Option<Tag>, weight: Weight) -> bool {
    let Some(lowest) = lowest else { return false };
    let enough = if was { Tag::default() } else { Tag::of(AHEAD, weight) };
    tag.minus(lowest) > enough
}
