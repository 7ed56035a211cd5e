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

use ava_protocol::quota::{self, Limits, RESOURCES, Resource, SEATS};
use ava_transport::region::Region;

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
        Ok(Self { region, fd, seats: RefCell::default() })
    }

    fn limit(&self, limits: Limits) {
        RESOURCES.into_iter().zip(limits).for_each(|(of, most)| quota::set_limit(self.region.words(), of, most));
    }
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
    pub fn seat(&mut self, tenant: &Arc<str>, limits: Limits) -> io::Result<Seat> {
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
            page.upgrade().inspect(|page| page.limit(limits(tenant)));
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

    use super::*;

    /// As a worker has it.
    fn workers(seat: &Seat) -> quota::Seat {
        let page = Region::open(seat.page(), BYTES).unwrap();
        quota::Seat::new(Box::leak(Box::new(page)).words(), seat.number() as usize)
    }

    #[test]
    fn what_a_dead_session_held_is_its_tenants_again() {
        let (mut quotas, name) = (Quotas::default(), Arc::from("vision"));
        let seats = [0; 2].map(|_| quotas.seat(&name, [100, UNLIMITED]).unwrap());
        let [first, second] = [0, 1].map(|seat| workers(&seats[seat]));
        assert!(first.take(DeviceMemory, 70) && second.take(DeviceMemory, 30) && !second.take(DeviceMemory, 1));
        assert_eq!(quotas.taken("vision", DeviceMemory), 100);
        let [dead, lives] = seats;
        drop(dead);
        assert_eq!(quotas.taken("vision", DeviceMemory), 30);
        assert!(second.take(DeviceMemory, 70));
        // The next session has the seat of the dead one, and sees what the other holds.
        let next = quotas.seat(&name, [110, UNLIMITED]).unwrap();
        assert_eq!(next.number(), 0);
        assert!(!workers(&next).take(DeviceMemory, 11) && workers(&next).take(DeviceMemory, 10));
        drop((lives, next));
        assert_eq!(quotas.taken("vision", DeviceMemory), 0);
    }

    #[test]
    fn limits_change_for_those_that_they_are_of() {
        let mut quotas = Quotas::default();
        let seats = ["one", "other"].map(|name| quotas.seat(&Arc::from(name), [UNLIMITED; 2]).unwrap());
        quotas.limit(|tenant| if tenant == "one" { [5, 0] } else { [UNLIMITED; 2] });
        let [one, other] = seats.each_ref().map(workers);
        assert!(one.take(DeviceMemory, 5) && !one.take(DeviceMemory, 1) && !one.take(Resource::HostMemory, 1));
        assert!(other.take(DeviceMemory, 1 << 40));
    }

    #[test]
    fn tenants_without_sessions_leave_nothing() {
        let mut quotas = Quotas::default();
        for number in 0..10_000 {
            drop(quotas.seat(&format!("tenant {number}").into(), [0; 2]).unwrap());
        }
        assert!(quotas.0.len() <= 1);
    }

    #[test]
    fn a_worker_that_writes_nonsense_harms_its_own_tenant_only() {
        let mut quotas = Quotas::default();
        let hostile = quotas.seat(&"hostile".into(), [100; 2]).unwrap();
        let decent = quotas.seat(&"decent".into(), [100; 2]).unwrap();
        let page = Region::open(hostile.page(), BYTES).unwrap();
        page.words().iter().for_each(|word| word.store(u64::MAX, std::sync::atomic::Ordering::Relaxed));
        assert_eq!(quotas.taken("hostile", DeviceMemory), u64::MAX);
        assert_eq!(quotas.taken("decent", DeviceMemory), 0);
        assert!(workers(&decent).take(DeviceMemory, 100));
        drop(hostile);
        // A tenant that begins anew has a page of its own.
        let again = quotas.seat(&"hostile".into(), [100; 2]).unwrap();
        assert!(workers(&again).take(DeviceMemory, 100) && !workers(&again).take(DeviceMemory, 1));
    }
}
