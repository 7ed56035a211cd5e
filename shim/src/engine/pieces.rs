//! Lists that a program reads in pieces, often one element at a time: the vendor is asked for many at once, and those that the
//! program has not asked for yet are kept for its next calls.
//!
//! A piece may be shorter than asked for and not be the last; so the program gets fewer than it asks for only if the vendor, asked
//! for the missing ones, gives fewer.

use crate::base::fault::Fault;
use crate::book::pieces::{List, Pieces};

/// How many elements are asked for at once.
const AHEAD: usize = 512;

/// What a call for the next elements of a list is given.
#[derive(Clone, Copy)]
pub struct Asked {
    /// Where the elements go.
    pub list: *mut u64,
    /// How many there is room for.
    pub most: u64,
    /// Where their number goes.
    pub count: *mut u64,
}

/// The next elements of the list of `owner`. `ask` asks the vendor, whose answer is in place if it returns `ok`.
///
/// # Errors
/// The vendor cannot be asked.
///
/// # Safety
/// The pointers are null, or lead to so much memory, or `ask` faults with them as the vendor would.
pub unsafe fn next<S: PartialEq>(
    pieces: &Pieces,
    owner: u64,
    ok: S,
    asked: Asked,
    ask: impl Fn(Asked) -> Result<S, Fault>,
) -> Result<S, Fault> {
    // What is asked wrongly, or for nothing, the vendor answers.
    if asked.most == 0 || asked.list.is_null() || asked.count.is_null() {
        return ask(asked);
    }
    let mut list = pieces.take(owner);
    // Before the vendor is asked: a later doubt counts.
    let doubts = pieces.doubts();
    if !list.has(asked.most, doubts) {
        let missing = asked.most.saturating_sub(list.elements.len() as u64);
        let may_ask_ahead = pieces.asks_ahead() && list.has_room();
        if missing >= AHEAD as u64 || missing > 0 && !may_ask_ahead {
            // SAFETY: by the caller's promise.
            return unsafe { exactly(&mut list, &ok, asked, &ask) };
        }
        let status = ahead(&mut list, &ok, &ask)?;
        if status != ok {
            if missing == 0 {
                return Ok(status);
            }
            // A call that fails changes nothing. So the program gets what it gets natively, if the vendor does not give so many.
            // SAFETY: by the caller's promise.
            let status = unsafe { exactly(&mut list, &ok, asked, &ask)? };
            if status == ok {
                pieces.ask_no_more();
            }
            return Ok(status);
        }
        list.went_on(doubts);
    }
    // SAFETY: by the caller's promise.
    unsafe { give(&mut list, asked) };
    Ok(ok)
}

/// Has the vendor give many more elements.
fn ahead<S: PartialEq>(list: &mut List, ok: &S, ask: impl Fn(Asked) -> Result<S, Fault>) -> Result<S, Fault> {
    let mut more = [0; AHEAD];
    let mut count = 0;
    let status = ask(Asked { list: more.as_mut_ptr(), most: AHEAD as u64, count: &raw mut count })?;
    if status == *ok {
        list.elements.extend(&more[..more.len().min(count as usize)]);
    }
    Ok(status)
}

/// Has the vendor give what the program asks for, in the place that it is to have behind what is kept.
///
/// # Safety
/// As for [`next`]; fewer are kept than asked for.
unsafe fn exactly<S: PartialEq>(
    list: &mut List,
    ok: &S,
    asked: Asked,
    ask: impl Fn(Asked) -> Result<S, Fault>,
) -> Result<S, Fault> {
    let had = list.elements.len();
    if had == 0 {
        return ask(asked);
    }
    let mut count = 0;
    // SAFETY: by the caller's promise, there is room for more than are kept.
    let behind = unsafe { asked.list.add(had) };
    let status = ask(Asked { list: behind, most: asked.most - had as u64, count: &raw mut count })?;
    if status == *ok {
        // SAFETY: by the caller's promise.
        unsafe {
            give(list, asked);
            // As for any count, the worker's word is the vendor's.
            asked.count.write_unaligned((had as u64).saturating_add(count));
        }
    }
    Ok(status)
}

