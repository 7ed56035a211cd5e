//! Accesses to memory: addresses are checked before they are used.

use super::heap;
use super::setting::Setting;
use super::state::Warp;
use crate::engine::fault::Fault;
use crate::engine::lanes::{ALL, LANES, Mask, each_lane, read, write, write_mask};
use crate::engine::program::{Access, Address, Atomic, Convert, ConvertKind, Copy, Space, Word};
use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU8, AtomicU32};

/// A block's shared memory: where it begins, and its bytes.
#[derive(Clone, Copy)]
pub struct Shared {
    pub base: u64,
    pub bytes: u64,
}

/// What accesses of a group of lanes need to know.
pub struct Accesses<'a> {
    pub setting: &'a Setting<'a>,
    pub shared: Shared,
    pub registers: *mut u8,
    /// Where the activation's part of local memory begins.
    pub local: u32,
}

impl Accesses<'_> {
    /// A load or a store, as the access moves.
    #[inline(always)]
    pub fn transfer(&self, warp: &mut Warp, access: &Access, mask: Mask) -> Result<(), Fault> {
        if let Some(word) = access.word
            && mask == ALL
            && self.move_words(access, word)
        {
            return Ok(());
        }
        let bytes = access.unit * access.slots.len() as u32;
        let mut addresses = [0; LANES];
        self.resolve(warp, &access.address, bytes, mask, &mut addresses)?;
        for (at, slot) in access.slots.iter().enumerate() {
            if at > 0 {
                addresses.iter_mut().for_each(|address| *address = address.wrapping_add(access.unit.into()));
            }
            // SAFETY: the addresses were checked for all elements, and the compiler made the slots.
            unsafe { (access.transfer)(self.registers, *slot, &addresses, mask) };
        }
        Ok(())
    }

    /// Moves words between shared memory and all lanes. Whether all addresses are right; else nothing is done.
    #[inline(always)]
    fn move_words(&self, access: &Access, word: Word) -> bool {
        // SAFETY: the compiler made the slot.
        let mut addresses = unsafe { read::<u32>(self.registers, access.address.base) };
        let (mut highest, mut all) = (0, 0);
        for address in &mut addresses {
            *address = address.wrapping_add(access.address.offset as u32);
            highest = highest.max(*address);
            all |= *address;
        }
        if u64::from(highest) + 4 > self.shared.bytes || all & 3 != 0 {
            return false;
        }
        // SAFETY: the compiler made the slot.
        let place = unsafe { &mut *self.registers.add(access.slots[0] as usize).cast::<[u32; LANES]>() };
        for lane in 0..LANES {
            // SAFETY: the address was checked; all accesses of kernels are atomic.
            let cell = unsafe { AtomicU32::from_ptr((self.shared.base + u64::from(addresses[lane])) as *mut u32) };
            match word {
                Word::Load => place[lane] = cell.load(Relaxed),
                Word::Store => cell.store(place[lane], Relaxed),
            }
        }
        true
    }

    pub fn atomic(&self, warp: &mut Warp, atomic: &Atomic, mask: Mask) -> Result<(), Fault> {
        let mut addresses = [0; LANES];
        self.resolve(warp, &atomic.address, atomic.unit, mask, &mut addresses)?;
        // SAFETY: the addresses were checked, and the compiler made the slots.
        unsafe { (atomic.run)(self.registers, &atomic.operands, &addresses, mask) };
        Ok(())
    }

    pub fn copy(&self, warp: &mut Warp, copy: &Copy, mask: Mask) -> Result<(), Fault> {
        let (mut to, mut from) = ([0; LANES], [0; LANES]);
        self.resolve(warp, &copy.to, copy.bytes, mask, &mut to)?;
        self.resolve(warp, &copy.from, copy.bytes, mask, &mut from)?;
        // SAFETY: the compiler made the slot.
        let sizes = copy.size.map(|slot| unsafe { read::<u32>(self.registers, slot) });
        each_lane(mask, |lane| {
            let size = sizes.map_or(copy.bytes, |sizes| sizes[lane]);
            for byte in 0..copy.bytes {
                // SAFETY: the addresses were checked for all bytes; all accesses of kernels are atomic.
                unsafe {
                    let source = AtomicU8::from_ptr((from[lane] + u64::from(byte)) as *mut u8);
                    let value = if byte < size { source.load(Relaxed) } else { 0 };
                    AtomicU8::from_ptr((to[lane] + u64::from(byte)) as *mut u8).store(value, Relaxed);
                }
            }
        });
        Ok(())
    }

    /// Addresses of this process for those of the lanes; those of other lanes mean nothing.
    #[inline(always)]
    fn resolve(
        &self,
        warp: &mut Warp,
        address: &Address,
        bytes: u32,
        mask: Mask,
        addresses: &mut [u64; LANES],
    ) -> Result<(), Fault> {
        // SAFETY: the compiler made the slot.
        unsafe {
            if address.wide {
                let base = read::<u64>(self.registers, address.base);
                for lane in 0..LANES {
                    addresses[lane] = base[lane].wrapping_add(address.offset as u64);
                }
            } else {
                let base = read::<u32>(self.registers, address.base);
                for lane in 0..LANES {
                    addresses[lane] = u64::from(base[lane]).wrapping_add(address.offset as u64);
                }
            }
        }
        if mask != ALL {
            // The others do as the first one, which spares the checks their masks.
            let first = addresses[mask.trailing_zeros() as usize];
            for (lane, address) in addresses.iter_mut().enumerate() {
                *address = if mask >> lane & 1 != 0 { *address } else { first };
            }
        }
        match address.space {
            Space::Global | Space::Generic => {
                if !fits(addresses, warp.low..warp.high, bytes) {
                    self.find(warp, address.space, addresses, bytes)?;
                }
            }
            space => self.resolve_window(warp, space, bytes, addresses)?,
        }
        let all = addresses.iter().fold(0, |all, address| all | address);
        if all & u64::from(bytes - 1) != 0 { Err(Fault::Misaligned) } else { Ok(()) }
    }

    /// Addresses in a space of its own.
    fn resolve_window(
        &self,
        warp: &mut Warp,
        space: Space,
        bytes: u32,
        addresses: &mut [u64; LANES],
    ) -> Result<(), Fault> {
        let (base, size, stride) = match space {
            Space::Shared => (self.shared.base, self.shared.bytes, 0),
            Space::Param => (self.setting.parameters, self.setting.parameter_bytes, 0),
            _ => (warp.local_base(), warp.stack.into(), warp.stack.into()),
        };
        for address in &mut *addresses {
            match space {
                Space::Shared => *address &= 0xffff_ffff,
                Space::Activation => *address = address.wrapping_add(self.local.into()),
                _ => {}
            }
        }
        if !fits(addresses, 0..size, bytes) {
            return Err(Fault::Address);
        }
        for (lane, address) in addresses.iter_mut().enumerate() {
            *address = address.wrapping_add(base + stride * lane as u64);
        }
        Ok(())
    }

    /// Checks addresses one by one. What they are in is remembered for the next access.
    #[cold]
    fn find(&self, warp: &mut Warp, space: Space, addresses: &[u64; LANES], bytes: u32) -> Result<(), Fault> {
        for address in addresses.iter().copied() {
            let is_in = |range: &Range<u64>| {
                address >= range.start && address.checked_add(bytes.into()).is_some_and(|end| end <= range.end)
            };
            if is_in(&(warp.low..warp.high)) {
                continue;
            }
            let local = warp.local_base();
            let own = [
                self.shared.base..self.shared.base + self.shared.bytes,
                local..local + warp.local.len() as u64,
                self.setting.parameters..self.setting.parameters + self.setting.parameter_bytes,
            ];
            let own = own.into_iter().filter(|_| space == Space::Generic);
            let known = self.setting.memory.range(address).into_iter().chain(own).find(is_in);
            let range = known.or_else(|| heap::range(address).filter(is_in)).ok_or(Fault::Address)?;
            (warp.low, warp.high) = (range.start, range.end);
        }
        Ok(())
    }

    /// Whether a generic address may be accessed.
    pub fn check(&self, warp: &mut Warp, address: u64, bytes: u32) -> Option<()> {
        self.find(warp, Space::Generic, &[address; LANES], bytes).ok()
    }

    /// `cvta` and `isspacep`
    pub fn convert(&self, warp: &mut Warp, convert: &Convert, mask: Mask) {
        let local = warp.local_base();
        // SAFETY: the compiler made the slots.
        unsafe {
            let a = read::<u64>(self.registers, convert.a);
            if convert.kind == ConvertKind::IsOf {
                let bits = (0..LANES).filter(|lane| self.is_of(warp, convert.space, a[*lane]));
                write_mask(self.registers, convert.d, mask, bits.fold(0, |bits, lane| bits | 1 << lane));
                return;
            }
            let mut d = [0u64; LANES];
            for lane in 0..LANES {
                let base = match convert.space {
                    Space::Shared => self.shared.base,
                    Space::Param => self.setting.parameters,
                    _ => local + u64::from(warp.stack) * lane as u64,
                };
                d[lane] = match convert.kind {
                    ConvertKind::FromGeneric => a[lane].wrapping_sub(base),
                    _ => a[lane].wrapping_add(base),
                };
            }
            write(self.registers, convert.d, mask, &d);
        }
    }

    fn is_of(&self, warp: &mut Warp, space: Space, address: u64) -> bool {
        let local = warp.local_base();
        let is_in = |base: u64, bytes: u64| address >= base && address - base < bytes;
        let is_shared = is_in(self.shared.base, self.shared.bytes);
        let is_local = is_in(local, warp.local.len() as u64);
        let is_param = is_in(self.setting.parameters, self.setting.parameter_bytes);
        match space {
            Space::Shared => is_shared,
            Space::Param => is_param,
            Space::Local | Space::Activation => is_local,
            Space::Global | Space::Generic => !is_shared && !is_local && !is_param,
        }
    }
}

/// Whether all accesses are in a range.
#[inline(always)]
fn fits(addresses: &[u64; LANES], range: Range<u64>, bytes: u32) -> bool {
    let size = range.end - range.start;
    if size < u64::from(bytes) {
        return false;
    }
    let last = size - u64::from(bytes);
    !addresses.iter().fold(false, |beyond, address| beyond | (address.wrapping_sub(range.start) > last))
}
