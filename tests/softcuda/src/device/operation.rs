//! What streams and graphs run, as data: kernels, copies, fills, functions of the program's, waits.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::event::{Event, Signal};
use super::health::Health;
use super::memory::{self, Allocation, Space};
use super::module::Function;
use super::{faults, process};
use crate::cuda::{CUDA_MEMCPY3D, CUhostFn, CUstreamCallback, Result, Status};
use crate::engine::{self, Fault};

/// One operation.
#[derive(Clone)]
pub enum Operation {
    /// Nothing; it has dependencies only.
    Empty,
    Launch(Launch),
    Copy(Copy),
    Fill(Fill),
    Host(Host),
    Callback(Callback),
    /// Records an event anew, at each run.
    Record(Arc<Event>),
    /// Waits for an event as it was recorded last, at each run.
    Await(Arc<Event>),
    /// Reaches a point.
    Reach(Arc<Signal>),
    /// Waits for a point.
    Until(Arc<Signal>),
    Write(Word),
    Wait(Word, Condition),
    /// Memory that a graph holds.
    Allocate(Arc<Held>),
    /// The end of an allocation, by its address.
    Free(u64),
}

/// A kernel with its arguments.
#[derive(Clone)]
pub struct Launch {
    pub function: Arc<Function>,
    /// The handle that the program named it by.
    pub named: usize,
    pub grid: [u32; 3],
    pub block: [u32; 3],
    /// Dynamic shared memory in bytes.
    pub shared: u32,
    pub arguments: Arc<Arguments>,
    pub is_cooperative: bool,
}

/// Arguments of a kernel, laid out as it wants them.
pub struct Arguments {
    pub bytes: Box<[u8]>,
    /// Where each of them begins, for programs that ask what a node was given.
    addresses: OnceLock<Box<[usize]>>,
}

impl Arguments {
    pub fn new(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { bytes: bytes.into(), addresses: OnceLock::new() })
    }

    /// The addresses of the arguments, which last as long as these do.
    pub fn addresses(&self, layout: &[engine::Parameter]) -> &[usize] {
        let address = |parameter: &engine::Parameter| self.bytes.as_ptr() as usize + parameter.offset;
        self.addresses.get_or_init(|| layout.iter().map(address).collect())
    }
}

/// One side of a copy: rows are `pitch` bytes apart, slices `slice` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub address: u64,
    pub pitch: usize,
    pub slice: usize,
}

/// A box of bytes.
#[derive(Clone)]
pub struct Copy {
    pub from: Place,
    pub to: Place,
    /// Bytes of a row, rows, slices.
    pub extent: [usize; 3],
    /// How the program described it.
    pub described: Box<CUDA_MEMCPY3D>,
    /// What was at the source when the copy was asked for, without gaps: the program may change its memory meanwhile.
    pub staged: Option<Arc<[u8]>>,
}

/// The same value in each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    pub address: u64,
    pub pitch: usize,
    pub value: u32,
    /// Bytes of an element: 1, 2 or 4.
    pub element: u32,
    /// Elements of a row.
    pub width: usize,
    pub height: usize,
}

/// A function of the program's.
#[derive(Clone, Copy)]
pub struct Host {
    pub function: CUhostFn,
    pub data: *mut c_void,
}

// SAFETY: the program hands its pointer over for another thread to call the function with.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

/// A stream callback of the program's.
#[derive(Clone, Copy)]
pub struct Callback {
    pub function: CUstreamCallback,
    pub stream: usize,
    pub data: *mut c_void,
}

// SAFETY: the program hands its pointer over for another thread to call the function with.
unsafe impl Send for Callback {}
// SAFETY: as above.
unsafe impl Sync for Callback {}

/// A word in memory and a value.
#[derive(Clone, Copy)]
pub struct Word {
    pub address: u64,
    pub value: u64,
    pub is_wide: bool,
}

/// What a word is waited for (`CUstreamWaitValue_flags`).
#[derive(Clone, Copy)]
pub enum Condition {
    /// Its difference to the value is not negative.
    GreaterOrEqual,
    Equal,
    And,
    Nor,
}

/// Memory that ends with its holder.
pub struct Held(pub Arc<Allocation>);

impl Drop for Held {
    fn drop(&mut self) {
        memory::remove(self.0.base);
    }
}

impl Operation {
    /// Runs it, or passes over it if the context has failed. Points are reached and callbacks called all the same.
    pub fn run(&self, health: &Health) {
        let outcome = match self {
            Self::Reach(signal) => {
                signal.set();
                Ok(())
            }
            Self::Callback(callback) => {
                callback.run(health);
                Ok(())
            }
            Self::Until(signal) => {
                signal.wait();
                Ok(())
            }
            _ => health.check().and_then(|()| self.act(health)),
        };
        if let Err(status) = outcome {
            health.fail(status);
        }
    }

    fn act(&self, health: &Health) -> Result {
        match self {
            Self::Launch(launch) => return launch.run(health),
            Self::Copy(copy) => copy.run(),
            Self::Fill(fill) => fill.run(),
            Self::Host(host) => host.run(),
            Self::Record(event) => event.renew().set(),
            Self::Await(event) => {
                if let Some(signal) = event.point()? {
                    signal.wait();
                }
            }
            Self::Write(word) => word.write(),
            Self::Wait(word, condition) => word.wait(*condition, health),
            Self::Free(address) => memory::free(*address),
            Self::Empty | Self::Allocate(_) | Self::Reach(_) | Self::Until(_) | Self::Callback(_) => {}
        }
        Ok(())
    }
}

