//! Elements: what numbers in memory are for kernels.

use super::{Image, Load, Texture};
use crate::engine::launch::Fault;
use half::f16;

/// A number of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    U8,
    U16,
    U32,
    S8,
    S16,
    S32,
    Half,
    Float,
}

impl Channel {
    pub fn bytes(self) -> u32 {
        match self {
            Self::U8 | Self::S8 => 1,
            Self::U16 | Self::S16 | Self::Half => 2,
            Self::U32 | Self::S32 | Self::Float => 4,
        }
    }

    /// The fraction of the greatest number that an integer of 8 or 16 bits is; other integers are none.
    fn fraction(self, bits: u32) -> Option<f32> {
        let signed = |value: i32, greatest: f32| (value as f32 / greatest).max(-1.0);
        Some(match self {
            Self::U8 => bits as f32 / 255.0,
            Self::U16 => bits as f32 / 65535.0,
            Self::S8 => signed((bits as i8).into(), 127.0),
            Self::S16 => signed((bits as i16).into(), 32767.0),
            Self::U32 | Self::S32 | Self::Half | Self::Float => return None,
        })
    }

    /// The value in 32 bits: signed numbers are extended, halves widened.
    fn widen(self, bits: u32) -> u32 {
        match self {
            Self::S8 => i32::from(bits as i8) as u32,
            Self::S16 => i32::from(bits as i16) as u32,
            Self::Half => f16::from_bits(bits as u16).to_f32().to_bits(),
            _ => bits,
        }
    }
}

impl Texture {
    /// Whether kernels get floating-point numbers.
    pub fn gives_floats(&self) -> bool {
        match self.levels[0].channel {
            Channel::Half | Channel::Float => true,
            Channel::U32 | Channel::S32 => false,
            Channel::U8 | Channel::U16 | Channel::S8 | Channel::S16 => !self.is_integer,
        }
    }

    /// What is beyond the edge, as kernels get it.
    fn beyond(&self) -> [u32; 4] {
        if self.gives_floats() { self.border.map(f32::to_bits) } else { [0; 4] }
    }

    /// An element as kernels get it; numbers that it does not have are 0.
    pub fn element(&self, image: &Image, at: [i64; 3], layer: u32, load: &mut Load) -> Result<[u32; 4], Fault> {
        let mut index = [0; 3];
        for axis in 0..3 {
            let found = self.modes[axis].index(at[axis], image.extent[axis], self.is_normalized);
            match found {
                Some(found) => index[axis] = i64::from(found),
                None => return Ok(self.beyond()),
            }
        }
        index[0] *= image.element() as i64;
        let bytes = image.channel.bytes();
        let place = image.place(index, layer.into(), bytes * image.channels).ok_or(Fault::Address)?;
        let mut element = [0; 4];
        for (number, value) in element.iter_mut().enumerate().take(image.channels as usize) {
            let bits = load(place + number as u64 * u64::from(bytes), bytes)?;
            let fraction = image.channel.fraction(bits).filter(|_| !self.is_integer);
            *value = fraction.map_or_else(|| image.channel.widen(bits), f32::to_bits);
        }
        Ok(element)
    }
}
