//! Workers that are processes which sleep: what they show and ring is written here, and what they use is charged here.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};

use ava_protocol::usage::{ASKED, BUSY, SERVER, WHEN_BUSY};
use ava_scheduler::Terms;
use ava_transport::region::Region;
use rustix::process::Pid;

use super::super::{Held, bell};
use super::*;
use crate::clock::ProcessorClock;
use crate::leash::Leash;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

struct Worker {
    process: Child,
    session: u64,
    tenant: Arc<str>,
    page: Arc<Region>,
    bell: OwnedFd,
}

impl Worker {
    fn start(session: u64) -> Self {
        let process = Command::new("sleep").arg("100").process_group(0).spawn().unwrap();
        // It is not to use anything from now on.
        while !std::fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap().contains("(sleep) S") {
            std::thread::yield_now();
        }
        let (page, _) = Region::create(4096).unwrap();
        Self { process, session, tenant: format!("tenant {session}").into(), page: page.into(), bell: bell().unwrap() }
    }

    fn entry(&self) -> Entry {
        let pid = Pid::from_child(&self.process);
        Entry {
            session: self.session,
            tenant: Arc::clone(&self.tenant),
            terms: Terms::default(),
            leash: Leash::new(pid, None),
            clock: ProcessorClock::of(pid, None),
            page: Arc::clone(&self.page),
            bell: self.bell.try_clone().unwrap(),
            held: Held::default(),
        }
    }

    fn serves(&self, calls: u64) {
        self.page.words()[BUSY].store(calls, Ordering::SeqCst);
    }

