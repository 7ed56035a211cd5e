//! Addressing: which element coordinates beyond the edge mean.

/// What is beyond the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The image again; of normalised coordinates only, otherwise as [`Mode::Clamp`].
    Wrap,
    /// The element at the edge.
    Clamp,
    /// The image in a mirror; of normalised coordinates only, otherwise as [`Mode::Clamp`].
    Mirror,
    /// The border's colour.
    Border,
}

impl Mode {
    /// Where the image has a normalised coordinate.
    pub fn place(self, x: f64) -> f64 {
        let fraction = x - x.floor();
        match self {
            Self::Wrap => fraction,
            Self::Mirror if x.floor() % 2.0 != 0.0 => 1.0 - fraction,
            Self::Mirror => fraction,
            Self::Clamp | Self::Border => x,
        }
    }

    /// The element of a number, of so many; None for the border. In the mirror of an edge is the element at that edge.
    pub fn index(self, number: i64, count: u32, is_normalized: bool) -> Option<u32> {
        let count = i64::from(count);
        let index = match self {
            Self::Wrap if is_normalized => number.rem_euclid(count),
            Self::Border if !(0..count).contains(&number) => return None,
            _ => number.clamp(0, count - 1),
        };
        Some(index as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::Mode;

    #[test]
    fn edges_are_as_documented() {
        let all = |mode: Mode, is_normalized| {
            [-5, -4, -1, 0, 3, 4, 7, 8].map(|number| mode.index(number, 4, is_normalized).unwrap_or(9))
        };
        assert_eq!(all(Mode::Wrap, true), [3, 0, 3, 0, 3, 0, 3, 0]);
        assert_eq!(all(Mode::Clamp, true), [0, 0, 0, 0, 3, 3, 3, 3]);
        assert_eq!(all(Mode::Border, true), [9, 9, 9, 0, 3, 9, 9, 9]);
        for mode in [Mode::Wrap, Mode::Mirror] {
            assert_eq!(all(mode, false), all(Mode::Clamp, false));
        }
    }

    #[test]
    fn coordinates_are_as_documented() {
        let all = |mode: Mode| [-1.25, -0.25, 0.25, 1.25, 2.25].map(|x| mode.place(x));
        assert_eq!(all(Mode::Wrap), [0.75, 0.75, 0.25, 0.25, 0.25]);
        assert_eq!(all(Mode::Mirror), [0.75, 0.25, 0.25, 0.75, 0.25]);
        assert_eq!(all(Mode::Clamp), [-1.25, -0.25, 0.25, 1.25, 2.25]);
    }
}
