use super::*;
use crate::book::handles::Range;
use crate::book::order::Before;
use crate::book::queues::{self, Queues};
use ava_protocol::frame::Notice;

const QUEUE: u16 = 1;
const LANES: u32 = 4;

struct Scene {
    order: Order,
    handles: Handles,
    queue: *mut c_void,
}

/// A call on the queue that is stepped through what it does.
struct Call<'a> {
    scene: &'a Scene,
    lane: u32,
    turn: Turn<'a>,
}

impl Scene {
    /// Lanes that have sent their first frames, and a queue that nobody has used.
    fn new() -> Self {
        let range = Box::leak(Box::new(Range::new(true, std::ptr::null()).unwrap()));
        let (order, handles) = (Order::default(), Handles::new(range, 1, &[]));
        for lane in 1..=LANES {
            order.before(After::Users(&[]), lane, true);
        }
        let queue = handles.intern(1 << 60, QUEUE, false);
        Self { order, handles, queue }
    }

    /// A call begins.
    fn call(&self, lane: u32) -> Call<'_> {
        let mut turn = Turn::default();
        turn.begin(&self.order, lane);
        Call { scene: self, lane, turn }
    }

    /// A call names the queue.
    fn names(&self, lane: u32) -> Call<'_> {
        let mut call = self.call(lane);
        call.uses();
        call
    }

    /// A call is made and does not wait: what it comes after.
    fn posts(&self, lane: u32) -> Vec<(u32, u64)> {
        let call = self.names(lane);
        let before = call.before(false);
        call.counted(&before);
        listed(&before)
    }

    /// What a call comes after that waits, and gets its answer.
    fn waits(&self, lane: u32) -> Vec<(u32, u64)> {
        let call = self.names(lane);
        let before = call.before(true);
        call.answered(&before);
        listed(&before)
    }
}

impl Call<'_> {
    fn uses(&mut self) {
        self.turn.uses(&self.scene.order, &self.scene.handles, self.scene.queue, self.lane);
    }

    fn after(&self, waits: bool) -> After<'_> {
        if waits { self.turn.after_of_waiting() } else { self.turn.after() }
    }

    fn before(&self, waits: bool) -> Before {
        self.scene.order.before(self.after(waits), self.lane, false)
    }

    /// Returns its number among those of the lane.
    fn counted(mut self, before: &Before) -> u64 {
        let (number, _) = self.scene.order.post(self.lane, self.turn.ending());
        self.scene.order.sent(before, number);
        self.turn.counted();
        number
    }

    fn answered(mut self, before: &Before) {
        self.scene.order.answered(before, self.scene.order.posted(self.lane));
        self.turn.answered();
        self.ends();
    }

    fn ends(mut self) {
        self.turn.end(&self.scene.order, &self.scene.handles);
    }
}

/// Who used the queue last.
fn user(scene: &Scene, lane: u32) -> User {
    User { lane, object: scene.queue }
}

/// The lanes and counts that a frame names.
fn listed(before: &Before) -> Vec<(u32, u64)> {
    let after = |notice: &Notice| match notice {
        Notice::After { lane, count } => Some((*lane, *count)),
        _ => None,
    };
    before.others.iter().filter_map(after).collect()
}

#[test]
fn a_call_comes_after_the_lane_that_used_the_object_last() {
    let scene = Scene::new();
    assert_eq!(scene.posts(1), []);
    assert_eq!(scene.posts(1), []);
    assert_eq!(scene.posts(2), [(1, 2)]);
    // What that came after it names itself.
    assert_eq!(scene.waits(3), [(2, 1)]);
}

#[test]
fn who_has_named_an_object_and_sent_nothing_hides_nobody() {
    let scene = Scene::new();
    let (queues, note) = (Queues::default(), scene.handles.note(scene.queue).unwrap());
    scene.posts(2);
    queues::fill(note);
    let enqueues = scene.names(3);
    // A finish, which tells that the queue is empty.
    let seen = queues.unless_empty(note).unwrap();
    assert_eq!(scene.waits(1), [(2, 1)]);
    queues.emptied(note, seen);
    let before = enqueues.before(false);
    enqueues.counted(&before);
    queues::fill(note);
    assert!(queues.unless_empty(note).is_some());
    assert_eq!(scene.waits(4), [(3, 1)]);
}

#[test]
fn of_two_at_a_time_neither_hides_the_other() {
    let scene = Scene::new();
    let (one, other) = (scene.names(2), scene.names(3));
    let (before_one, before_other) = (one.before(false), other.before(false));
    // The one whose mark stands is counted first, and returns last.
    other.counted(&before_other);
    assert_eq!(scene.posts(4), [(3, 1)]);
    one.counted(&before_one);
    assert_eq!(scene.waits(1), [(2, 1), (4, 1)]);
}

