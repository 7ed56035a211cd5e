//! What the sessions of a tenant may take together: the pages that the broker shares with their workers.
//!
//! - **Invariant:** a page has a tenant with sessions, and a seat a session whose worker has not ended. Who leaves holds nothing.
//! - **Invariant:** the broker writes limits and clears seats, and believes nothing that it reads but to show it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use ava_protocol::quota::{self, Limits, Resource, SEATS};
use ava_transport::region::Region;
use rustix::time::{ClockId, clock_gettime};

/// The pages of all tenants with sessions.
#[derive(Debug, Default)]
pub struct Quotas(HashMap<Arc<str>, Weak<Page>>);

#[derive(Debug)]
struct Page {
    region: Region,
    fd: OwnedFd,
    seats: RefCell<Seats>,
}

/// Which seats nobody has.
#[derive(Debug, Default)]
struct Seats {
    left: Vec<usize>,
    /// Those from here on were never taken.
    fresh: usize,
}

impl Page {
    fn new() -> io::Result<Self> {
        let (region, fd) = Region::create(quota::BYTES)?;
        // A tenant that comes and goes would have a second's worth each time.
        quota::use_up(region.words(), now());
        Ok(Self { region, fd, seats: RefCell::default() })
    }

    fn limit(&self, limits: &Limits) {
        quota::set_limits(self.region.words(), limits);
    }
}

/// The time by the clock that workers have, too, in nanoseconds.
fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(now.tv_nsec.unsigned_abs())
}

/// A session's seat in its tenant's page: free again when this is dropped.
#[derive(Debug)]
pub struct Seat {
    page: Rc<Page>,
    number: usize,
}

impl Seat {
    /// The page's descriptor, for the worker.
    pub fn page(&self) -> &OwnedFd {
        &self.page.fd
    }

    /// The number of the seat.
    pub fn number(&self) -> u32 {
        self.number as u32
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        quota::clear(self.page.region.words(), self.number);
        self.page.seats.borrow_mut().left.push(self.number);
    }
}

impl Quotas {
    /// A seat for a new session of a tenant, which may have this much.
    ///
    /// # Errors
    /// No memory or no descriptor is left for the page, or the page has no seat left.
    pub fn seat(&mut self, tenant: &Arc<str>, limits: &Limits) -> io::Result<Seat> {
        let page = match self.page(tenant) {
            Some(page) => page,
            None => {
                let page = Rc::new(Page::new()?);
                self.0.retain(|_, page| page.strong_count() > 0);
                self.0.insert(Arc::clone(tenant), Rc::downgrade(&page));
                page
            }
        };
        page.limit(limits);
        let mut seats = page.seats.borrow_mut();
        let number = match seats.left.pop() {
            Some(number) => number,
            None if seats.fresh < SEATS => {
                seats.fresh += 1;
                seats.fresh - 1
            }
            None => return Err(io::Error::other(format!("a tenant may have {SEATS} sessions"))),
        };
        drop(seats);
        quota::clear(page.region.words(), number);
        Ok(Seat { page, number })
    }

    /// What tenants may have has changed.
    pub fn limit(&self, limits: impl Fn(&str) -> Limits) {
        for (tenant, page) in &self.0 {
            page.upgrade().inspect(|page| page.limit(&limits(tenant)));
        }
    }

    /// How many bytes a tenant's sessions hold, as their workers say.
    pub fn taken(&self, tenant: &str, of: Resource) -> u64 {
        self.page(tenant).map_or(0, |page| quota::taken(page.region.words(), of))
    }

