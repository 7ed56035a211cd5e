//! What the software devices of the tests are: `softcuda` computes on them and `softnvml` tells of them, and both say the same.
#![forbid(unsafe_code)]

use std::ffi::CStr;

/// The name of every device.
pub const NAME: &CStr = c"AvA software device";
/// The driver API version that is served.
pub const CUDA_VERSION: i32 = 13000;
pub const COMPUTE_CAPABILITY: [i32; 2] = [7, 5];
pub const MULTIPROCESSORS: u32 = 40;
/// Clocks in kHz: of the multiprocessors, and of memory.
pub const CLOCK: u32 = 1_590_000;
pub const MEMORY_CLOCK: u32 = 5_001_000;
/// Bits.
pub const MEMORY_BUS: u32 = 256;

/// How many devices there are: `AVA_SOFTCUDA_DEVICES`, 1 to 8; 1 if not set.
#[must_use]
pub fn count() -> u32 {
    number("AVA_SOFTCUDA_DEVICES").unwrap_or(1).clamp(1, 8) as u32
}

/// The devices that CUDA shows, by their places among all: `CUDA_VISIBLE_DEVICES`, a list of places or of beginnings of UUIDs,
/// which ends with what names none; all if not set.
#[must_use]
pub fn visible() -> Vec<u32> {
    let all: Vec<u32> = (0..count()).collect();
    let Ok(text) = std::env::var("CUDA_VISIBLE_DEVICES") else { return all };
    let named = |one: &str| {
        let is_named = |place: &&u32| match one.trim().parse::<u32>() {
            Ok(number) => **place == number,
            Err(_) => one.trim().starts_with("GPU-") && uuid_text(**place).starts_with(one.trim()),
        };
        all.iter().find(is_named).copied()
    };
    text.split(',').map_while(named).collect()
}

/// A UUID as programs are told it.
#[must_use]
pub fn uuid_text(ordinal: u32) -> String {
    let hex: String = uuid(ordinal).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("GPU-{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The memory of each in bytes: `AVA_SOFTCUDA_MEMORY`, 4 GiB if not set.
#[must_use]
pub fn memory() -> u64 {
    number("AVA_SOFTCUDA_MEMORY").unwrap_or(4 << 30)
}

#[must_use]
pub fn uuid(ordinal: u32) -> [u8; 16] {
    let mut bytes = *b"ava-softcuda-\0\0\0";
    bytes[15] = ordinal as u8;
    bytes
}

/// PCI domain, bus and device.
#[must_use]
pub fn pci(ordinal: u32) -> [u32; 3] {
    [0, 0x40 + ordinal, 0]
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
