//! Reads of textures, accesses to surfaces, and what kernels ask of both.

use super::access::Accesses;
use super::state::Warp;
use crate::engine::fault::Fault;
use crate::engine::lanes::{LANES, Lane, Mask, Slot, each_lane, read, write};
use crate::engine::program::{Asked, Beyond, Coordinates, Query, Sample, SurfaceAccess};
use crate::engine::texture::{Image, Point, Texture};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32};

/// The object of a handle, which lanes mostly have in common.
struct Last<T> {
    last: Option<(u64, T)>,
}

impl<T> Last<T> {
    fn of(&mut self, handle: u64, find: impl Fn(u64) -> Option<T>) -> Result<&T, Fault> {
        if self.last.as_ref().is_none_or(|(last, _)| *last != handle) {
            self.last = Some((handle, find(handle).ok_or(Fault::Address)?));
        }
        self.last.as_ref().map(|(_, object)| object).ok_or(Fault::Address)
    }
}

impl Accesses<'_> {
    /// `tex` and `tld4`
    pub fn sample(&self, warp: &mut Warp, sample: &Sample, mask: Mask) -> Result<(), Fault> {
        let handles = self.values::<u64>(sample.object);
        let level = sample.level.map(|slot| self.values::<u32>(slot));
        let mut texture = Last { last: None };
        let mut fetched = [[0_u32; LANES]; 4];
        let mut fault = Ok(());
        each_lane(mask, |lane| {
            if fault.is_err() {
                return;
            }
            let (at, layer) = self.coordinates(&sample.at, lane);
            let level = level.map_or(0.0, |level| match sample.at.is_whole {
                true => level[lane] as i32 as f32,
                false => f32::from_bits(level[lane]),
            });
            // A layer before the first is the first.
            let layer = layer.max(0) as u32;
            let point = Point { shape: sample.at.shape, at, is_whole: sample.at.is_whole, layer, level };
            let mut load = |address: u64, bytes: u32| self.number(warp, address, bytes);
            let texture: Result<&Arc<Texture>, _> = texture.of(handles[lane], |of| self.setting.memory.texture(of));
            let element = texture.and_then(|texture| match sample.gathers {
                Some(number) => texture.gather(number, &point, &mut load),
                None => texture.fetch(&point, &mut load),
            });
            match element {
                Ok(element) => (0..4).for_each(|number| fetched[number][lane] = element[number]),
                Err(of) => fault = Err(of),
            }
        });
        fault?;
        for (slot, values) in sample.d.iter().zip(&fetched) {
            // SAFETY: the compiler made the slots, of 32 bits.
            unsafe { write(self.registers, *slot, mask, values) };
        }
        Ok(())
    }

    /// `suld.b` and `sust.b`
    pub fn surface(&self, warp: &mut Warp, access: &SurfaceAccess, mask: Mask) -> Result<(), Fault> {
        let handles = self.values::<u64>(access.object);
        let bytes = access.unit * access.slots.len() as u32;
        let mut surface = Last { last: None };
        let (mut addresses, mut inside) = ([0; LANES], 0);
        let mut fault = Ok(());
        each_lane(mask, |lane| {
            let (at, layer) = self.coordinates(&access.at, lane);
            let at = at.map(|place| place as i64);
            let image = match surface.of(handles[lane], |of| self.setting.memory.surface(of)) {
                Ok(image) => image,
                Err(of) => return fault = Err(of),
            };
            let place = match access.beyond {
                Beyond::Clamp => image.clamped(at, layer.into(), bytes),
                Beyond::Trap | Beyond::Zero => image.place(at, layer.into(), bytes),
            };
            match place {
                Some(place) if place % u64::from(bytes) != 0 => fault = Err(Fault::Misaligned),
                Some(place) if self.check(warp, place, bytes).is_none() => fault = Err(Fault::Address),
                Some(place) => (addresses[lane], inside) = (place, inside | 1 << lane),
                None if access.beyond == Beyond::Trap => fault = Err(Fault::Trap),
                None => {}
            }
        });
        fault?;
        for slot in &access.slots {
            if !access.is_store {
                // SAFETY: the compiler made the slot, of values of so many bytes.
                unsafe { clear(self.registers, *slot, access.width, mask & !inside) };
            }
            // SAFETY: the addresses were checked for all elements, and the compiler made the slots.
            unsafe { (access.transfer)(self.registers, *slot, &addresses, inside) };
            addresses.iter_mut().for_each(|address| *address = address.wrapping_add(access.unit.into()));
        }
        Ok(())
    }

    /// `txq` and `suq`
    pub fn query(&self, query: &Query, mask: Mask) -> Result<(), Fault> {
        let handles = self.values::<u64>(query.object);
        let mut answers = [0_u32; LANES];
        let mut fault = Ok(());
        each_lane(mask, |lane| {
            let memory = self.setting.memory;
            let image = match query.is_surface {
                true => memory.surface(handles[lane]),
                false => memory.texture(handles[lane]).map(|texture| texture.levels[0]),
            };
            match image {
                Some(image) => answers[lane] = answer(&image, query.asked),
                None => fault = Err(Fault::Address),
            }
        });
        fault?;
        // SAFETY: the compiler made the slot, of 32 bits.
        unsafe { write(self.registers, query.d, mask, &answers) };
        Ok(())
    }

    fn values<T: Lane>(&self, slot: Slot) -> [T; LANES] {
        // SAFETY: the compiler made the slot for values of this size.
        unsafe { read(self.registers, slot) }
    }

    /// The coordinates of a lane, and its layer.
    fn coordinates(&self, of: &Coordinates, lane: usize) -> ([f64; 3], i32) {
        let mut at = [0.0; 3];
        for (place, slot) in at.iter_mut().zip(&of.slots) {
            let bits = self.values::<u32>(*slot)[lane];
            *place = if of.is_whole { f64::from(bits as i32) } else { f64::from(f32::from_bits(bits)) };
        }
        (at, of.layer.map_or(0, |slot| self.values::<u32>(slot)[lane] as i32))
    }

    /// A number in memory.
    fn number(&self, warp: &mut Warp, address: u64, bytes: u32) -> Result<u32, Fault> {
        self.check(warp, address, bytes).ok_or(Fault::Address)?;
        // SAFETY: the address was checked, and images are aligned to their numbers; all accesses of kernels are atomic.
        Ok(unsafe {
            match bytes {
                1 => AtomicU8::from_ptr(address as *mut u8).load(Relaxed).into(),
                2 => AtomicU16::from_ptr(address as *mut u16).load(Relaxed).into(),
                _ => AtomicU32::from_ptr(address as *mut u32).load(Relaxed),
            }
        })
    }
}

fn answer(image: &Image, asked: Asked) -> u32 {
    match asked {
        Asked::Width => image.extent[0],
        Asked::Height => image.extent[1],
        Asked::Depth => image.extent[2],
        Asked::Layers => image.layers,
    }
}

/// Zeroes the values of lanes.
///
/// # Safety
///
/// The registers hold the slot, of values of `width` bytes.
unsafe fn clear(registers: *mut u8, slot: Slot, width: usize, mask: Mask) {
    // SAFETY: the caller's.
    unsafe {
        match width {
            2 => write(registers, slot, mask, &[0_u16; LANES]),
            4 => write(registers, slot, mask, &[0_u32; LANES]),
            _ => write(registers, slot, mask, &[0_u64; LANES]),
        }
    }
}
