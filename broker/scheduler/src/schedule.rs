//! One device: who has turns, who waits for one, and who is next.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::bucket::Bucket;
use crate::flow::{Flow, Tag};
use crate::terms::{Class, Terms, Weight};

/// How long a class waits in the worst case while a higher one always wants something.
const PATIENCE: Duration = Duration::from_millis(100);

/// Of how much the last turn counts for what the next is expected to take: one part of so many.
const INERTIA: u32 = 4;

/// A device's tenants `T` and their sessions `S`.
#[derive(Debug)]
pub struct Schedule<T, S> {
    /// How many turns there are at a time.
    depth: usize,
    /// How long a turn is.
    turn: Duration,
    tenants: BTreeMap<T, Tenant<S>>,
    classes: [Queue; Class::ALL.len()],
}

/// The tenants of one class.
#[derive(Debug, Default)]
struct Queue {
    /// The tag of whoever had the latest turn.
    now: Tag,
    /// Since when somebody waits while nobody of the class gets a turn.
    waits_since: Option<Duration>,
}

#[derive(Debug)]
struct Tenant<S> {
    terms: Terms,
    flow: Flow,
    bucket: Option<Bucket>,
    /// The tag of the session that had the latest turn.
    now: Tag,
    sessions: BTreeMap<S, Session>,
}

#[derive(Debug)]
struct Session {
    flow: Flow,
    state: State,
    /// How long its turns are.
    expected: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It wants nothing.
    Rests,
    Waits,
    /// It has a turn, for which its tenant and it were charged in advance. With `guarded`, nobody else is more urgent.
    Serves {
        of_tenant: Tag,
        own: Tag,
        guarded: bool,
    },
}

/// What is to happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next<S> {
    /// A turn begins.
    Turn(Turn<S>),
    /// Nothing before this time: all who wait have used what they may use.
    At(Duration),
    /// Nothing before somebody wants the device, or gives it back.
    Nothing,
}

/// A session may use the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn<S> {
    pub session: S,
    /// For so long. Then the turn [ends](Schedule::end), and the next may be the same session's.
    pub limit: Duration,
}

impl<T: Ord + Clone, S: Ord + Copy> Schedule<T, S> {
    /// A device with so many turns at a time, each so long.
    #[must_use]
    pub fn new(depth: usize, turn: Duration) -> Self {
        Self { depth: depth.max(1), turn, tenants: BTreeMap::new(), classes: Default::default() }
    }

    /// A tenant has another session, which wants nothing yet, and these terms from now on.
    pub fn enter(&mut self, tenant: &T, session: S, terms: Terms, now: Duration) {
        let joins = self.classes[terms.class as usize].now;
        let known = self.tenants.entry(tenant.clone()).or_insert_with(|| Tenant::new(terms, joins));
        let flow = Flow { tag: known.now };
        known.sessions.entry(session).or_insert(Session { flow, state: State::Rests, expected: self.turn });
        self.set_terms(tenant, terms, now);
    }

    /// A tenant's terms from now on, also while it has turns. What it was charged stays charged. A tenant without sessions that
    /// owes nothing is not known, and gets its terms when it [enters](Self::enter).
    pub fn set_terms(&mut self, tenant: &T, terms: Terms, now: Duration) {
        let joins = self.classes[terms.class as usize].now;
        let Some(known) = self.tenants.get_mut(tenant) else { return };
        if known.terms.class != terms.class {
            known.flow = Flow { tag: joins };
        }
        known.terms = terms;
        known.bucket = match (known.bucket, terms.cap) {
            (_, None) => None,
            (None, Some(cap)) => Some(Bucket::new(cap, now)),
            (Some(mut bucket), Some(cap)) => {
                bucket.set(cap, now);
                Some(bucket)
            }
        };
    }

    /// A session is gone. What a turn of it was charged in advance stays charged.
    pub fn leave(&mut self, tenant: &T, session: S, now: Duration) {
        if let Some(tenant) = self.tenants.get_mut(tenant) {
            tenant.sessions.remove(&session);
        }
        self.settle(now);
    }