    fn page(&self, tenant: &str) -> Option<Rc<Page>> {
        self.0.get(tenant)?.upgrade()
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::quota::{BYTES, Resource::DeviceMemory, UNLIMITED};
    use ava_protocol::rate::Rate;

    use super::*;

    fn memory(device: u64, host: u64) -> Limits {
        Limits { memory: [device, host], ..Limits::NONE }
    }

    /// As a worker has it.
    fn workers(seat: &Seat) -> quota::Seat {
        let page = Region::open(seat.page(), BYTES).unwrap();
        quota::Seat::new(Box::leak(Box::new(page)).words(), seat.number() as usize)
    }

    #[test]
    fn what_a_dead_session_held_is_its_tenants_again() {
        let (mut quotas, name) = (Quotas::default(), Arc::from("vision"));
        let seats = [0; 2].map(|_| quotas.seat(&name, &memory(100, UNLIMITED)).unwrap());
        let [first, second] = [0, 1].map(|seat| workers(&seats[seat]));
        assert!(first.take(DeviceMemory, 70) && second.take(DeviceMemory, 30) && !second.take(DeviceMemory, 1));
        assert_eq!(quotas.taken("vision", DeviceMemory), 100);
        let [dead, lives] = seats;
        drop(dead);
        assert_eq!(quotas.taken("vision", DeviceMemory), 30);
        assert!(second.take(DeviceMemory, 70));
        // The next session has the seat of the dead one, and sees what the other holds.
        let next = quotas.seat(&name, &memory(110, UNLIMITED)).unwrap();
        assert_eq!(next.number(), 0);
        assert!(!workers(&next).take(DeviceMemory, 11) && workers(&next).take(DeviceMemory, 10));
        drop((lives, next));
        assert_eq!(quotas.taken("vision", DeviceMemory), 0);
    }

    #[test]
    fn limits_change_for_those_that_they_are_of() {
        let mut quotas = Quotas::default();
        let seats = ["one", "other"].map(|name| quotas.seat(&Arc::from(name), &Limits::NONE).unwrap());
        quotas.limit(|tenant| if tenant == "one" { memory(5, 0) } else { Limits::NONE });
        let [one, other] = seats.each_ref().map(workers);
        assert!(one.take(DeviceMemory, 5) && !one.take(DeviceMemory, 1) && !one.take(Resource::HostMemory, 1));
        assert!(other.take(DeviceMemory, 1 << 40));
    }

    #[test]
    fn sessions_share_what_comes_in_a_second_and_a_new_tenant_has_saved_up_nothing() {
        let mut quotas = Quotas::default();
        let limits = Limits { per_second: [1, 1 << 40], ..Limits::NONE };
        let seats = [0; 2].map(|_| quotas.seat(&"vision".into(), &limits).unwrap());
        let [one, other] = seats.each_ref().map(|seat| quota::bucket(workers(seat).page(), Rate::Commands));
        let now = now();
        assert!(one.take(1, now).is_err());
        assert!(one.take(1, now + 1_000_000_000).is_ok() && other.take(1, now + 1_000_000_000).is_err());
        quotas.limit(|_| Limits::NONE);
        assert!(!one.is_limited() && other.take(1, now).is_ok());
    }

    #[test]
    fn tenants_without_sessions_leave_nothing() {
        let mut quotas = Quotas::default();
        for number in 0..10_000 {
            drop(quotas.seat(&format!("tenant {number}").into(), &memory(0, 0)).unwrap());
        }
        assert!(quotas.0.len() <= 1);
    }

    #[test]
    fn a_worker_that_writes_nonsense_harms_its_own_tenant_only() {
        let mut quotas = Quotas::default();
        let hostile = quotas.seat(&"hostile".into(), &memory(100, 100)).unwrap();
        let decent = quotas.seat(&"decent".into(), &memory(100, 100)).unwrap();
        let page = Region::open(hostile.page(), BYTES).unwrap();
        page.words().iter().for_each(|word| word.store(u64::MAX, std::sync::atomic::Ordering::Relaxed));
        assert_eq!(quotas.taken("hostile", DeviceMemory), u64::MAX);
        assert_eq!(quotas.taken("decent", DeviceMemory), 0);
        assert!(workers(&decent).take(DeviceMemory, 100));
        drop(hostile);
        // A tenant that begins anew has a page of its own.
        let again = quotas.seat(&"hostile".into(), &memory(100, 100)).unwrap();
        assert!(workers(&again).take(DeviceMemory, 100) && !workers(&again).take(DeviceMemory, 1));
    }
}
