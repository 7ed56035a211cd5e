//! What the devices say of themselves: the numbers of a card of compute capability 7.5, and names that say what they are.

use std::sync::OnceLock;

use ava_softgpu::{CLOCK, COMPUTE_CAPABILITY, MEMORY_BUS, MEMORY_CLOCK};

use super::memory::Meter;
use crate::cuda::{CUdevice, CUuuid, Result, Status};

pub use ava_softgpu::{CUDA_VERSION as VERSION, MULTIPROCESSORS, NAME};

/// Compute capability 7.5, as PTX targets write it.
pub const TARGET: u32 = 75;
pub const WARP: u32 = 32;
pub const THREADS_PER_BLOCK: u32 = 1024;
pub const BLOCK: [u32; 3] = [1024, 1024, 64];
pub const GRID: [u32; 3] = [0x7FFF_FFFF, 65535, 65535];
pub const THREADS_PER_MULTIPROCESSOR: u32 = 1024;
pub const BLOCKS_PER_MULTIPROCESSOR: u32 = 16;
pub const REGISTERS: u32 = 65536;
/// Shared memory in bytes: of a block, of a block that asks for more, of a multiprocessor.
pub const SHARED_PER_BLOCK: usize = 48 << 10;
pub const SHARED_PER_BLOCK_OPTIN: usize = 64 << 10;
pub const SHARED_PER_MULTIPROCESSOR: usize = 64 << 10;
/// Priorities of streams, the least and the greatest.
pub const PRIORITIES: (i32, i32) = (0, -5);

/// A device.
pub struct Device {
    /// Its place among those that are visible.
    pub ordinal: CUdevice,
    /// Its place among all.
    place: u32,
    pub meter: Meter,
}

impl Device {
    pub fn uuid(&self) -> CUuuid {
        CUuuid { bytes: ava_softgpu::uuid(self.place) }
    }

    /// PCI domain, bus and device.
    pub fn pci(&self) -> (i32, i32, i32) {
        let [domain, bus, device] = ava_softgpu::pci(self.place).map(|number| number as i32);
        (domain, bus, device)
    }

    /// An attribute (`CUdevice_attribute`); none for a number that is unknown.
    pub fn attribute(&self, attribute: u32) -> Option<i32> {
        let (domain, bus, device) = self.pci();
        match attribute {
            33 => Some(bus),
            34 => Some(device),
            50 => Some(domain),
            85 => Some(self.place as i32),
            134 => Some(-1),
            1..=LAST => Some(ATTRIBUTES.iter().find(|(number, _)| *number == attribute).map_or(0, |(_, value)| *value)),
            _ => None,
        }
    }
}

/// The devices of the process.
pub fn devices() -> &'static [Device] {
    static DEVICES: OnceLock<Vec<Device>> = OnceLock::new();
    DEVICES.get_or_init(|| {
        let device = |(ordinal, place)| Device { ordinal, place, meter: Meter::new(ava_softgpu::memory()) };
        (0..).zip(ava_softgpu::visible()).map(device).collect()
    })
}

/// A device; `INVALID_DEVICE` if there is none of that number.
pub fn device(ordinal: CUdevice) -> Result<&'static Device> {
    usize::try_from(ordinal).ok().and_then(|ordinal| devices().get(ordinal)).ok_or(Status::INVALID_DEVICE)
}

/// Alignment of device memory that is a texture, and of its rows, in bytes.
pub const TEXTURE_ALIGNMENT: u64 = 512;
pub const TEXTURE_PITCH_ALIGNMENT: u64 = 32;

/// The last attribute that `cuda.h` 13.0 knows.
const LAST: u32 = 147;

/// Attributes by number; those that are not listed are 0.
#[rustfmt::skip]
const ATTRIBUTES: &[(u32, i32)] = &[
    (1, THREADS_PER_BLOCK as i32),
    (2, BLOCK[0] as i32), (3, BLOCK[1] as i32), (4, BLOCK[2] as i32),
    (5, GRID[0] as i32), (6, GRID[1] as i32), (7, GRID[2] as i32),
    (8, SHARED_PER_BLOCK as i32),
    (9, 65536),                 // constant memory
    (10, WARP as i32),
    (11, i32::MAX),             // largest pitch
    (12, REGISTERS as i32),     // registers of a block
    (13, CLOCK as i32),         // clock rate, kHz
    (14, TEXTURE_ALIGNMENT as i32),
    (15, 1),                    // copies beside kernels
    (16, MULTIPROCESSORS as i32),
    (19, 1),                    // maps host memory
    (21, 131_072), (22, 131_072), (23, 65_536), (24, 16_384), (25, 16_384), (26, 16_384), // textures: 1D, 2D, 3D
    (27, 32_768), (28, 32_768), (29, 2048), // layered 2D
    (30, 512),                  // alignment of surfaces
    (31, 1),                    // kernels beside each other
    (36, MEMORY_CLOCK as i32),  // memory clock, kHz
    (37, MEMORY_BUS as i32),    // width of the memory bus, bits
    (38, 4 << 20),              // level 2 cache
    (39, THREADS_PER_MULTIPROCESSOR as i32),
    (40, 3),                    // copy engines
    (41, 1),                    // unified addresses
    (42, 32_768), (43, 2048),
    (51, TEXTURE_PITCH_ALIGNMENT as i32),
    (75, COMPUTE_CAPABILITY[0]), (76, COMPUTE_CAPABILITY[1]),
    (78, 1),                    // priorities of streams
    (79, 1), (80, 1),           // caching in level 1, global and local
    (81, SHARED_PER_MULTIPROCESSOR as i32),
    (82, REGISTERS as i32),     // registers of a multiprocessor
    (83, 1),                    // managed memory
    (87, 32),                   // single to double performance
    (89, 1),                    // concurrent access to managed memory
    (90, 1), (91, 1),           // preemption; host pointers of registered memory
    (92, 1), (93, 1), (94, 1),  // words in memory, 64-bit ones, waiting for NOR: the first interface
    (95, 1),                    // cooperative launches
    (97, SHARED_PER_BLOCK_OPTIN as i32),
    (99, 1),                    // registered host memory
    (102, 1), (103, 1),         // virtual memory, descriptors of it
    (106, BLOCKS_PER_MULTIPROCESSOR as i32),
    (115, 1), (119, 1),         // pools, descriptors of them
    (122, 1), (123, 1),         // operations in memory, as of 11.7
];
