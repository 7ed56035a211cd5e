//! Where the shim sees how far commands have got, and what the program asks about again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::engine::board::{SLOTS, slot};
use ava_transport::region::Region;

/// As often in a row the program asks about what goes on before the vendor is to tell of its end, which is more work than an
/// answer.
const OFTEN: u64 = 1 << BITS;
const BITS: u32 = 2;

/// The board, in a region that the shim has given.
pub struct Board {
    region: Arc<Region>,
    /// Which object the program has asked about, and how often in a row something went on for it. Several objects share a place.
    asked: Box<[AtomicU64]>,
}

impl Board {
    pub fn new(region: Arc<Region>) -> Self {
        Self { region, asked: (0..SLOTS).map(|_| AtomicU64::new(0)).collect() }
    }

    /// The word of an object.
    pub fn word(&self, object: u64) -> Option<&AtomicU64> {
        self.region.word(slot(object))
    }

    /// The program has asked about an object, for which something goes on. Whether it has asked often.
    pub fn goes_on(&self, object: u64) -> bool {
        let asked = &self.asked[slot(object)];
        let before = asked.load(Ordering::Relaxed) ^ object << BITS;
        let often = if before < OFTEN { (before + 1).min(OFTEN - 1) } else { 0 };
        asked.store(object << BITS | often, Ordering::Relaxed);
        often == OFTEN - 1
    }

    /// The program has asked about an object, for which nothing goes on.
    pub fn is_over(&self, object: u64) {
        let asked = &self.asked[slot(object)];
        if asked.load(Ordering::Relaxed) ^ object << BITS < OFTEN {
            asked.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::engine::board::BYTES;

    use super::*;

    #[test]
    fn who_asks_often_in_a_row_is_known() {
        let board = Board::new(Arc::new(Region::create(BYTES).unwrap().0));
        let often = |object| (0..OFTEN + 2).map(|_| board.goes_on(object)).collect::<Vec<_>>();
        assert_eq!(often(7), [false, false, false, true, true, true]);
        board.is_over(7 + SLOTS);
        assert!(board.goes_on(7));
        board.is_over(7);
        assert_eq!(often(7), [false, false, false, true, true, true]);
        assert!(!board.goes_on(7 + SLOTS) && !board.goes_on(7), "the place is another's");
    }
}
