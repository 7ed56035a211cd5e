//! What a kernel takes, as it is told one parameter after the other until there are no more.
//!
//! Who tells may be broken or hostile: what no kernel takes is refused, so that whoever asks comes to an end, needs little
//! memory, and never computes an offset beyond it.

/// Most bytes of a kernel's parameters on any device: "CUDA C++ Programming Guide", 10.3, since 12.1.
pub const MOST: usize = 32_764;

/// Where an argument lies among the others, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    pub offset: usize,
    pub size: usize,
}

impl Parameter {
    fn end(self) -> Option<usize> {
        self.offset.checked_add(self.size).filter(|end| *end <= MOST)
    }
}

/// All parameters of a kernel.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Layout {
    parameters: Vec<Parameter>,
    len: usize,
}

impl Layout {
    /// Asks for one parameter after the other, by number, until there is none.
    ///
    /// # Errors
    /// `ask`'s, and `impossible` if no kernel takes what it says.
    pub fn ask<E>(impossible: E, mut ask: impl FnMut(usize) -> Result<Option<Parameter>, E>) -> Result<Self, E> {
        let (mut parameters, mut len) = (Vec::new(), 0);
        while let Some(parameter) = ask(parameters.len())? {
            // Each takes a byte at least.
            let end = parameter.end().filter(|_| parameters.len() < MOST);
            let Some(end) = end else { return Err(impossible) };
            parameters.push(parameter);
            len = end.max(len);
        }
        Ok(Self { parameters, len })
    }

    /// By number. Each ends within [`len`](Self::len) bytes.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Bytes of all together, with the gaps between them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made of these offsets and sizes.
    fn told(all: &[(usize, usize)]) -> Result<Layout, &'static str> {
        Layout::ask("impossible", |i| Ok(all.get(i).map(|&(offset, size)| Parameter { offset, size })))
    }

    #[test]
    fn what_kernels_take_is_known_by_offsets_and_sizes() {
        let layout = told(&[(0, 8), (16, 4), (8, 8)]).unwrap();
        assert_eq!((layout.parameters().len(), layout.len()), (3, 20));
        assert_eq!(layout.parameters()[1], Parameter { offset: 16, size: 4 });
        assert!(told(&[]).unwrap().is_empty());
        assert_eq!(told(&[(0, 4096), (4096, MOST - 4096)]).unwrap().len(), MOST);
        let bytes: Vec<_> = (0..MOST).map(|at| (at, 1)).collect();
        assert_eq!(told(&bytes).unwrap().parameters().len(), MOST);
    }

    #[test]
    fn what_no_kernel_takes_is_refused() {
        for wrong in [(0, MOST + 1), (MOST, 1), (usize::MAX, 1), (1, usize::MAX), (1 << 60, 8), (8, 1 << 60)] {
            assert_eq!(told(&[(0, 8), wrong]), Err("impossible"), "{wrong:?}");
        }
    }

    #[test]
    fn who_never_says_that_there_are_no_more_is_asked_no_further() {
        let mut asked = 0;
        let endless = Layout::ask("impossible", |_| {
            asked += 1;
            Ok(Some(Parameter { offset: 0, size: 0 }))
        });
        assert_eq!((endless, asked), (Err("impossible"), MOST + 1));
        assert_eq!(Layout::ask("impossible", |_| Err("lost")), Err("lost"));
    }
}
