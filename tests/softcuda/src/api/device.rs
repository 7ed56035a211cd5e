//! Devices, and their primary contexts.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_char;

use super::entry::entries;
use super::values::{Out, Text, write_text};
use crate::cuda::{CUcontext, CUdevice, CUuuid, Result, Status};
use crate::device::context;
use crate::device::profile::{self, BLOCK, GRID, device, devices};

entries! { checked;
    fn cuDeviceGet(place: Out<CUdevice>, ordinal: i32) {
        place.check()?;
        place.set(device(ordinal)?.ordinal)
    }

    fn cuDeviceGetCount(count: Out<i32>) {
        count.set(devices().len() as i32)
    }

    fn cuDeviceGetName(name: Out<c_char>, length: i32, ordinal: CUdevice) {
        device(ordinal)?;
        write_text(name, usize::try_from(length).map_err(|_| Status::INVALID_VALUE)?, profile::NAME.to_bytes())
    }

    fn cuDeviceGetUuid(uuid: Out<CUuuid>, ordinal: CUdevice) {
        uuid.set(device(ordinal)?.uuid())
    }

    fn cuDeviceGetUuid_v2(uuid: Out<CUuuid>, ordinal: CUdevice) {
        uuid.set(device(ordinal)?.uuid())
    }

    fn cuDeviceTotalMem_v2(bytes: Out<usize>, ordinal: CUdevice) {
        bytes.set(device(ordinal)?.meter.total as usize)
    }

    fn cuDeviceGetAttribute(value: Out<i32>, attribute: u32, ordinal: CUdevice) {
        value.check()?;
        value.set(device(ordinal)?.attribute(attribute).ok_or(Status::INVALID_VALUE)?)
    }

    /// Deprecated: some attributes as a struct.
    fn cuDeviceGetProperties(properties: Out<[i32; 14]>, ordinal: CUdevice) {
        let device = device(ordinal)?;
        let attribute = |number| device.attribute(number).unwrap_or(0);
        let [x, y, z] = BLOCK.map(|size| size as i32);
        let [width, height, depth] = GRID.map(|size| size as i32);
        let [threads, shared, constant, warp, pitch, registers, clock, align] =
            [1, 8, 9, 10, 11, 12, 13, 14].map(attribute);
        let all = [threads, x, y, z, width, height, depth, shared, constant, warp, pitch, registers, clock, align];
        properties.set(all)
    }

    /// Deprecated: the compute capability.
    fn cuDeviceComputeCapability(major: Out<i32>, minor: Out<i32>, ordinal: CUdevice) {
        let device = device(ordinal)?;
        major.set(device.attribute(75).unwrap_or(0))?;
        minor.set(device.attribute(76).unwrap_or(0))
    }

    /// The device at `[domain]:bus:device.function`.
    fn cuDeviceGetByPCIBusId(place: Out<CUdevice>, text: Text) {
        place.check()?;
        let wanted = pci(&text.get()?).ok_or(Status::INVALID_VALUE)?;
        let found = devices().iter().find(|device| device.pci() == wanted);
        place.set(found.ok_or(Status::INVALID_DEVICE)?.ordinal)
    }

    fn cuDeviceGetPCIBusId(text: Out<c_char>, length: i32, ordinal: CUdevice) {
        let (domain, bus, slot) = device(ordinal)?.pci();
        let id = format!("{domain:04X}:{bus:02X}:{slot:02X}.0");
        write_text(text, usize::try_from(length).map_err(|_| Status::INVALID_VALUE)?, id.as_bytes())
    }

    /// All devices have the memory of the host in common.
    fn cuDeviceCanAccessPeer(can: Out<i32>, own: CUdevice, peer: CUdevice) {
        let (own, peer) = (device(own)?, device(peer)?);
        can.set((own.ordinal != peer.ordinal).into())
    }

    fn cuDeviceGetP2PAttribute(value: Out<i32>, attribute: u32, source: CUdevice, target: CUdevice) {
        let (source, target) = (device(source)?, device(target)?);
        match attribute {
            _ if source.ordinal == target.ordinal => Err(Status::INVALID_DEVICE),
            // Performance rank 0, access yes, native atomics yes, arrays yes.
            1 => value.set(0),
            2..=4 => value.set(1),
            _ => Err(Status::INVALID_VALUE),
        }
    }

    /// Contexts cannot be bound to a part of the multiprocessors.
    fn cuDeviceGetExecAffinitySupport(has: Out<i32>, _kind: u32, ordinal: CUdevice) {
        device(ordinal)?;
        has.set(0)
    }

    fn cuDeviceGetTexture1DLinearMaxWidth(width: Out<usize>, _format: u32, _channels: u32, ordinal: CUdevice) {
        device(ordinal)?;
        width.set(1 << 28)
    }

    fn cuDevicePrimaryCtxRetain(context: Out<CUcontext>, ordinal: CUdevice) {
        context.check()?;
        context.set(context::retain_primary(ordinal)?)
    }

    fn cuDevicePrimaryCtxRelease(ordinal: CUdevice) {
        context::release_primary(ordinal)
    }

    fn cuDevicePrimaryCtxRelease_v2(ordinal: CUdevice) {
        context::release_primary(ordinal)
    }

    fn cuDevicePrimaryCtxReset(ordinal: CUdevice) {
        context::reset_primary(ordinal)
    }

    fn cuDevicePrimaryCtxReset_v2(ordinal: CUdevice) {
        context::reset_primary(ordinal)
    }

    fn cuDevicePrimaryCtxSetFlags(ordinal: CUdevice, flags: u32) {
        set_flags(ordinal, flags)
    }

    fn cuDevicePrimaryCtxSetFlags_v2(ordinal: CUdevice, flags: u32) {
        set_flags(ordinal, flags)
    }

    fn cuDevicePrimaryCtxGetState(ordinal: CUdevice, flags: Out<u32>, is_active: Out<i32>) {
        let (set, active) = context::primary_state(ordinal)?;
        flags.set(set)?;
        is_active.set(active.into())
    }
}

/// All flags of contexts (`CU_CTX_FLAGS_MASK`).
pub const FLAGS: u32 = 0xFF;

/// Whether flags are such as a context can have: known, and one way of waiting at most.
pub fn check_flags(flags: u32) -> Result {
    let waits = matches!(flags & 7, 0 | 1 | 2 | 4);
    if waits && flags & !FLAGS == 0 { Ok(()) } else { Err(Status::INVALID_VALUE) }
}

fn set_flags(ordinal: CUdevice, flags: u32) -> Result {
    check_flags(flags)?;
    context::set_primary_flags(ordinal, flags)
}

/// Reads `domain:bus:device.function`, of which the first and the last may lack.
fn pci(text: &str) -> Option<(i32, i32, i32)> {
    let place = text.split_once('.').map_or(text, |(place, _)| place);
    let mut parts = place.rsplitn(3, ':').map(|part| i32::from_str_radix(part, 16).ok());
    let (slot, bus) = (parts.next()??, parts.next()??);
    let domain = parts.next().unwrap_or(Some(0))?;
    Some((domain, bus, slot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_the_bus() {
        assert_eq!(pci("0000:41:00.0"), Some((0, 0x41, 0)));
        assert_eq!(pci("41:1"), Some((0, 0x41, 1)));
        assert_eq!(pci("1:2:3:4"), None);
        assert_eq!(pci("x"), None);
    }
}
