//! The pacer's thread: it waits for orders, bells and times, and does what the [`Pace`] says.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use ava_scheduler::Pace;
use ava_transport::processor;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tracing::{debug, warn};

use super::order::{Entry, Order};
use super::runner::{Ask, Runner, SURE};

/// Clocks are read so often while several sessions compute.
const TICK: Duration = Duration::from_millis(4);
/// And so often while one does, in case that another computes without serving calls; but if a thread of another comes before
/// usual ones, as above.
const SLOW_TICK: Duration = Duration::from_millis(100);
/// The most sessions at rest that are looked at in a tick; with more they take turns.
const MOST_AT_REST: usize = 8;
/// A clock that was read so lately is not read again for a session that stirs.
const FRESH: Duration = Duration::from_micros(500);
/// Of how much the last look at the machine counts for how full it is: one part of so many.
const INERTIA: f64 = 8.0;
/// The machine is full if so many processors of each are wanted.
const FULL: f64 = 0.75;
/// A bell is heard once, and then when it is armed again: a worker could ring all the time.
const HEARD: EventFlags = EventFlags::IN.union(EventFlags::ONESHOT);
/// The events of the broker's orders and of the clock; sessions have numbers from 1 on.
const ORDERS: u64 = 0;
const TIME: u64 = u64::MAX;

pub struct Pulse {
    epoll: OwnedFd,
    wake: OwnedFd,
    /// Readable when something is due. It is more exact than epoll's timeouts, which are milliseconds on older kernels.
    alarm: OwnedFd,
    orders: Receiver<Order>,
    pace: Pace<Arc<str>, u64>,
    runners: BTreeMap<u64, Runner>,
    processors: u32,
    /// `/proc/loadavg`, which counts the threads that want a processor.
    load: Option<File>,
    /// How many that were lately.
    wanted: f64,
    began: Instant,
    /// It was said that workers cannot be stopped.
    warned: bool,
    next_tick: Option<Duration>,
    /// The session at rest that was looked at last.
    turn: u64,
    /// When the pace asks to be asked again.
    again: Option<Duration>,
}