    /// A session wants a turn, if it has none.
    pub fn want(&mut self, tenant: &T, session: S, now: Duration) {
        let Some(tenant) = self.tenants.get_mut(tenant) else { return };
        let idle = !tenant.is_active();
        let queue = &mut self.classes[tenant.terms.class as usize];
        let Some(found) = tenant.sessions.get_mut(&session).filter(|found| found.state == State::Rests) else { return };
        found.state = State::Waits;
        found.flow.rejoin(tenant.now);
        if idle {
            tenant.flow.rejoin(queue.now);
        }
        queue.waits_since.get_or_insert(now);
    }

    /// A session that waits wants nothing any more.
    pub fn rest(&mut self, tenant: &T, session: S, now: Duration) {
        let session = self.tenants.get_mut(tenant).and_then(|tenant| tenant.sessions.get_mut(&session));
        if let Some(session) = session.filter(|session| session.state == State::Waits) {
            session.state = State::Rests;
        }
        self.settle(now);
    }

    /// Whose turn it is, which then has begun. To be asked until there is none.
    pub fn next(&mut self, now: Duration) -> Next<S> {
        if self.serving().count() >= self.depth {
            return Next::Nothing;
        }
        let Some(choice) = self.choose(now) else {
            let times =
                self.tenants.values_mut().filter(|tenant| tenant.waits()).filter_map(|tenant| tenant.barred_until(now));
            return times.min().map_or(Next::Nothing, Next::At);
        };
        let Some(tenant) = self.tenants.get_mut(&choice.tenant) else { return Next::Nothing };
        let queue = &mut self.classes[tenant.terms.class as usize];
        queue.now = queue.now.max(tenant.flow.tag);
        let turn = tenant.begin(self.turn, choice.guarded, now);
        queue.waits_since = None;
        let class = tenant.terms.class;
        if self.tenants.values().any(|tenant| tenant.terms.class == class && tenant.waits()) {
            self.classes[class as usize].waits_since = Some(now);
        }
        turn.map_or(Next::Nothing, Next::Turn)
    }

    /// A session's turn has ended, in which it has used so much of the device. It `wants` the next turn, or nothing.
    pub fn end(&mut self, tenant: &T, session: S, used: Duration, wants: bool, now: Duration) {
        let Some(tenant) = self.tenants.get_mut(tenant) else { return };
        tenant.end(session, used, wants, now);
        if wants {
            self.classes[tenant.terms.class as usize].waits_since.get_or_insert(now);
        }
        self.settle(now);
    }

    /// Whose turn is to end now, since somebody more urgent waits.
    pub fn ousted(&mut self, now: Duration) -> Option<S> {
        if self.serving().count() < self.depth {
            return None;
        }
        let classes =
            self.tenants.values_mut().filter_map(|tenant| tenant.may_begin(now).then_some(tenant.terms.class));
        let urgent = classes.min()?;
        let (_, class, session) = self.serving().filter(|(guarded, ..)| !guarded).max_by_key(|(_, class, _)| *class)?;
        (urgent < class).then_some(session)
    }

