//! What a call has taken, and gives back if the vendor does not accept it.

use std::os::fd::BorrowedFd;

use crate::base::fault::Fault;
use crate::book::regions::{Announcement, Lease};
use crate::port::keeper::Kept;
use crate::session::Session;

#[derive(Default)]
pub struct Taken {
    /// Regions for this call alone.
    pub leases: Vec<Lease>,
    /// Regions that the worker is to be told of.
    pub announcements: Vec<Announcement>,
    /// Ids of objects that the call makes, of callbacks, and of transfers.
    pub minted: Vec<u64>,
    pub callbacks: Vec<u64>,
    pub transfers: Vec<u64>,
    /// A copy of the program's descriptor, as long as the call.
    pub descriptor: Option<Kept>,
}

impl Taken {
    /// The descriptor that goes along, in the table that lanes send from.
    ///
    /// # Errors
    /// The session is over.
    pub fn along(&self) -> Result<Option<BorrowedFd<'_>>, Fault> {
        let Some(copy) = &self.descriptor else { return Ok(None) };
        let number = copy.number().map_err(|_| Fault::Lost)?;
        // SAFETY: it is open, as long as this lives, in the table that the lane sends it from.
        Ok(Some(unsafe { BorrowedFd::borrow_raw(number) }))
    }

    /// Gives back what is left.
    pub fn give_back(self, session: &'static Session) {
        let Self { mut leases, announcements, minted, callbacks, transfers, descriptor: _ } = self;
        for id in minted {
            // Of what was never made nothing is kept.
            session.forget(id);
        }
        for id in callbacks {
            session.book.callbacks.forget(id);
        }
        for id in transfers {
            let cancelled = session.book.pending.cancel(id);
            leases.extend(cancelled.and_then(|transfer| transfer.lease.last()));
        }
        // Of what was never sent the worker has not heard.
        for announcement in announcements {
            if let Some(lease) = leases.iter_mut().find(|lease| lease.id == announcement.id) {
                lease.take_back(announcement);
            }
        }
        if !leases.is_empty() {
            session.release(leases);
        }
    }
}
