//! The queue of programs that wait for a session.
//!
//! - **Invariant:** the next session goes to the tenant with the fewest sessions, and among its programs to the first.

use std::collections::VecDeque;
use std::sync::Arc;

use super::admission::{Admission, Full, Limits, Quota};

/// The waiting connections, in the order of arrival.
#[derive(Debug)]
pub struct Queue {
    waiting: VecDeque<(u64, Arc<str>)>,
    limit: usize,
    limit_per_user: usize,
}

impl Queue {
    /// An empty queue. It is shorter than the limit of connections, so that others and administrators can still connect.
    pub fn new(limits: &Limits) -> Self {
        let (limit, limit_per_user) = (limits.connections / 2, limits.connections_per_user / 2);
        Self { waiting: VecDeque::new(), limit, limit_per_user }
    }

    /// Appends a connection. Returns how many of the same tenant are before it.
    pub fn join(&mut self, connection: u64, tenant: &Arc<str>) -> Result<usize, Full> {
        let before = self.waiting_of(tenant);
        if before >= self.limit_per_user {
            return Err(Full::User(before, "programs in the queue", format!("tenant {tenant}")));
        }
        if self.waiting.len() >= self.limit {
            return Err(Full::All(self.limit, "places in the queue"));
        }
        self.waiting.push_back((connection, tenant.clone()));
        Ok(before)
    }

    /// Removes a connection that closed or got its session.
    pub fn leave(&mut self, connection: u64) {
        self.waiting.retain(|(number, _)| *number != connection);
    }

    /// How many programs of a tenant wait.
    pub fn waiting_of(&self, tenant: &Arc<str>) -> usize {
        self.waiting.iter().filter(|(_, other)| other == tenant).count()
    }

    /// The next connection, if the limits, and the quota of its tenant, allow one a session.
    pub fn next(&self, admission: &Admission, quota: impl Fn(&Arc<str>) -> Quota) -> Option<u64> {
        let may = self.waiting.iter().filter(|(_, tenant)| admission.has_place(tenant, &quota(tenant)));
        // Among equals the first wins.
        may.min_by_key(|(_, tenant)| admission.sessions_of(tenant)).map(|(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { connections: 6, connections_per_user: 4, sessions: 3, sessions_per_user: 2 };

    fn two(_: &Arc<str>) -> Quota {
        Quota { most: 2, said_by: None }
    }

    fn tenant(number: u32) -> Arc<str> {
        number.to_string().into()
    }

    fn begin(admission: &mut Admission, tenants: &[u32]) {
        tenants.iter().for_each(|number| admission.begin(&tenant(*number), &two(&tenant(*number))).unwrap());
    }

    #[test]
    fn of_one_user_the_first_is_next_and_nobody_has_all_places() {
        let mut admission = Admission::new(LIMITS);
        let mut queue = Queue::new(&Limits { connections: 99, connections_per_user: 99, ..LIMITS });
        begin(&mut admission, &[1, 1, 2]);
        for (connection, uid, before) in [(10, 1, 0), (11, 1, 1), (12, 2, 0), (13, 3, 0)] {
            assert_eq!(queue.join(connection, &tenant(uid)).unwrap(), before);
        }
        assert_eq!(queue.next(&admission, two), None);
        admission.end(&tenant(2));
        assert_eq!(queue.next(&admission, two), Some(12), "users 2 and 3 have none, and 2 came first");
        queue.leave(12);
        assert_eq!(queue.next(&admission, two), Some(13));
        queue.leave(13);
        assert_eq!(queue.next(&admission, two), None, "user 1 has as many as one may");
        admission.end(&tenant(1));
        assert_eq!(queue.next(&admission, two), Some(10));
        queue.leave(10);
        assert_eq!(queue.next(&admission, two), Some(11));
    }

    #[test]
    fn the_queue_is_bounded_and_forgets_who_is_gone() {
        let mut queue = Queue::new(&LIMITS);
        queue.join(1, &tenant(1)).unwrap();
        queue.join(2, &tenant(1)).unwrap();
        assert_eq!(queue.join(3, &tenant(1)), Err(Full::User(2, "programs in the queue", "tenant 1".to_owned())));
        queue.join(4, &tenant(2)).unwrap();
        assert_eq!(queue.join(5, &tenant(3)), Err(Full::All(3, "places in the queue")));
        queue.leave(1);
        queue.join(6, &tenant(1)).unwrap();
        queue.leave(99);
    }
}
