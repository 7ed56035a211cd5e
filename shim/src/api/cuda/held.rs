//! What the program has of a device, for those who tell of devices.

use ava_protocol::frame::Tag;

use super::state::SLOT;
use crate::api::generated::cuda::marshal;

/// What the program has of a device.
pub struct Held {
    /// Device memory in bytes, as the worker counts it; `None` if the program has some of other devices, too.
    pub memory: Option<u64>,
}

/// What the program has of the device of a UUID; `None` if it has no context there. No session is begun to find out.
pub fn held(uuid: [u8; 16]) -> Option<Held> {
    let at = SLOT.existing()?;
    let mut count = 0;
    // SAFETY: a place for a number.
    if unsafe { marshal::cuDeviceGetCount(&raw mut count) } != Ok(0) {
        return None;
    }
    let used: Vec<i32> = (0..count).filter(|device| at.state.devices.has(*device) || is_active(*device)).collect();
    used.iter().find(|device| is_of(**device, uuid))?;
    Some(Held { memory: if used.len() == 1 { at.ask_number(Tag::Held).ok() } else { None } })
}

/// Whether a device has a primary context.
fn is_active(device: i32) -> bool {
    let (mut flags, mut active) = (0, 0);
    // SAFETY: places for numbers.
    let status = unsafe { marshal::cuDevicePrimaryCtxGetState(device, &raw mut flags, &raw mut active) };
    status == Ok(0) && active != 0
}

fn is_of(device: i32, uuid: [u8; 16]) -> bool {
    let mut own = [0_u8; 16];
    // SAFETY: a place for as many bytes.
    let status = unsafe { marshal::cuDeviceGetUuid_v2(own.as_mut_ptr().cast(), device) };
    status == Ok(0) && own == uuid
}
