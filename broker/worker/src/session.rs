//! What a session holds, whichever API it is of: one program's objects, memory, and what goes on for it.

use std::os::fd::OwnedFd;
use std::sync::{Mutex, OnceLock};

use ava_protocol::api::Api as Table;
use ava_protocol::frame::Malformed;

use crate::state::ahead::Ahead;
use crate::state::allotted::Allotted;
use crate::state::board::Board;
use crate::state::broker::Broker;
use crate::state::callbacks::Callbacks;
use crate::state::commands::Commands;
use crate::state::fixed::Fixed;
use crate::state::included::Included;
use crate::state::lanes::{self, Lanes};
use crate::state::mappings::Mappings;
use crate::state::mirrors::Mirrors;
use crate::state::objects::Objects;
use crate::state::occupancy::Occupancy;
use crate::state::order::{Failures, Order};
use crate::state::outbox::Outbox;
use crate::state::pending::Pending;
use crate::state::regions::Regions;
use crate::state::residents::Residents;
use crate::state::usage::Usage;

/// What a session may have at most.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of regions.
    pub memory: u64,
    pub lanes: usize,
}

impl Default for Bounds {
    /// As much as the machine and this program allow.
    fn default() -> Self {
        Self { memory: rustix::system::sysinfo().totalram as u64, lanes: lanes::MOST }
    }
}

pub struct Session {
    /// What the API's functions mean.
    pub table: &'static Table,
    pub objects: Objects,
    pub mirrors: Mirrors,
    pub regions: Regions,
    /// Memory that the program has at the same address.
    pub fixed: Fixed,
    /// Device memory that numbers stand for.
    pub allotted: Allotted,
    pub mappings: Mappings,
    pub residents: Residents,
    /// The status of commands that the program polls, once the shim has given a region for it.
    pub board: OnceLock<Board>,
    /// What the program may ask next.
    pub ahead: Ahead,
    pub callbacks: Callbacks,
    /// Files of the program that its sources include.
    pub included: Included,
    pub pending: Pending,
    pub order: Order,
    pub failures: Failures,
    pub outbox: Outbox,
    pub usage: Usage,
    /// Whether it serves calls now.
    pub occupancy: Occupancy,
    /// The commands that run.
    pub commands: Commands,
    /// Taken while devices are named.
    naming: Mutex<()>,
    pub lanes: Lanes,
    pub broker: Broker,
    bounds: Bounds,
    tenant: OwnedFd,
}

/// The session that the process serves. What the vendor calls back, on threads of its own, comes with the one word that the
/// vendor was given: a number or an address, which means something in a session only, and nothing there once it is gone.
static OF_PROCESS: OnceLock<&'static Session> = OnceLock::new();

/// The session for callbacks of the vendor, once it is served.
pub fn of_process() -> Option<&'static Session> {
    OF_PROCESS.get().copied()
}

impl Session {
    /// From now on the process serves this session.
    pub fn begin(&'static self) {
        let _ = OF_PROCESS.set(self);
    }

    /// `tenant` is the connection with the program, `control` the one with the broker, in whose page usage and occupancy are.
    pub fn new(
        table: &'static Table,
        tenant: OwnedFd,
        control: OwnedFd,
        (usage, occupancy): (Usage, Occupancy),
        bounds: Bounds,
    ) -> Self {
        Self {
            table,
            objects: Objects::new(table.kinds, usage),
            mirrors: Mirrors::default(),
            regions: Regions::default(),
            fixed: Fixed::default(),
            allotted: Allotted::default(),
            mappings: Mappings::default(),
            residents: Residents::default(),
            board: OnceLock::new(),
            ahead: Ahead::new(table.functions.len()),
            callbacks: Callbacks::default(),
            included: Included::default(),
            pending: Pending::default(),
            order: Order::default(),
            failures: Failures::default(),
            outbox: Outbox::default(),
            usage,
            occupancy,
            commands: usage.commands_shown(),
            naming: Mutex::default(),
            lanes: Lanes::new(bounds.lanes),
            broker: Broker::new(control),
            bounds,
            tenant,
        }
    }

    /// The connection with the program.
    pub fn tenant(&self) -> &OwnedFd {
        &self.tenant
    }

    /// What it may have at most.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Takes a region that the program announces.
    ///
    /// # Errors
    /// It is no region, or there are too many.
    pub fn add_region(&self, id: u32, len: u64, fd: Option<OwnedFd>) -> Result<(), Malformed> {
        self.regions.add(id, len, fd, self.bounds.memory)
    }

    /// Names the devices that the program knows to whoever looks at its usage.
    pub fn name_devices(&self, names: &[String]) {
        let _one_at_a_time = self.naming.lock();
        self.usage.name_devices(names);
    }

    /// The status of a call with an object of this kind that is gone.
    pub fn invalid(&self, kind: u16) -> i64 {
        self.table.kind(kind).invalid
    }
}
