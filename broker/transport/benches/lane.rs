//! Measures the cost of frames: a round trip to another process, and one-way frames.
//!
//! Run with `cargo bench --package ava-transport`. The two ends are processes, on processors 0 and 1 or wherever the kernel
//! puts them. The round trip with both ends on one processor shows the benefit of yielding to the peer. Criterion's figures
//! are means, which suffer from other load; the percentiles printed last, of single round trips and bursts, suffer less.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ava_transport::lane::{self, Inbox, Kind, Lane, Wake};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use rustix::thread::{CpuSet, sched_setaffinity};

const FRAME: [u8; 64] = [7; 64];
/// The first byte of a frame that has a reply.
const QUESTION: u8 = 1;

/// The processors of the two ends; `None` leaves the choice to the kernel.
type Places = Option<[usize; 2]>;

const KINDS: [(Kind, &str); 2] = [(Kind::Ring, "ring"), (Kind::Socket, "socket")];
const PLACES: [(&str, Places); 3] =
    [("two processors", Some([0, 1])), ("anywhere", None), ("one processor", Some([0, 0]))];
/// One-way frames between two with a reply.
const BURST: u32 = 64;

fn round_trip(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("round trip of 64 bytes");
    for (kind, name) in KINDS {
        for (place, places) in PLACES {
            with_peer(kind, places, |lane| {
                let mut inbox = Inbox::new();
                group.bench_function(format!("{name}, {place}"), |bencher| bencher.iter(|| exchange(lane, &mut inbox)));
            });
        }
    }
    group.finish();
}

fn one_way(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("64 bytes one way");
    group.throughput(Throughput::Elements(1));
    for (kind, name) in KINDS {
        with_peer(kind, PLACES[0].1, |lane| stream(&mut group, name, lane));
    }
    group.finish();
    let mut group = criterion.benchmark_group("64 bytes one way, in bursts of 64");
    with_peer(Kind::Ring, PLACES[0].1, |lane| bursts(&mut group, lane));
    group.finish();
}

/// As fast as the peer reads.
fn stream(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, lane: &mut dyn Lane) {
    group.bench_function(format!("{name}, without end"), |bencher| {
        bencher.iter(|| lane.send(black_box(&FRAME), None, Wake::Later).unwrap());
    });
}

/// The sender's cost when it does not outrun the peer, as is usual: between bursts it waits for a reply.
fn bursts(group: &mut BenchmarkGroup<'_, WallTime>, lane: &mut dyn Lane) {
    let mut inbox = Inbox::new();
    group.bench_function("ring, sending only", |bencher| {
        bencher.iter_custom(|count| {
            let bursts = count.div_ceil(BURST.into());
            let mut spent = Duration::ZERO;
            for _ in 0..bursts {
                spent += burst(lane);
                exchange(lane, &mut inbox);
            }
            spent.mul_f64(count as f64 / (bursts * u64::from(BURST)) as f64)
        });
    });
}

/// Sends one-way frames and measures the time.
fn burst(lane: &mut dyn Lane) -> Duration {
    let start = Instant::now();
    for _ in 0..BURST {
        lane.send(black_box(&FRAME), None, Wake::Later).unwrap();
    }
    start.elapsed()
}

/// Sends a request and waits for the reply.
fn exchange(lane: &mut dyn Lane, inbox: &mut Inbox) {
    let mut frame = FRAME;
    frame[0] = QUESTION;
    lane.send(black_box(&frame), None, Wake::Now).unwrap();
    assert!(lane.recv(inbox).unwrap());
    black_box(inbox.bytes().len());
}

/// Single round trips and bursts; other load disturbs only some of them.
fn percentiles(_: &mut Criterion) {
    for (kind, name) in KINDS {
        for (place, places) in PLACES {
            with_peer(kind, places, |lane| {
                let mut inbox = Inbox::new();
                show(&format!("{name}, {place}: round trip"), 1, || {
                    let start = Instant::now();
                    exchange(lane, &mut inbox);
                    start.elapsed()
                });
            });
        }
        with_peer(kind, PLACES[0].1, |lane| {
            let mut inbox = Inbox::new();
            show(&format!("{name}, {}: one way, in bursts of {BURST}", PLACES[0].0), BURST, || {
                let spent = burst(lane);
                exchange(lane, &mut inbox);
                spent
            });
        });
    }
}

fn show(what: &str, share: u32, mut once: impl FnMut() -> Duration) {
    let start = Instant::now();
    let mut all = Vec::new();
    while start.elapsed() < Duration::from_secs(2) {
        all.push(once());
    }
    all.sort_unstable();
    let at = |percent: usize| (all[(all.len() - 1) * percent / 100] / share).as_nanos();
    println!("{what}: {} ns; 10 % under {}, 90 % under {}", at(50), at(10), at(90));
}

/// Runs `measure` with a lane whose other end is a process that replies to requests.
fn with_peer(kind: Kind, places: Places, measure: impl FnOnce(&mut dyn Lane)) {
    let (mut ours, fds) = lane::offer(kind).unwrap();
    // SAFETY: this process has one thread, so the child can use all of its state.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork");
    if child == 0 {
        drop(ours);
        pin(places.map(|places| places[1]));
        answer(&mut *lane::accept(fds).unwrap());
        // SAFETY: ends the child without the parent's exit handlers.
        unsafe { libc::_exit(0) };
    }
    drop(fds);
    pin(places.map(|places| places[0]));
    measure(&mut *ours);
    drop(ours);
    pin(None);
    let mut status = -1;
    // SAFETY: waits for the child made above, with a live status.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(status, 0);
}

fn answer(lane: &mut dyn Lane) {
    let mut inbox = Inbox::new();
    while lane.recv(&mut inbox).unwrap_or(false) {
        if inbox.bytes()[0] == QUESTION && lane.send(inbox.bytes(), None, Wake::Now).is_err() {
            return;
        }
    }
}

fn pin(place: Option<usize>) {
    let mut set = CpuSet::new();
    match place {
        Some(cpu) => set.set(cpu),
        None => (0..CpuSet::MAX_CPU).for_each(|cpu| set.set(cpu)),
    }
    // On a machine with one processor the figures are those of "anywhere".
    let _ = sched_setaffinity(None, &set);
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = round_trip, one_way, percentiles
}
criterion_main!(benches);
