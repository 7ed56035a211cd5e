//! The worker of one program: its session, its API, and how it ends.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ava_protocol::control::{EndKind, FromWorker};
use ava_protocol::frame::Malformed;
use ava_protocol::upcall::Told;
use ava_sandbox::Home;
use ava_transport::message;
use rkyv::rancor::Failure;

use crate::call::Api;
use crate::hooks;
use crate::session::{Bounds, Session};
use crate::state::copies::{Copies, Sockets};
use crate::state::occupancy::Occupancy;
use crate::state::usage::Usage;

/// How long a worker that ends waits for the broker to take its last words.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The worker of one program.
pub struct Worker {
    pub(super) session: Session,
    pub(super) api: Arc<dyn Api>,
    /// The worker's directories, unless this is a test without any.
    home: Option<Home>,
    pub(super) sockets: Sockets,
    pub(super) copies: Copies,
    ending: AtomicBool,
}

impl Worker {
    /// `tenant` is the connection with the program, `control` the one with the broker; usage and occupancy are in the broker's
    /// page; `home` is what is left at the end.
    pub fn new(
        api: Arc<dyn Api>,
        tenant: OwnedFd,
        control: OwnedFd,
        page: (Usage, Occupancy),
        bounds: Bounds,
        home: Option<Home>,
    ) -> Self {
        Self {
            session: Session::new(api.table(), tenant, control, page, bounds),
            api,
            home,
            sockets: Sockets::default(),
            copies: Copies::default(),
            ending: AtomicBool::new(false),
        }
    }

    /// One in a copy of this process: the vendor's library is all that it has of this one.
    pub fn copied(&self, tenant: OwnedFd, control: OwnedFd) -> Self {
        let page = (self.session.usage.of_copy(), self.session.occupancy.clone());
        Self::new(Arc::clone(&self.api), tenant, control, page, self.session.bounds(), None)
    }

    /// What it holds for the program.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Sends what the program is told beside replies; `false` when it does not hear any more.
    pub fn send(&self, mut told: Told) -> bool {
        if let Told::Called(upcall) = &mut told {
            let notices = hooks::notices(&self.session, &*self.api);
            upcall.notices = notices.into_iter().map(|notice| notice.to_word()).collect();
        }
        let bytes = rkyv::to_bytes::<Failure>(&told);
        bytes.is_ok_and(|bytes| message::send(self.session.tenant(), &bytes, &[]).is_ok())
    }

    /// The program has sent what no shim sends: the session ends.
    pub fn malformed(&self, malformed: &Malformed) -> ! {
        self.end(EndKind::Malformed, &malformed.to_string())
    }

    /// The program is gone.
    pub fn program_ended(&self) -> ! {
        self.session.outbox.close();
        self.session.lanes.drain();
        self.end(EndKind::TenantLeft, "the program has ended")
    }

    /// Ends the session and this process, without the vendor's exit handlers.
    pub fn end(&self, kind: EndKind, reason: &str) -> ! {
        if self.ending.swap(true, Ordering::AcqRel) {
            // Another thread is at it.
            loop {
                std::thread::park();
            }
        }
        let ended = FromWorker::Ended { kind, reason: reason.into() };
        self.session.broker.tell_last(&[ended], LAST_WORDS);
        self.home.iter().for_each(Home::leave);
        // SAFETY: ends the process at once; nothing of it is needed any more.
        unsafe { libc::_exit(i32::from(kind == EndKind::Failed)) }
    }
}
