//! What lists of processes show of a worker: whose it is.

use std::ptr::{NonNull, with_exposed_provenance_mut};

/// The place of the process's arguments, which `ps` and its like read.
#[derive(Debug)]
pub struct Title {
    start: NonNull<u8>,
    length: usize,
}

impl Title {
    /// The place, if the kernel tells it. From then on nobody else may look at the process's arguments.
    ///
    /// # Safety
    /// Whoever reads the arguments (`std::env::args` does) has done so, and no other thread runs that might.
    pub unsafe fn take() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let (start, end) = arguments_in(&stat)?;
        let length = end.checked_sub(start)?.checked_sub(1)?;
        Some(Self { start: NonNull::new(with_exposed_provenance_mut(start))?, length })
    }

    /// Shows this, cut to the room there is.
    pub fn set(&mut self, text: &str) {
        let text = &text.as_bytes()[..text.floor_char_boundary(self.length)];
        // SAFETY: the kernel put the arguments there, `length` bytes and a zero behind them, on the stack of the first thread,
        // which stays writable as long as the process lives; nobody else uses them, by the word of who made this.
        unsafe {
            self.start.as_ptr().copy_from_nonoverlapping(text.as_ptr(), text.len());
            self.start.as_ptr().add(text.len()).write_bytes(0, self.length + 1 - text.len());
        }
    }
}

/// Where the arguments begin and end: fields 48 and 49 of a process's `stat`.
fn arguments_in(stat: &str) -> Option<(usize, usize)> {
    // The name, in parentheses, may hold anything, parentheses too.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(45);
    let mut next = || fields.next()?.parse().ok().filter(|address| *address != 0);
    Some((next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_the_arguments_is_found() {
        let numbers: Vec<_> = (4..=52).map(|field| field.to_string()).collect();
        let stat = format!("7 (a) b (c)) S {}", numbers.join(" "));
        assert_eq!(arguments_in(&stat), Some((48, 49)));
        assert_eq!((arguments_in("7 (x) S 1 2"), arguments_in("")), (None, None));
    }
}
