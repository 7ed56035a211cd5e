//! Programs of two users compute while programs, workers and brokers are killed at random: all others continue with correct
//! results, new ones can start, and in the end nothing is left.

use std::fs;
use std::path::Path;

use ava_protocol::admin::State;
use ava_tests::groups::of_process;
use ava_tests::{Answer, Ended, Running, Somebody, SystemWorld};

use super::people::{ALICE, BOB, begin, end_of, goes_on, kill, steady, wait_to_see};

const PROGRAMS: usize = 8;
/// Crashes of one user's workers before the broker delays the next one.
const FORGIVEN: usize = 8;

/// Xorshift: the same actions for the same seed. (Their targets depend on the machine.)
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 16) % bound as u64).unwrap()
    }
}

/// A running program.
struct Actor {
    running: Running,
    who: usize,
    /// It has reported that it computes.
    steady: bool,
    /// Its worker, if a broker could be asked.
    worker: Option<u32>,
    /// A worker was killed that may have been its own.
    exposed: bool,
    /// Its worker was killed.
    doomed: bool,
}

struct Chaos {
    world: SystemWorld,
    dice: Dice,
    actors: Vec<Actor>,
    /// Killed workers of known and unknown users: the broker counts crashes.
    kills: usize,
    begun: usize,
    counts: [usize; 6],
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn nothing_but_what_is_killed_ends() {
    play(40, 1);
}

#[test]
#[ignore = "long: tools/check --all"]
fn nothing_but_what_is_killed_ends_for_long() {
    play(1000, 2);
}

fn play(rounds: usize, seed: u64) {
    let Some(world) = SystemWorld::with(["--warm", "1"]) else { return };
    let seed = std::env::var("AVA_TESTS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(seed);
    println!("AVA_TESTS_SEED={seed}");
    let dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut chaos = Chaos { world, dice, actors: Vec::new(), kills: 0, begun: 0, counts: [0; 6] };
    for round in 0..rounds {
        while chaos.actors.len() < PROGRAMS {
            chaos.begin();
        }
        let deed = chaos.dice.below(20);
        println!("round {round}: deed {deed}, {} programs have begun", chaos.begun);
        match deed {
            0..=6 => chaos.finish_one(),
            7..=9 => chaos.kill_program(),
            10..=12 => chaos.kill_worker(),
            13..=14 => chaos.kill_any_worker(),
            15..=16 => chaos.kill_broker(),
            _ => chaos.settle_one(),
        }
    }
    while !chaos.actors.is_empty() {
        chaos.finish_one();
    }
    let names =
        ["right to the end", "killed", "lost their worker", "may have lost it at the start", "had to wait", "brokers"];
    let counts = names.iter().zip(chaos.counts).map(|(name, count)| format!("{name}: {count}")).collect::<Vec<_>>();
    println!("{} programs: {}", chaos.begun, counts.join(", "));
    chaos.leaves_nothing();
}

impl Chaos {
    fn begin(&mut self) {
        let who = self.begun % 2;
        let seed = u32::try_from(self.begun).unwrap();
        self.begun += 1;
        let running = self.world.start(&[ALICE, BOB][who], &steady(seed));
        self.actors.push(Actor { running, who, steady: false, worker: None, exposed: false, doomed: false });
    }

    fn any(&mut self) -> usize {
        self.dice.below(self.actors.len())
    }

    /// Waits until a program computes. Returns whether it does: it may have ended because of a kill.
    fn settle(&mut self, at: usize) -> bool {
        let actor = &mut self.actors[at];
        if !actor.steady && actor.running.says("steady\n") {
            actor.steady = true;
            let program = actor.running.id();
            let own = self.world.sessions().into_iter().filter(|session| u32::try_from(session.pid) == Ok(program));
            let last = own.max_by_key(|session| session.session).filter(|session| session.state == State::Running);
            actor.worker = last.map(|session| session.worker_pid);
        }
        if self.actors[at].steady {
            return true;
        }
        let actor = self.actors.swap_remove(at);
        let answer = actor.running.answer();
        if answer.stderr.contains("crashed too often") {
            assert!(self.kills > FORGIVEN, "{} kills: {answer}", self.kills);
            self.counts[4] += 1;
        } else {
            assert!(
                actor.exposed && is_loss(&answer),
                "user {}'s did not begin: {answer}\n{}",
                actor.who,
                self.world.log()
            );
            self.counts[3] += 1;
        }
        false
    }

    fn settle_one(&mut self) {
        let at = self.any();
        self.settle(at);
    }

    /// Tells a program to exit after another step.
    fn finish_one(&mut self) {
        let at = self.any();
        if !self.settle(at) {
            return;
        }
        let mut actor = self.actors.swap_remove(at);
        // A program that has ended does not read its input.
        let _ = actor.running.try_tell("another\n");
        let lost = !actor.running.says("round another\n");
        let answer = actor.running.answer();
        if lost || answer.ended != Ended::With(0) {
            assert!((actor.doomed || actor.exposed) && is_loss(&answer), "{answer}\n{}", self.world.log());
            self.counts[2] += 1;
        } else {
            assert!(answer.stdout.ends_with("right to the end\n"), "{answer}");
            self.counts[0] += 1;
        }
    }

    fn kill_program(&mut self) {
        let at = self.any();
        let mut actor = self.actors.swap_remove(at);
        actor.running.kill();
        let ended = actor.running.answer().ended;
        assert!(matches!(ended, Ended::By(9) | Ended::With(3)), "{ended}");
        self.counts[1] += 1;
    }

    /// The worker of a program that computes.
    fn kill_worker(&mut self) {
        let at = self.any();
        if self.settle(at)
            && let Some(worker) = self.actors[at].worker
        {
            self.end_worker(worker);
        }
    }

    /// Any process that the broker has started: a spare worker, or one that is about to get a session.
    fn kill_any_worker(&mut self) {
        let broker = self.world.broker_id();
        let children = fs::read_to_string(format!("/proc/{broker}/task/{broker}/children")).unwrap();
        let children: Vec<u32> = children.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
        if !children.is_empty() {
            let at = self.dice.below(children.len());
            self.end_worker(children[at]);
        }
    }

    fn end_worker(&mut self, worker: u32) {
        // Process numbers are reused: only processes in our broker's control groups are its workers.
        if !of_process(worker).iter().any(|(_, path)| path.contains("/ava-tests-") && path.contains("/ava/")) {
            return;
        }
        kill(worker);
        self.kills += 1;
        for actor in &mut self.actors {
            actor.doomed |= actor.worker == Some(worker);
            actor.exposed |= actor.worker.is_none();
        }
    }

    fn kill_broker(&mut self) {
        self.world.kill_broker();
        self.counts[5] += 1;
        // Programs that connect now wait for the next broker.
        for _ in 0..self.dice.below(3) {
            self.begin();
        }
        self.world.start_broker();
    }

    fn leaves_nothing(&self) {
        let world = &self.world;
        world.kill_broker();
        wait_to_see("all workers are gone", || processes(world.groups.of_controller("pids")), |left| left.is_empty());
        world.start_broker();
        for who in [&ALICE, &BOB] {
            self.is_clean(who);
        }
        world.kill_broker();
        wait_to_see("all spares are gone", || processes(world.groups.of_controller("pids")), |left| left.is_empty());
        world.start_broker();
        wait_to_see("all groups of workers are gone", || world.groups.of_workers(), |left| left.is_empty());
    }

    /// The files of a tenant's killed workers are removed with the next worker.
    fn is_clean(&self, who: &Somebody) {
        let (program, session) = begin(&self.world, who, 1);
        let id = program.id();
        let scratch = self.world.home(&session.uid.to_string()).join("tmp");
        goes_on(program);
        end_of(&self.world, id);
        let left = || fs::read_dir(&scratch).unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap());
        // A spare has its own.
        let dead: Vec<_> = left().filter(|pid| !Path::new("/proc").join(pid).exists()).collect();
        assert!(dead.is_empty(), "{dead:?} are left in {}", scratch.display());
    }
}

/// A program whose worker is gone reports it and exits by itself.
fn is_loss(answer: &Answer) -> bool {
    answer.ended == Ended::With(3) && answer.stdout.contains(": -") && answer.stderr.contains("ava: ")
}

/// The processes in the groups of workers.
fn processes(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("ava")];
    while let Some(folder) = folders.pop() {
        let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        found.extend(text.lines().map(str::to_owned));
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        folders.extend(entries.filter(|path| path.is_dir()));
    }
    found
}