impl Launch {
    fn run(&self, health: &Health) -> Result {
        let (outcome, longer) = faults::launch();
        if !longer.is_zero() {
            // The time is what was asked for.
            std::thread::sleep(longer);
        }
        outcome?;
        let launch = engine::Launch {
            grid: self.grid,
            block: self.block,
            dynamic_shared: self.shared as usize,
            parameters: &self.arguments.bytes,
            cooperative: self.is_cooperative,
            stop: &health.stop,
            print: &|text| health.print(text),
        };
        match self.function.kernel()?.run(&launch, &Space) {
            Ok(_) => Ok(()),
            Err(fault) => Err(status(fault, health)),
        }
    }
}

fn status(fault: Fault, health: &Health) -> Status {
    match fault {
        Fault::Address => Status::ILLEGAL_ADDRESS,
        Fault::Misaligned => Status::MISALIGNED_ADDRESS,
        Fault::Trap => Status::LAUNCH_FAILED,
        Fault::Illegal => Status::ILLEGAL_INSTRUCTION,
        Fault::AddressSpace => Status::INVALID_ADDRESS_SPACE,
        Fault::Timeout => Status::LAUNCH_TIMEOUT,
        Fault::Stopped => Status::CONTEXT_IS_DESTROYED,
        Fault::Assert(text) => {
            health.flush();
            eprintln!("{}", text.trim_end());
            Status::ASSERT
        }
    }
}

impl Place {
    fn row(&self, y: usize, z: usize) -> u64 {
        self.address + (z * self.slice + y * self.pitch) as u64
    }
}

impl Copy {
    /// Keeps what is at the source now.
    pub fn stage(&mut self) {
        let [width, height, depth] = self.extent;
        let mut bytes = Vec::with_capacity(width * height * depth);
        for (y, z) in self.rows() {
            // SAFETY: the program's memory holds every row of the source, as it says by asking for the copy.
            bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(self.from.row(y, z) as *const u8, width) });
        }
        self.staged = Some(bytes.into());
    }

    fn rows(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let [_, height, depth] = self.extent;
        (0..depth).flat_map(move |z| (0..height).map(move |y| (y, z)))
    }

    fn run(&self) {
        let width = self.extent[0];
        for (number, (y, z)) in self.rows().enumerate() {
            let from = match &self.staged {
                Some(bytes) => bytes[number * width..].as_ptr(),
                None => self.from.row(y, z) as *const u8,
            };
            // SAFETY: ranges of devices were checked when the copy was asked for; the program answers for its own.
            unsafe { std::ptr::copy(from, self.to.row(y, z) as *mut u8, width) };
        }
    }
}

impl Fill {
    fn run(&self) {
        for y in 0..self.height {
            let row = self.address + (y * self.pitch) as u64;
            // SAFETY: the range was checked when the fill was asked for, and its rows are aligned to elements.
            unsafe {
                match self.element {
                    1 => std::ptr::write_bytes(row as *mut u8, self.value as u8, self.width),
                    2 => std::slice::from_raw_parts_mut(row as *mut u16, self.width).fill(self.value as u16),
                    _ => std::slice::from_raw_parts_mut(row as *mut u32, self.width).fill(self.value),
                }
            }
        }
    }
}

impl Host {
    fn run(&self) {
        // SAFETY: the program handed both over to be called so.
        process::in_callback(|| unsafe { (self.function)(self.data) });
    }
}

impl Callback {
    fn run(&self, health: &Health) {
        let status = health.check().map_or_else(|status| status.0, |()| 0);
        // SAFETY: the program handed all over to be called so.
        process::in_callback(|| unsafe { (self.function)(self.stream, status, self.data) });
    }
}

impl Word {
    fn write(&self) {
        // SAFETY: the range and its alignment were checked when the write was asked for.
        unsafe {
            match self.is_wide {
                true => (*(self.address as *const AtomicU64)).store(self.value, Ordering::SeqCst),
                false => (*(self.address as *const AtomicU32)).store(self.value as u32, Ordering::SeqCst),
            }
        }
    }

    fn read(&self) -> u64 {
        // SAFETY: the range and its alignment were checked when the wait was asked for.
        unsafe {
            match self.is_wide {
                true => (*(self.address as *const AtomicU64)).load(Ordering::SeqCst),
                false => (*(self.address as *const AtomicU32)).load(Ordering::SeqCst).into(),
            }
        }
    }

    /// Polls, as nobody says when memory changes.
    fn wait(&self, condition: Condition, health: &Health) {
        while !condition.holds(self.read(), self) && !health.is_stopped() {
            std::thread::yield_now();
        }
    }
}

impl Condition {
    fn holds(self, now: u64, word: &Word) -> bool {
        let all = if word.is_wide { u64::MAX } else { u32::MAX.into() };
        match self {
            Self::GreaterOrEqual if word.is_wide => now.wrapping_sub(word.value) as i64 >= 0,
            Self::GreaterOrEqual => (now as u32).wrapping_sub(word.value as u32) as i32 >= 0,
            Self::Equal => now == word.value & all,
            Self::And => now & word.value & all != 0,
            Self::Nor => !(now | word.value) & all != 0,
        }
    }
}
