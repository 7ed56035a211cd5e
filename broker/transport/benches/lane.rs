//! What a frame costs: its round trip to another process and back, and one way when nobody waits for it.
//!
//! Run with `cargo bench --package ava-transport`. The two ends are processes, on processors 0 and 1 or wherever the kernel puts
//! them. Figures depend on what else runs; the round trip over the ring with both ends on one processor shows what yielding
//! to the peer is worth.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ava_transport::lane::{self, Inbox, Kind, Lane, Wake};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use rustix::thread::{CpuSet, sched_setaffinity};

const FRAME: [u8; 64] = [7; 64];
/// The first byte of a frame that is answered.
const QUESTION: u8 = 1;

/// The processors of the two ends; `None` leaves them to the kernel.
type Places = Option<[usize; 2]>;

fn round_trip(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("round trip of 64 bytes");
    for (kind, name) in [(Kind::Ring, "ring"), (Kind::Socket, "socket")] {
        let places = [("two processors", Some([0, 1])), ("anywhere", None), ("one processor", Some([0, 0]))];
        for (place, places) in places {
            with_peer(kind, places, |lane| ask(&mut group, &format!("{name}, {place}"), lane));
        }
    }
    group.finish();
}

fn ask(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, lane: &mut dyn Lane) {
    let mut inbox = Inbox::new();
    let mut frame = FRAME;
    frame[0] = QUESTION;
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            lane.send(black_box(&frame), None, Wake::Now).unwrap();
            assert!(lane.recv(&mut inbox).unwrap());
            black_box(inbox.bytes().len())
        });
    });
}

fn one_way(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("64 bytes one way");
    group.throughput(Throughput::Elements(1));
    for (kind, name) in [(Kind::Ring, "ring"), (Kind::Socket, "socket")] {
        with_peer(kind, Some([0, 1]), |lane| stream(&mut group, name, lane));
    }
    group.finish();
    let mut group = criterion.benchmark_group("64 bytes one way, in bursts of 64");
    with_peer(Kind::Ring, Some([0, 1]), |lane| bursts(&mut group, lane));
    group.finish();
}

/// As fast as the peer reads.
fn stream(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, lane: &mut dyn Lane) {
    group.bench_function(format!("{name}, without end"), |bencher| {
        bencher.iter(|| lane.send(black_box(&FRAME), None, Wake::Later).unwrap());
    });
}

/// What the sender pays when it does not outrun the peer, as is usual: between bursts it waits for an answer.
fn bursts(group: &mut BenchmarkGroup<'_, WallTime>, lane: &mut dyn Lane) {
    const BURST: u64 = 64;
    let mut inbox = Inbox::new();
    let mut question = FRAME;
    question[0] = QUESTION;
    group.throughput(Throughput::Elements(1));
    group.bench_function("ring, sending only", |bencher| {
        bencher.iter_custom(|count| {
            let mut spent = Duration::ZERO;
            for _ in 0..count.div_ceil(BURST) {
                let start = Instant::now();
                for _ in 0..BURST {
                    lane.send(black_box(&FRAME), None, Wake::Later).unwrap();
                }
                spent += start.elapsed();
                lane.send(&question, None, Wake::Now).unwrap();
                assert!(lane.recv(&mut inbox).unwrap());
            }
            spent.mul_f64(count as f64 / count.next_multiple_of(BURST) as f64)
        });
    });
}

/// Runs `measure` with a lane whose other end is a process that answers questions.
fn with_peer(kind: Kind, places: Places, measure: impl FnOnce(&mut dyn Lane)) {
    let (mut ours, fds) = lane::offer(kind).unwrap();
    // SAFETY: this process has one thread, so the child can use all it finds.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork");
    if child == 0 {
        drop(ours);
        pin(places.map(|places| places[1]));
        answer(&mut *lane::accept(fds).unwrap());
        // SAFETY: ends the child; what the parent has to do at its end is not the child's.
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
    targets = round_trip, one_way
}
criterion_main!(benches);