#[test]
fn a_call_that_is_given_up_hides_nobody() {
    let scene = Scene::new();
    scene.posts(2);
    scene.names(3).ends();
    assert_eq!(scene.waits(1), [(2, 1)]);
    // Of one whose lane's mark stood nothing is to be undone.
    scene.posts(2);
    scene.names(2).ends();
    assert_eq!(scene.names(1).after(false), After::Users(&[user(&scene, 2)]));
}

#[test]
fn a_call_in_a_callback_leaves_the_lane_under_way() {
    let scene = Scene::new();
    scene.posts(2);
    let outer = scene.names(3);
    assert_eq!(scene.posts(3), []);
    scene.call(3).ends();
    // The outer one is not answered: what it came after may not be served.
    assert_eq!(scene.names(1).after(true), After::All);
    outer.ends();
    assert!(!scene.order.is_under_way(3));
}

#[test]
fn when_nobody_is_under_way_one_lane_is_named_again() {
    let scene = Scene::new();
    let (one, other) = (scene.names(2), scene.names(3));
    let before = other.before(false);
    other.counted(&before);
    // As long as the one is under way, nobody knows.
    for _ in 0..2 {
        let call = scene.names(4);
        assert_eq!(call.after(false), After::All);
        call.ends();
    }
    one.ends();
    let call = scene.names(4);
    assert_eq!(call.after(false), After::All);
    let before = call.before(false);
    call.counted(&before);
    let call = scene.names(1);
    assert_eq!(call.after(false), After::Users(&[user(&scene, 4)]));
}

/// How many one-way calls of each lane come before something.
type Clock = [u64; LANES as usize];

fn join(clock: &mut Clock, other: &Clock) {
    clock.iter_mut().zip(other).for_each(|(count, other)| *count = (*other).max(*count));
}

/// What one lane does next with its call.
enum Step<'a> {
    Begin,
    Name(Call<'a>, Clock),
    Look(Call<'a>, Clock),
    Send { call: Call<'a>, due: Clock, waits: bool, before: Before, clock: Clock },
}

/// Lanes that make calls on one object, step by step in an order of chance: each call comes after all that had returned when it
/// began.
#[test]
fn whatever_happens_in_between_a_call_comes_after_those_that_have_returned() {
    let mut random = 1_u64;
    let mut chance = move |of: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % of
    };
    for round in 0..2000 {
        let scene = Scene::new();
        let mut steps: Vec<_> = (0..LANES).map(|_| Step::Begin).collect();
        // What each one-way call comes after and itself, by lane and number; what has returned; and what is served.
        let mut clocks = vec![vec![Clock::default()]; LANES as usize];
        let (mut returned, mut served) = (Clock::default(), Clock::default());
        for _ in 0..60 {
            let at = chance(LANES.into()) as usize;
            let lane = at as u32 + 1;
            steps[at] = match std::mem::replace(&mut steps[at], Step::Begin) {
                Step::Begin => Step::Name(scene.call(lane), returned),
                Step::Name(mut call, due) => {
                    call.uses();
                    Step::Look(call, due)
                }
                Step::Look(call, _) if chance(5) == 0 => {
                    call.ends();
                    Step::Begin
                }
                Step::Look(call, due) => {
                    let waits = chance(4) == 0;
                    let before = call.before(waits);
                    let mut clock = served;
                    join(&mut clock, clocks[at].last().unwrap());
                    for (lane, count) in listed(&before) {
                        join(&mut clock, &clocks[lane as usize - 1][count as usize]);
                    }
                    Step::Send { call, due, waits, before, clock }
                }
                Step::Send { call, due, waits, before, mut clock } => {
                    let missed = clock.iter().zip(due).position(|(count, due)| *count < due);
                    assert_eq!(missed, None, "round {round}: lane {lane} comes after {clock:?}, not {due:?}");
                    if waits {
                        join(&mut served, &clock);
                        call.answered(&before);
                    } else {
                        let number = call.counted(&before);
                        clock[at] = number;
                        clocks[at].push(clock);
                        returned[at] = number;
                    }
                    Step::Begin
                }
            };
        }
    }
}

/// A call that names no object comes after all, and every call of another lane after it.
#[test]
fn what_may_be_about_anything_is_in_order_with_everything() {
    let scene = Scene::new();
    let concerns_all = |lane| {
        let mut call = scene.call(lane);
        call.turn.concerns_all(&scene.order, lane);
        call
    };
    scene.posts(1);
    let call = concerns_all(2);
    let before = call.before(false);
    assert_eq!(listed(&before), [(1, 1)]);
    call.counted(&before);
    assert_eq!(scene.posts(2), [(1, 1)], "its own lane's calls are in order");
    let other = scene.call(3);
    assert_eq!(listed(&other.before(false)), [(2, 2)], "a call that names nothing else");
    other.ends();
    // One that is under way may be counted after whoever comes next.
    let under_way = concerns_all(4);
    let next = scene.call(3);
    assert_eq!(next.after(false), After::All);
    next.ends();
    under_way.ends();
    let next = scene.call(3);
    assert_eq!(next.after(false), After::All, "it was given up");
    next.ends();
}