impl Pulse {
    /// Hears orders when `wake` was written to.
    ///
    /// # Errors
    /// No descriptor is left.
    pub fn new(wake: OwnedFd, orders: Receiver<Order>) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &wake, EventData::new_u64(ORDERS), EventFlags::IN)?;
        let alarm = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        epoll::add(&epoll, &alarm, EventData::new_u64(TIME), EventFlags::IN)?;
        let processors =
            std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1));
        Ok(Self {
            epoll,
            wake,
            alarm,
            orders,
            pace: Pace::default(),
            runners: BTreeMap::new(),
            processors,
            load: File::open("/proc/loadavg").ok(),
            wanted: f64::from(processors),
            began: Instant::now(),
            warned: false,
            next_tick: None,
            turn: 0,
            again: None,
        })
    }

    /// Works until the broker's loop is gone. Whoever is stopped then goes on.
    pub fn run(mut self) {
        // Deciding takes microseconds, and all wait for it.
        if let Err(error) = processor::come_first() {
            debug!(%error, "the pacer has the priority of any thread");
        }
        let mut events = Vec::with_capacity(64);
        loop {
            self.wait(&mut events);
            let now = self.now();
            for event in &events {
                match event.data.u64() {
                    ORDERS if !self.obey(now) => return self.runners.values_mut().for_each(|one| one.go_on(now)),
                    ORDERS => {}
                    TIME => drop(rustix::io::read(&self.alarm, &mut [0; 8])),
                    session => self.rang(session, now),
                }
            }
            self.look_again(now);
            if self.next_tick.is_some_and(|at| at <= now) {
                self.tick(now);
            }
            self.decide(now);
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn wait(&self, events: &mut Vec<Event>) {
        let lingers = self.runners.values().filter_map(|runner| runner.lingers_until);
        let next = lingers.chain(self.next_tick).chain(self.again).min();
        // Zero would mean never.
        let left = next.map_or(Duration::ZERO, |at| at.saturating_sub(self.now()).max(Duration::from_nanos(1)));
        let alarm = Itimerspec { it_interval: timespec(Duration::ZERO), it_value: timespec(left) };
        let set = timerfd_settime(&self.alarm, TimerfdTimerFlags::empty(), &alarm);
        events.clear();
        if let Err(error) = set.and_then(|_| epoll::wait(&self.epoll, spare_capacity(events), None))
            && error != rustix::io::Errno::INTR
        {
            // Nothing that this thread does makes it fail; and without it everybody just goes on.
            warn!(%error, "waiting for bells");
            std::thread::sleep(TICK);
        }
    }

    /// Does what the broker's loop says; `false` when it is gone.
    fn obey(&mut self, now: Duration) -> bool {
        let _ = rustix::io::read(&self.wake, &mut [0; 8]);
        loop {
            match self.orders.try_recv() {
                Ok(Order::Enter(entry)) => self.enter(*entry, now),
                Ok(Order::Terms(tenant, terms)) => self.pace.set_terms(&tenant, terms, now),
                Ok(Order::Leave(session)) => self.leave(session, now),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn enter(&mut self, entry: Entry, now: Duration) {
        let session = entry.session;
        if let Err(error) = epoll::add(&self.epoll, &entry.bell, EventData::new_u64(session), HEARD) {
            return warn!(session, %error, "its share cannot be watched");
        }
        self.pace.enter(&entry.tenant, session, entry.terms, now);
        self.runners.insert(session, Runner::new(entry, now));
    }

    fn leave(&mut self, session: u64, now: Duration) {
        if let Some(mut runner) = self.runners.remove(&session) {
            let _ = epoll::delete(&self.epoll, runner.bell());
            runner.go_on(now);
            self.pace.leave(&runner.tenant, session, now);
        }
    }

    /// A worker tells what it was asked for.
    fn rang(&mut self, session: u64, now: Duration) {
        let Some(runner) = self.runners.get_mut(&session) else { return };
        runner.hear();
        if self.pace.is_wanting(&runner.tenant, session) {
            self.may_rest(session, now);
        } else {
            self.stirs(session, now);
        }
    }

    /// A session wants something.
    fn stirs(&mut self, session: u64, now: Duration) {
        // What others have used so far is what this one is measured against.
        for (number, runner) in &mut self.runners {
            if !runner.is_fresh(FRESH, now) && self.pace.is_wanting(&runner.tenant, *number) {
                charge(&mut self.pace, *number, runner, self.processors, now);
            }
        }
        let Some(runner) = self.runners.get_mut(&session) else { return };
        runner.stir(now);
        self.pace.wants(&runner.tenant, session, true);
    }

    /// A session serves no call now.
    fn may_rest(&mut self, session: u64, now: Duration) {
        if let Some(runner) = self.runners.get_mut(&session).filter(|runner| !runner.is_busy()) {
            runner.linger(now);
        }
    }

    /// Who still serves no call after a while wants nothing.
    fn look_again(&mut self, now: Duration) {
        let due: Vec<u64> = self
            .runners
            .iter_mut()
            .filter_map(|(number, runner)| {
                runner.lingers_until.take_if(|at| *at <= now)?;
                if runner.is_busy() {
                    runner.stirred();
                    return None;
                }
                (!runner.is_stopped()).then_some(*number)
            })
            .collect();
        for session in due {
            if let Some(runner) = self.runners.get_mut(&session) {
                charge(&mut self.pace, session, runner, self.processors, now);
                runner.rest(now);
                self.pace.wants(&runner.tenant, session, false);
            }
        }
    }

    /// Reads what sessions have used, and finds out who wants something by that.
    fn tick(&mut self, now: Duration) {
        let has_room = self.measure_load();
        let mut looked_at = self.at_work();
        let sharing = u32::try_from(looked_at.len()).unwrap_or(u32::MAX);
        looked_at.extend(self.at_rest());
        for session in looked_at {
            let Some(runner) = self.runners.get_mut(&session) else { continue };
            charge(&mut self.pace, session, runner, self.processors, now);
            let wanted = self.pace.is_wanting(&runner.tenant, session);
            let wants = runner.wants(wanted, has_room, now);
            if wanted && !wants && self.pace.pauses() {
                // Others paused for it, and it has used nothing: it pays for what it could have used.
                let unused = TICK * SURE / sharing.max(1);
                self.pace.charge(&runner.tenant, session, unused, now);
            }
            if wanted && !wants {
                runner.rest(now);
            }
            if wants != wanted {
                self.pace.wants(&runner.tenant, session, wants);
            }
        }
    }

    /// The sessions that want something and go on.
    fn at_work(&self) -> Vec<u64> {
        let goes_on = self.runners.iter().filter(|(_, runner)| !runner.is_stopped());
        goes_on.filter(|(number, runner)| self.pace.is_wanting(&runner.tenant, **number)).map(|(one, _)| *one).collect()
    }

    /// Those whose turn it is of the sessions that want nothing.
    fn at_rest(&mut self) -> Vec<u64> {
        let later = self.runners.range(self.turn + 1..).chain(self.runners.range(..=self.turn));
        let rests = |(number, runner): &(&u64, &Runner)| {
            !runner.is_stopped() && !self.pace.is_wanting(&runner.tenant, **number)
        };
        let its_turn: Vec<u64> = later.filter(rests).map(|(number, _)| *number).take(MOST_AT_REST).collect();
        self.turn = its_turn.last().copied().unwrap_or(self.turn);
        its_turn
    }

    /// Counts the threads that want a processor, this one not; whether a processor was left.
    fn measure_load(&mut self) -> bool {
        let mut text = [0; 64];
        let read = self.load.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()).unwrap_or(0);
        let text = std::str::from_utf8(&text[..read]).unwrap_or_default();
        let running = text.split(' ').nth(3).and_then(|both| both.split('/').next()?.parse::<f64>().ok());
        // Where nobody says so, the machine counts as full.
        let running = running.map_or(f64::from(self.processors), |all| all - 1.0);
        self.wanted += (running - self.wanted) / INERTIA;
        running < f64::from(self.processors)
    }

    /// Whether others would have a processor if somebody had none.
    fn is_full(&self) -> bool {
        self.wanted >= FULL * f64::from(self.processors)
    }

    /// Stops and resumes whom the pace says, and asks workers for what has to be known next.
    fn decide(&mut self, now: Duration) {
        let verdict = self.pace.decide(self.is_full(), now);
        self.again = verdict.again;
        for session in verdict.pause {
            if let Some(runner) = self.runners.get_mut(&session)
                && let Err(error) = runner.stop()
                && !std::mem::replace(&mut self.warned, true)
            {
                warn!(session, %error, "no worker can be stopped: the processors are not shared out");
            }
        }
        for session in verdict.resume {
            if let Some(runner) = self.runners.get_mut(&session) {
                runner.go_on(now);
            }
        }
        let (pauses, watched) = (self.pace.pauses(), self.runners.len() > 1 || self.pace.has_caps());
        let others = self.pace.wanting() > 0;
        let (mut stirring, mut resting) = (Vec::new(), Vec::new());
        for (number, runner) in &mut self.runners {
            let wanting = self.pace.is_wanting(&runner.tenant, *number);
            if watched && runner.arms(now) {
                let _ = epoll::modify(&self.epoll, runner.bell(), EventData::new_u64(*number), HEARD);
            }
            match (watched, wanting) {
                (true, false) => {
                    if runner.ask(Ask::WhenBusy) && !runner.stalls() {
                        stirring.push(*number);
                    } else if others {
                        runner.comes_first();
                    } else {
                        runner.comes_as_usual();
                    }
                }
                (true, true)
                    if pauses && !runner.is_stopped() && runner.has_gaps() && runner.lingers_until.is_none() =>
                {
                    if runner.ask(Ask::WhenIdle) {
                        resting.push(*number);
                    }
                }
                _ => {
                    runner.ask(Ask::Nothing);
                    runner.comes_as_usual();
                }
            }
        }
        resting.into_iter().for_each(|session| self.may_rest(session, now));
        let wanting = self.pace.wanting();
        let first = self.runners.values().any(Runner::is_first);
        let tick = match watched {
            true if wanting > 1 || pauses || first || self.pace.caps() => Some(TICK),
            true if wanting > 0 => Some(SLOW_TICK),
            _ => None,
        };
        self.next_tick =
            tick.map(|tick| self.next_tick.filter(|at| *at > now).map_or(now + tick, |at| at.min(now + tick)));
        if !stirring.is_empty() {
            stirring.into_iter().for_each(|session| self.stirs(session, now));
            // Once more, with those in it; they ask for nothing then.
            self.decide(now);
        }
    }
}

/// Charges a session what it has used since that was done last.
fn charge(pace: &mut Pace<Arc<str>, u64>, session: u64, runner: &mut Runner, processors: u32, now: Duration) {
    let used = runner.charge(now) / processors;
    pace.charge(&runner.tenant, session, used, now);
}

fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: i64::from(time.subsec_nanos()) }
}

#[cfg(test)]
mod tests;
