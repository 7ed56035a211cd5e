//! Elements as kernels get them.

use super::channel::Channel;
use super::image::Image;
use super::object::{Load, Texture};
use crate::engine::fault::Fault;

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
