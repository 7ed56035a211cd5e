use std::sync::Barrier;
use std::sync::atomic::AtomicBool;

use super::Resource::{DeviceMemory, HostMemory};
use super::*;

/// A page for so many sessions, with this limit of device memory.
fn page(limit: u64, sessions: usize) -> (&'static [AtomicU64], Vec<Seat>) {
    let page: &'static [AtomicU64] = (0..words(sessions)).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak();
    set_limit(page, DeviceMemory, limit);
    set_limit(page, HostMemory, UNLIMITED);
    (0..sessions).for_each(|seat| clear(page, seat));
    (page, (0..sessions).map(|seat| Seat::new(page, seat)).collect())
}

#[test]
fn a_limit_holds_to_the_byte_for_all_sessions_together() {
    let (page, seats) = page(100, 2);
    assert!(seats[0].take(DeviceMemory, 60) && !seats[1].take(DeviceMemory, 41) && seats[1].take(DeviceMemory, 40));
    assert!(!seats[0].take(DeviceMemory, 1) && seats[0].take(DeviceMemory, 0));
    assert_eq!(seats[0].level(DeviceMemory), Some(Level { limit: 100, taken: 100 }));
    seats[0].give(DeviceMemory, 60);
    assert!(seats[1].take(DeviceMemory, 60) && !seats[1].take(DeviceMemory, 1));
    assert_eq!((taken(page, DeviceMemory), seats[0].level(HostMemory)), (100, None));
}

#[test]
fn each_resource_has_a_limit_of_its_own() {
    let (page, seats) = page(0, 1);
    assert!(!seats[0].take(DeviceMemory, 1) && seats[0].take(HostMemory, u64::MAX - 1));
    assert!(seats[0].take(HostMemory, 2), "there is no limit");
    assert_eq!(taken(page, HostMemory), u64::MAX, "no count wraps around");
    set_limit(page, HostMemory, 10);
    seats[0].give(HostMemory, u64::MAX);
    assert!(!seats[0].take(HostMemory, 11) && seats[0].take(HostMemory, 10));
}

#[test]
fn a_lower_limit_takes_nothing_away_and_allows_nothing_more() {
    let (page, seats) = page(UNLIMITED, 1);
    assert!(seats[0].take(DeviceMemory, 100));
    set_limit(page, DeviceMemory, 30);
    assert_eq!(seats[0].level(DeviceMemory), Some(Level { limit: 30, taken: 100 }));
    assert!(!seats[0].take(DeviceMemory, 1));
    seats[0].give(DeviceMemory, 71);
    assert!(seats[0].take(DeviceMemory, 1) && !seats[0].take(DeviceMemory, 1));
}

#[test]
fn what_a_dead_session_held_or_asked_for_is_free_again() {
    let (page, seats) = page(100, 3);
    assert!(seats[0].take(DeviceMemory, 70));
    // It dies while it asks.
    page[asked(0, DeviceMemory)].store(20, SeqCst);
    assert!(seats[1].take(DeviceMemory, 10) && !seats[1].take(DeviceMemory, 11), "the dead one may still ask");
    clear(page, 0);
    assert_eq!(taken(page, DeviceMemory), 10);
    assert!(seats[2].take(DeviceMemory, 90));
}

#[test]
fn of_two_that_want_the_last_bytes_one_gets_them() {
    for _ in 0..200 {
        let (page, seats) = page(100, 2);
        let start = Barrier::new(2);
        let tries = |seat: &Seat| {
            start.wait();
            u32::from(seat.take(DeviceMemory, 60))
        };
        let got: u32 = std::thread::scope(|threads| {
            let both = [0, 1].map(|seat| {
                threads.spawn({
                    let (tries, seat) = (&tries, &seats[seat]);
                    move || tries(seat)
                })
            });
            both.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!((got, taken(page, DeviceMemory)), (1, 60));
    }
}

/// Eight threads of four sessions take and give back at random while the limit changes.
#[test]
fn eight_threads_never_have_a_byte_more_than_a_limit_that_changes() {
    let (page, seats) = page(400, 4);
    let limit = || page[DeviceMemory as usize].load(SeqCst);
    // No more than what all hold: it grows after and shrinks before.
    let sum = AtomicU64::new(0);
    let [over, done] = [AtomicBool::new(false), AtomicBool::new(false)];
    let begin = |number: u64| {
        let (seat, mut random) = (&seats[number as usize / 2], number + 1);
        let mut mine = Vec::new();
        while !done.load(SeqCst) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (bytes, before) = ((random >> 33) % 97 + 1, limit());
            if seat.take(DeviceMemory, bytes) {
                mine.push(bytes);
                let now = sum.fetch_add(bytes, SeqCst) + bytes;
                // Each limit is set once: it has not changed meanwhile.
                over.fetch_or(limit() == before && now > before, SeqCst);
            } else if let Some(bytes) = mine.pop() {
                sum.fetch_sub(bytes, SeqCst);
                seat.give(DeviceMemory, bytes);
            }
        }
        for bytes in mine {
            sum.fetch_sub(bytes, SeqCst);
            seat.give(DeviceMemory, bytes);
        }
    };
    std::thread::scope(|threads| {
        let begin = &begin;
        (0..8).for_each(|number| drop(threads.spawn(move || begin(number))));
        for limit in (100..=400).rev() {
            set_limit(page, DeviceMemory, limit);
            std::thread::yield_now();
        }
        done.store(true, SeqCst);
    });
    assert!(!over.load(SeqCst));
    assert_eq!(taken(page, DeviceMemory), 0, "all was given back");
}

#[test]
fn nonsense_in_a_page_makes_nobody_fail_or_wait_for_long() {
    let (page, seats) = page(100, 2);
    page.iter().for_each(|word| word.store(u64::MAX, SeqCst));
    assert_eq!((taken(page, DeviceMemory), seats[0].level(DeviceMemory)), (u64::MAX, None));
    set_limit(page, DeviceMemory, 100);
    assert!(!seats[0].take(DeviceMemory, 1));
    clear(page, 0);
    page[held(1, DeviceMemory)].store(0, SeqCst);
    // Another asks for all, and never goes on.
    assert!(!seats[0].take(DeviceMemory, 1));
    clear(page, 1);
    seats[0].give(DeviceMemory, 5);
    assert!(seats[0].take(DeviceMemory, 100));
}
