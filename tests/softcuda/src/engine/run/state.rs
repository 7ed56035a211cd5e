//! The state of a warp: groups of lanes that are together, and activations of functions.

use super::setting::Setting;
use crate::engine::lanes::{ALL, LANES, Mask, Slot};
use crate::engine::program::{Function, PROCESSORS, Special};

/// Lanes that run together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    pub pc: u32,
    pub mask: Mask,
    pub activation: u32,
}

/// A group that waits.
#[derive(Clone, Copy, Debug)]
pub struct Parked {
    pub group: Group,
    pub wait: Wait,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// At a barrier of the block.
    Barrier(u32),
    /// For other lanes of the warp.
    Members(Mask),
}

/// Memory aligned to 64 bytes.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "read through pointers")] [u64; 8]);

/// Bytes that are used through pointers.
pub struct Bytes(Vec<Line>);

impl Bytes {
    pub fn new(bytes: usize) -> Self {
        Self(vec![Line([0; 8]); bytes.div_ceil(64)])
    }

    pub fn len(&self) -> usize {
        64 * self.0.len()
    }

    pub fn pointer(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

/// A function that lanes are in.
pub struct Activation {
    pub function: u32,
    pub registers: Bytes,
    /// Bytes of the threads' local memory that callers have.
    pub local: u32,
    pub parent: u32,
    /// The step behind the call.
    pub resume: u32,
    /// Lanes that have not returned.
    pub lanes: Mask,
    /// How many functions called it.
    pub depth: u32,
    /// Bytes of registers of all of them.
    pub above: u64,
}

pub struct Warp {
    pub number: u32,
    /// Lanes with threads that have not ended.
    pub live: Mask,
    pub ready: Vec<Group>,
    pub parked: Vec<Parked>,
    /// The kernel's is the first.
    pub activations: Vec<Activation>,
    /// Local memory of all lanes, one behind the other.
    pub local: Bytes,
    /// Bytes of a lane's.
    pub stack: u32,
    /// Memory that the last access was in.
    pub low: u64,
    pub high: u64,
    /// Thread-instructions so far.
    pub executed: u64,
    /// Groups that run in turn, whatever their place in the code.
    pub fair: u32,
    /// Coordinates of the threads.
    threads: [[u32; LANES]; 3],
    block: [u32; 3],
}

impl Warp {
    pub fn new(number: u32, stack: u32) -> Self {
        Self {
            number,
            live: 0,
            ready: Vec::new(),
            parked: Vec::new(),
            activations: Vec::new(),
            local: Bytes::new(stack as usize * LANES),
            stack,
            low: 0,
            high: 0,
            executed: 0,
            fair: 0,
            threads: [[0; LANES]; 3],
            block: [0; 3],
        }
    }

    /// Prepares for a launch.
    pub fn launch(&mut self, setting: &Setting) {
        let [x, y, _] = setting.launch.block;
        for lane in 0..LANES {
            let thread = self.number * LANES as u32 + lane as u32;
            let place = [thread % x, thread / x % y, thread / x / y];
            for (axis, coordinate) in self.threads.iter_mut().zip(place) {
                axis[lane] = coordinate;
            }
        }
        (self.low, self.high) = (0, 0);
    }

    /// Puts all threads at the beginning of the kernel.
    pub fn begin(&mut self, setting: &Setting, block: [u32; 3]) {
        let threads = setting.threads - self.number * LANES as u32;
        self.live = if threads >= LANES as u32 { ALL } else { (1 << threads) - 1 };
        self.block = block;
        self.executed = 0;
        self.fair = 0;
        self.ready.clear();
        self.parked.clear();
        for activation in &mut self.activations {
            activation.lanes = 0;
        }
        let activation = self.enter(setting, Activation::of(0, 0, 0, self.live));
        debug_assert!(activation == 0);
        self.ready.push(Group { pc: setting.program.functions[0].entry, mask: self.live, activation });
    }

    /// A new activation, in the place of one of the function that has ended or in a new one.
    pub fn enter(&mut self, setting: &Setting, new: Activation) -> u32 {
        let function = &setting.program.functions[new.function as usize];
        let free = self.activations.iter().position(|old| old.lanes == 0 && old.function == new.function);
        let at = match free {
            Some(at) => {
                let old = &mut self.activations[at];
                let registers = std::mem::replace(&mut old.registers, Bytes::new(0));
                *old = Activation { registers, ..new };
                at
            }
            None => {
                let mut registers = Bytes::new(function.registers as usize);
                fill_constants(function, &mut registers);
                self.activations.push(Activation { registers, ..new });
                self.activations.len() - 1
            }
        };
        for (special, slot) in &function.specials {
            let values = self.special(setting, *special);
            let registers = self.activations[at].registers.pointer();
            // SAFETY: the compiler made the slot for 32 values of 32 bits, in the function's registers.
            unsafe { registers.add(*slot as usize).cast::<[u32; LANES]>().write(values) }
        }
        at as u32
    }

    fn special(&self, setting: &Setting, special: Special) -> [u32; LANES] {
        let lanes = |f: fn(u32) -> u32| std::array::from_fn(|lane| f(lane as u32));
        let launch = setting.launch;
        match special {
            Special::Thread(axis) => self.threads[usize::from(axis)],
            Special::Threads(axis) => [launch.block[usize::from(axis)]; LANES],
            Special::Block(axis) => [self.block[usize::from(axis)]; LANES],
            Special::Blocks(axis) => [launch.grid[usize::from(axis)]; LANES],
            Special::Lane => lanes(|lane| lane),
            Special::Warp => [self.number; LANES],
            Special::Warps => [setting.threads.div_ceil(LANES as u32); LANES],
            Special::Processor => [self.block[0] % PROCESSORS; LANES],
            Special::Grid => [1; LANES],
            Special::LanesEqual => lanes(|lane| 1 << lane),
            Special::LanesBelow => lanes(|lane| (1 << lane) - 1),
            Special::LanesNotAbove => lanes(|lane| u32::MAX >> (31 - lane)),
            Special::LanesAbove => lanes(|lane| !(u32::MAX >> (31 - lane))),
            Special::LanesNotBelow => lanes(|lane| u32::MAX << lane),
            Special::DynamicShared => [launch.dynamic_shared as u32; LANES],
            Special::TotalShared => [setting.shared; LANES],
        }
    }

    /// Where a lane's local memory begins.
    pub fn local_base(&mut self) -> u64 {
        self.local.pointer() as u64
    }

    /// The coordinates of a lane's thread, and of the block.
    pub fn coordinates(&self, lane: usize) -> ([u32; 3], [u32; 3]) {
        (self.threads.map(|axis| axis[lane]), self.block)
    }
}

impl Activation {
    /// An activation without registers, which `enter` gives it.
    pub fn of(function: u32, parent: u32, resume: u32, lanes: Mask) -> Self {
        Self { function, registers: Bytes::new(0), local: 0, parent, resume, lanes, depth: 0, above: 0 }
    }
}

fn fill_constants(function: &Function, registers: &mut Bytes) {
    let registers = registers.pointer();
    for constant in &function.constants {
        let (slot, value): (Slot, u128) = (constant.slot, constant.value);
        // SAFETY: the compiler made the slot for 32 values of the width, or for a mask, in the function's registers.
        unsafe {
            let place = registers.add(slot as usize);
            match constant.width {
                0 => place.cast::<Mask>().write(value as Mask),
                1 => place.cast::<[u8; LANES]>().write([value as u8; LANES]),
                2 => place.cast::<[u16; LANES]>().write([value as u16; LANES]),
                4 => place.cast::<[u32; LANES]>().write([value as u32; LANES]),
                8 => place.cast::<[u64; LANES]>().write([value as u64; LANES]),
                _ => place.cast::<[u128; LANES]>().write([value; LANES]),
            }
        }
    }
}