    fn asked(&self) -> u64 {
        self.page.words()[ASKED].load(Ordering::SeqCst)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// On a machine on which so many threads run, this one included; the sender keeps the orders open.
fn pulse(running: u32, processors: u32) -> (Pulse, Sender<Order>) {
    let (orders, received) = channel();
    let mut pulse = Pulse::new(bell().unwrap(), received).unwrap();
    let mut load = tempfile::tempfile().unwrap();
    writeln!(load, "0.00 0.00 0.00 {running}/200 4242").unwrap();
    (pulse.load, pulse.processors) = (Some(load), processors);
    (pulse, orders)
}

fn is_stopped(pulse: &Pulse, worker: &Worker) -> bool {
    pulse.runners[&worker.session].is_stopped()
}

#[test]
fn who_only_pretends_to_want_something_pays_for_what_others_lose() {
    let (honest, pretender) = (Worker::start(1), Worker::start(2));
    let (mut pulse, _orders) = pulse(2, 2);
    for worker in [&honest, &pretender] {
        pulse.enter(worker.entry(), ms(0));
        worker.serves(1);
        pulse.stirs(worker.session, ms(0));
    }
    pulse.pace.charge(&honest.tenant, 1, ms(5), ms(0));
    pulse.decide(ms(0));
    assert!(is_stopped(&pulse, &honest) && !is_stopped(&pulse, &pretender));
    // A processor is left, and who says that it serves calls computes nothing.
    for tick in 1..=u64::from(SURE) {
        assert!(is_stopped(&pulse, &honest), "not at once");
        pulse.tick(ms(4 * tick));
        pulse.decide(ms(4 * tick));
    }
    assert!(!is_stopped(&pulse, &honest) && !is_stopped(&pulse, &pretender));
    // Says it again: it is ahead now.
    pulse.stirs(2, ms(20));
    pulse.decide(ms(20));
    assert!(!is_stopped(&pulse, &honest) && is_stopped(&pulse, &pretender));
    // And nobody stays stopped.
    pulse.leave(2, ms(21));
    pulse.decide(ms(21));
    assert!(!is_stopped(&pulse, &honest));
}

#[test]
fn a_bell_that_rings_all_the_time_is_heard_now_and_then() {
    let (ringer, other) = (Worker::start(1), Worker::start(2));
    let (mut pulse, _orders) = pulse(3, 2);
    for worker in [&ringer, &other] {
        pulse.enter(worker.entry(), ms(0));
    }
    other.serves(1);
    pulse.stirs(2, ms(0));
    let mut heard = 0;
    let mut events = Vec::with_capacity(8);
    for microsecond in 0..10_000 {
        let now = Duration::from_micros(microsecond);
        pulse.decide(now);
        rustix::io::write(&ringer.bell, &1_u64.to_ne_bytes()).unwrap();
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        events.clear();
        epoll::wait(&pulse.epoll, spare_capacity(&mut events), Some(&at_once)).unwrap();
        for _ in events.iter().filter(|event| event.data.u64() == 1) {
            heard += 1;
            pulse.rang(1, now);
        }
    }
    // 16 times in each 4 ms.
    assert!((32..=48).contains(&heard), "{heard}");
}

#[test]
fn with_one_session_nobody_is_asked_for_anything() {
    let (one, another) = (Worker::start(1), Worker::start(2));
    let (mut pulse, _orders) = pulse(3, 2);
    pulse.enter(one.entry(), ms(0));
    pulse.decide(ms(0));
    assert_eq!((one.asked(), pulse.next_tick), (0, None));
    pulse.enter(another.entry(), ms(1));
    pulse.decide(ms(1));
    assert_eq!((one.asked(), another.asked(), pulse.next_tick), (WHEN_BUSY, WHEN_BUSY, None));
    pulse.leave(2, ms(2));
    pulse.decide(ms(2));
    assert_eq!(one.asked(), 0);
}

#[test]
fn of_many_sessions_at_rest_some_are_looked_at_in_turns() {
    let workers: Vec<Worker> = (1..=2 * MOST_AT_REST as u64 + 3).map(Worker::start).collect();
    let (mut pulse, _orders) = pulse(3, 2);
    for worker in &workers {
        pulse.enter(worker.entry(), ms(0));
    }
    workers[0].serves(1);
    pulse.stirs(1, ms(0));
    let looked_at = |pulse: &Pulse, now: Duration| {
        let fresh = pulse.runners.iter().filter(|(_, runner)| runner.is_fresh(FRESH, now));
        fresh.map(|(number, _)| *number).collect::<Vec<_>>()
    };
    let (mut all, last) = (Vec::new(), workers.len() as u64);
    for tick in 1..=3 {
        let now = ms(4 * tick);
        pulse.tick(now);
        let seen = looked_at(&pulse, now);
        assert_eq!((seen[0], seen.len()), (1, MOST_AT_REST + 1), "{seen:?}");
        all.extend(seen);
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all, (1..=last).collect::<Vec<_>>());
}

#[test]
fn while_a_thread_comes_first_its_session_is_looked_at_often() {
    let (computes, rests) = (Worker::start(1), Worker::start(2));
    let (mut pulse, _orders) = pulse(3, 2);
    for worker in [&computes, &rests] {
        pulse.enter(worker.entry(), ms(0));
    }
    computes.serves(1);
    pulse.stirs(1, ms(0));
    pulse.decide(ms(0));
    assert_eq!(pulse.next_tick, Some(SLOW_TICK), "it has no thread that serves calls");
    rests.page.words()[SERVER].store(u64::from(rests.process.id()), Ordering::SeqCst);
    for tick in 1..=u64::from(SURE) {
        pulse.tick(SLOW_TICK * u32::try_from(tick).unwrap());
    }
    let now = SLOW_TICK * 4;
    pulse.runners.get_mut(&2).unwrap().rest(now);
    pulse.decide(now);
    // Where tests may not put a thread first, there is nothing to look for.
    let soon = if pulse.runners[&2].is_first() { TICK } else { SLOW_TICK };
    assert!(pulse.next_tick.is_some_and(|at| at <= now + soon && at > now), "{:?}", pulse.next_tick);
    assert_eq!(pulse.next_tick.is_some_and(|at| at <= now + TICK), pulse.runners[&2].is_first());
}
