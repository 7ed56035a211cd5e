//! Numbers of elements, and what they are for kernels.

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
    pub fn fraction(self, bits: u32) -> Option<f32> {
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
    pub fn widen(self, bits: u32) -> u32 {
        match self {
            Self::S8 => i32::from(bits as i8) as u32,
            Self::S16 => i32::from(bits as i16) as u32,
            Self::Half => f16::from_bits(bits as u16).to_f32().to_bits(),
            _ => bits,
        }
    }
}