    /// Whether one tenant alone uses the device: nobody is to be protected from it.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.tenants.values().filter(|tenant| tenant.is_active()).count() < 2
    }

    /// How many tenants are remembered.
    #[must_use]
    pub fn tenants(&self) -> usize {
        self.tenants.len()
    }

    /// The sessions that have turns, by what their turns are.
    fn serving(&self) -> impl Iterator<Item = (bool, Class, S)> {
        self.tenants.values().flat_map(|tenant| {
            tenant.sessions.iter().filter_map(|(session, at)| match at.state {
                State::Serves { guarded, .. } => Some((guarded, tenant.terms.class, *session)),
                State::Rests | State::Waits => None,
            })
        })
    }

    /// The tenant with the lowest tag of the highest class, or of one that has waited too long.
    fn choose(&mut self, now: Duration) -> Option<Choice<T>> {
        let mut best: [Option<(Tag, &T)>; Class::ALL.len()] = [None; Class::ALL.len()];
        for (name, tenant) in &mut self.tenants {
            if tenant.may_begin(now) {
                let best = &mut best[tenant.terms.class as usize];
                if best.is_none_or(|(tag, _)| tenant.flow.tag < tag) {
                    *best = Some((tenant.flow.tag, name));
                }
            }
        }
        let first = best.iter().position(Option::is_some)?;
        let waited = |class: &usize| {
            let since = self.classes[*class].waits_since;
            best[*class].is_some() && since.is_some_and(|since| now.saturating_sub(since) >= PATIENCE)
        };
        let late = (first + 1..best.len()).rev().find(waited);
        let (_, tenant) = best[late.unwrap_or(first)]?;
        Some(Choice { tenant: tenant.clone(), guarded: late.is_some() })
    }

    /// Where nobody wants anything, virtual time goes on to what was used last; then tenants without sessions that owe nothing
    /// are forgotten. One that owes is not: it could come back as another.
    fn settle(&mut self, now: Duration) {
        for class in Class::ALL {
            let queue = &mut self.classes[class as usize];
            let its = || self.tenants.values().filter(|tenant| tenant.terms.class == class);
            if !its().any(Tenant::is_active) {
                queue.now = its().map(|tenant| tenant.flow.tag).max().unwrap_or_default().max(queue.now);
            }
            if !its().any(Tenant::waits) {
                queue.waits_since = None;
            }
        }
        let classes = &self.classes;
        self.tenants.retain(|_, tenant| {
            !tenant.sessions.is_empty()
                || tenant.flow.tag > classes[tenant.terms.class as usize].now
                || tenant.bucket.as_mut().is_some_and(|bucket| !bucket.is_full(now))
        });
    }
}

/// Who is next.
struct Choice<T> {
    tenant: T,
    guarded: bool,
}

impl<S: Ord + Copy> Tenant<S> {
    fn new(terms: Terms, joins: Tag) -> Self {
        Self { terms, flow: Flow { tag: joins }, bucket: None, now: Tag::default(), sessions: BTreeMap::new() }
    }

    fn waits(&self) -> bool {
        self.sessions.values().any(|session| session.state == State::Waits)
    }

    /// Whether it wants anything, or has it.
    fn is_active(&self) -> bool {
        self.sessions.values().any(|session| session.state != State::Rests)
    }

    fn may_begin(&mut self, now: Duration) -> bool {
        self.waits() && self.barred_until(now).is_none()
    }

    /// When it may use the device again, if it may not now.
    fn barred_until(&mut self, now: Duration) -> Option<Duration> {
        self.bucket.as_mut()?.dry_until(now)
    }

    /// The turn of the session with the lowest tag begins.
    fn begin(&mut self, limit: Duration, guarded: bool, now: Duration) -> Option<Turn<S>> {
        let waiting = self.sessions.iter_mut().filter(|(_, session)| session.state == State::Waits);
        let (name, session) = waiting.min_by_key(|(_, session)| session.flow.tag)?;
        self.now = self.now.max(session.flow.tag);
        let limit = self.bucket.as_mut().map_or(limit, |bucket| limit.min(bucket.left(now)));
        let expected = session.expected.min(limit);
        let own = session.flow.expect(expected, Weight::ONE);
        let of_tenant = self.flow.expect(expected, self.terms.weight);
        session.state = State::Serves { of_tenant, own, guarded };
        Some(Turn { session: *name, limit })
    }

    fn end(&mut self, session: S, used: Duration, wants: bool, now: Duration) {
        let Some(session) = self.sessions.get_mut(&session) else { return };
        let State::Serves { of_tenant, own, .. } = session.state else { return };
        session.state = if wants { State::Waits } else { State::Rests };
        session.flow.correct(own, used, Weight::ONE);
        session.expected = (session.expected * (INERTIA - 1) + used.min(Duration::from_secs(3600))) / INERTIA;
        self.flow.correct(of_tenant, used, self.terms.weight);
        if let Some(bucket) = &mut self.bucket {
            bucket.take(used, now);
        }
    }
}