/// Gives the program as many of what is kept as it has asked for.
///
/// # Safety
/// As for [`next`], with no null pointer.
unsafe fn give(list: &mut List, asked: Asked) {
    let count = list.elements.len().min(usize::try_from(asked.most).unwrap_or(usize::MAX));
    for (at, element) in list.elements.drain(..count).enumerate() {
        // SAFETY: by the caller's promise.
        unsafe { asked.list.add(at).write_unaligned(element) };
    }
    // SAFETY: by the caller's promise.
    unsafe { asked.count.write_unaligned(count as u64) };
}

/// A call that ends the list of `owner` if it returns `ok`. If it does not, the vendor knows what became of the list.
///
/// # Errors
/// As for the call.
pub fn ends<S: PartialEq>(
    pieces: &Pieces,
    owner: u64,
    ok: S,
    call: impl FnOnce() -> Result<S, Fault>,
) -> Result<S, Fault> {
    let mut list = pieces.take(owner);
    let result = call();
    match &result {
        Ok(status) if *status == ok => list.elements.clear(),
        _ => list.doubt(),
    }
    result
}

/// A call that may end lists.
///
/// # Errors
/// As for the call.
pub fn doubts<S>(pieces: &Pieces, call: impl FnOnce() -> Result<S, Fault>) -> Result<S, Fault> {
    let result = call();
    pieces.doubt();
    result
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    const OK: i32 = 0;
    const OVER: i32 = 1;
    const FAILS: i32 = 2;
    const ME: u64 = 7;

    /// A vendor with a list of the numbers up to `len`, and what the shim keeps of it.
    struct Vendor {
        pieces: Pieces,
        at: Cell<u64>,
        len: u64,
        /// Most that it gives at once.
        limit: u64,
        /// Calls for more than this fail.
        refuses: u64,
        /// It fails at this element, as often.
        fails: Cell<Option<(u64, u32)>>,
        /// What it was asked for.
        asked: RefCell<Vec<u64>>,
    }

    fn vendor(len: u64) -> Vendor {
        Vendor {
            pieces: Pieces::new(true),
            at: Cell::new(0),
            len,
            limit: u64::MAX,
            refuses: u64::MAX,
            fails: Cell::new(None),
            asked: RefCell::default(),
        }
    }

    impl Vendor {
        fn answer(&self, asked: Asked) -> Result<i32, Fault> {
            self.asked.borrow_mut().push(asked.most);
            if self.at.get() > self.len {
                return Ok(OVER);
            }
            let count = asked.most.min(self.limit).min(self.len - self.at.get());
            if asked.most > self.refuses {
                return Ok(FAILS);
            }
            if let Some((element, times)) = self.fails.get().filter(|(_, times)| *times > 0)
                && (self.at.get()..self.at.get() + count).contains(&element)
            {
                self.fails.set(Some((element, times - 1)));
                return Ok(FAILS);
            }
            for at in 0..count {
                // SAFETY: the tests pass memory for so many.
                unsafe { asked.list.add(at as usize).write_unaligned(self.at.get() + at) };
            }
            self.at.set(self.at.get() + count);
            // SAFETY: as above.
            unsafe { asked.count.write_unaligned(count) };
            Ok(OK)
        }

        /// What a program gets that has room for `most`.
        fn next(&self, most: u64) -> Result<Vec<u64>, i32> {
            let mut list = vec![u64::MAX; most as usize];
            let mut count = u64::MAX;
            let asked = Asked { list: list.as_mut_ptr(), most, count: &raw mut count };
            // SAFETY: there is memory for as many.
            match unsafe { next(&self.pieces, ME, OK, asked, |asked| self.answer(asked)) } {
                Ok(OK) => {
                    assert!(list[count as usize..].iter().all(|element| *element == u64::MAX), "{list:?}");
                    list.truncate(count as usize);
                    Ok(list)
                }
                Ok(status) => {
                    assert_eq!(count, u64::MAX);
                    Err(status)
                }
                Err(fault) => panic!("{fault:?}"),
            }
        }

        /// How often the vendor was asked since the last time.
        fn times(&self) -> usize {
            self.asked.take().len()
        }
    }

    #[test]
    fn a_list_is_given_in_order_whatever_the_sizes() {
        for most in [1, 2, 10, 511, 512, 513, 1300] {
            let vendor = vendor(1300);
            let mut all = Vec::new();
            loop {
                let left = vendor.len - all.len() as u64;
                let piece = vendor.next(most).unwrap();
                assert_eq!(piece.len() as u64, most.min(left), "{most}");
                all.extend_from_slice(&piece);
                if piece.is_empty() {
                    break;
                }
            }
            assert_eq!(all, (0..1300).collect::<Vec<_>>());
            assert_eq!(vendor.next(most), Ok(vec![]));
            let natively = 2 + 1300_u64.div_ceil(most) as usize;
            assert!(vendor.times() <= natively.min(5), "{most}");
        }
    }

    /// A count is told as it is, and nothing is read or written by it.
    #[test]
    fn a_count_may_be_anything() {
        let vendor = vendor(2);
        assert_eq!(vendor.next(1), Ok(vec![0]));
        // One is kept, and more are asked for than at once.
        let (mut list, mut count) = ([0; AHEAD + 1], 0);
        let asked = Asked { list: list.as_mut_ptr(), most: AHEAD as u64 + 1, count: &raw mut count };
        let lies = |asked: Asked| {
            // SAFETY: it is the test's or the engine's.
            unsafe { asked.count.write_unaligned(u64::MAX) };
            Ok(OK)
        };
        // SAFETY: there is memory for as many.
        assert_eq!(unsafe { next(&vendor.pieces, ME, OK, asked, lies) }, Ok(OK));
        assert_eq!((count, list[0], list[1]), (u64::MAX, 1, 0));
        let asked = Asked { list: list.as_mut_ptr(), most: 1, count: &raw mut count };
        // SAFETY: as above.
        assert_eq!(unsafe { next(&vendor.pieces, ME, OK, asked, lies) }, Ok(OK));
        assert_eq!(count, 1);
    }

    /// Only none is the end.
    #[test]
    fn a_vendor_may_give_fewer_than_it_is_asked_for() {
        for (limit, most) in [(1, 3), (4, 3), (100, 7), (100, 100), (100, 600)] {
            let vendor = Vendor { limit, ..vendor(250) };
            let mut all = Vec::new();
            loop {
                let piece = vendor.next(most).unwrap();
                let left = 250 - all.len() as u64;
                assert!(piece.len() as u64 >= most.min(limit).min(left), "{limit}, {most}");
                all.extend_from_slice(&piece);
                if piece.is_empty() {
                    break;
                }
            }
            assert_eq!(all, (0..250).collect::<Vec<_>>(), "{limit}, {most}");
        }
    }

    #[test]
    fn what_was_found_comes_before_an_error() {
        let vendor = Vendor { fails: Cell::new(Some((600, u32::MAX))), ..vendor(1000) };
        for at in 0..600 {
            assert_eq!(vendor.next(1), Ok(vec![at]));
        }
        assert_eq!(vendor.next(1), Err(FAILS));
        assert_eq!(vendor.next(1), Err(FAILS));
    }

    /// As natively: a call that fails changes nothing, and the next gets what it would have got.
    #[test]
    fn a_call_that_fails_takes_nothing() {
        let vendor = Vendor { fails: Cell::new(Some((515, 3))), ..vendor(1000) };
        for at in 0..51 {
            assert_eq!(vendor.next(10), Ok((10 * at..10 * at + 10).collect()));
        }
        // Two are kept, and the vendor fails when asked ahead and when asked for eight more.
        assert_eq!(vendor.next(10), Err(FAILS));
        assert_eq!(vendor.next(4), Ok((510..514).collect()));
        assert_eq!(vendor.next(10), Ok((514..524).collect()));
    }

    #[test]
    fn a_vendor_that_gives_one_at_a_time_is_asked_for_one() {
        let vendor = Vendor { refuses: 1, ..vendor(4) };
        assert_eq!(vendor.next(1), Ok(vec![0]));
        assert_eq!(vendor.asked.take(), [AHEAD as u64, 1]);
        assert_eq!((vendor.next(1), vendor.next(1)), (Ok(vec![1]), Ok(vec![2])));
        assert_eq!(vendor.next(2), Err(FAILS));
        assert_eq!(vendor.next(1), Ok(vec![3]));
        assert_eq!(vendor.asked.take(), [1, 1, 2, 1]);
    }

    #[test]
    fn the_vendor_answers_who_asks_for_nothing() {
        let vendor = vendor(10);
        assert_eq!(vendor.next(0), Ok(vec![]));
        assert_eq!(vendor.next(3), Ok(vec![0, 1, 2]));
        assert_eq!(vendor.next(0), Ok(vec![]));
        assert_eq!(vendor.asked.take(), [0, AHEAD as u64, 0]);
        let (mut element, mut count) = (0, 0);
        for (list, count) in [(std::ptr::null_mut(), &raw mut count), (&raw mut element, std::ptr::null_mut())] {
            let asked = Asked { list, most: 1, count };
            // SAFETY: the vendor is not given what is null.
            assert_eq!(unsafe { next(&vendor.pieces, ME, OK, asked, |_| Ok(FAILS)) }, Ok(FAILS));
        }
        assert_eq!(vendor.next(1), Ok(vec![3]));
    }

    #[test]
    fn a_list_ends_only_by_success() {
        let vendor = vendor(10);
        assert_eq!(vendor.next(1), Ok(vec![0]));
        assert_eq!(ends(&vendor.pieces, ME, OK, || Ok(FAILS)), Ok(FAILS));
        assert_eq!(vendor.times(), 1);
        // It goes on, which the vendor is asked.
        assert_eq!(vendor.next(1), Ok(vec![1]));
        assert_eq!(vendor.times(), 1);
        assert_eq!(vendor.next(1), Ok(vec![2]));
        assert_eq!(ends(&vendor.pieces, ME + 64, OK, || Ok(OK)), Ok(OK));
        assert_eq!(vendor.next(1), Ok(vec![3]));
        assert_eq!(vendor.times(), 0);
        assert_eq!(ends(&vendor.pieces, ME, OK, || Ok(OK)), Ok(OK));
        vendor.at.set(vendor.len + 1);
        assert_eq!(vendor.next(1), Err(OVER));
    }

    #[test]
    fn of_a_list_in_doubt_nothing_is_given_before_the_vendor_goes_on() {
        let vendor = vendor(600);
        assert_eq!(vendor.next(1), Ok(vec![0]));
        assert_eq!(doubts(&vendor.pieces, || Ok(OK)), Ok(OK));
        let at = vendor.at.replace(vendor.len + 1);
        assert_eq!((vendor.next(1), vendor.next(600)), (Err(OVER), Err(OVER)));
        vendor.at.set(at);
        assert_eq!(doubts(&vendor.pieces, || Ok(FAILS)), Ok(FAILS));
        vendor.times();
        assert_eq!(vendor.next(1), Ok(vec![1]));
        assert_eq!(vendor.next(597), Ok((2..599).collect()));
        assert_eq!(vendor.times(), 1);
        assert_eq!((vendor.next(2), vendor.next(2)), (Ok(vec![599]), Ok(vec![])));
    }

    /// What is doubted while the vendor answers is asked for again.
    #[test]
    fn a_doubt_in_a_call_counts() {
        let vendor = vendor(10);
        let mut element = 0;
        let mut count = 0;
        let asked = Asked { list: &raw mut element, most: 1, count: &raw mut count };
        let ask = |asked| {
            let answer = vendor.answer(asked);
            vendor.pieces.doubt();
            answer
        };
        // SAFETY: there is memory for one.
        assert_eq!(unsafe { next(&vendor.pieces, ME, OK, asked, ask) }, Ok(OK));
        vendor.at.set(vendor.len + 1);
        assert_eq!(vendor.next(1), Err(OVER));
    }
}
