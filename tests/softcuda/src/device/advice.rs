//! What programs say of managed memory: how they will use it, and where they want it. It is kept by pages, and nothing moves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::mapping::PAGE;
use crate::cuda::{CUdevice, CUmemLocation, Result, Status, location_type};

/// `CU_DEVICE_CPU` and `CU_DEVICE_INVALID`.
pub const HOST: CUdevice = -1;
const NOWHERE: CUdevice = -2;

/// The advice for an allocation, by numbers of pages.
#[derive(Default)]
pub struct Advice {
    pages: Mutex<BTreeMap<u64, Page>>,
}

#[derive(Clone, Default)]
struct Page {
    is_read_mostly: bool,
    preferred: Option<CUmemLocation>,
    accessed_by: BTreeSet<CUdevice>,
    prefetched: Option<CUmemLocation>,
}

impl Advice {
    /// Takes an advice (`CUmem_advise`) for a range of addresses.
    pub fn advise(&self, range: Range<u64>, advice: u32, location: CUmemLocation) -> Result {
        let change: &dyn Fn(&mut Page) = match advice {
            1 => &|page| page.is_read_mostly = true,
            2 => &|page| page.is_read_mostly = false,
            3 => &|page| page.preferred = Some(location),
            4 => &|page| page.preferred = None,
            5 => &|page| {
                page.accessed_by.insert(device(Some(location)));
            },
            6 => &|page| {
                page.accessed_by.remove(&device(Some(location)));
            },
            _ => return Err(Status::INVALID_VALUE),
        };
        self.change(range, change);
        Ok(())
    }

    /// Notes where a range was wanted last.
    pub fn prefetch(&self, range: Range<u64>, location: CUmemLocation) {
        self.change(range, &|page| page.prefetched = Some(location));
    }

    /// An attribute (`CUmem_range_attribute`) of all of a range; of `count` numbers, those beyond the answer are no device.
    pub fn attribute(&self, range: Range<u64>, attribute: u32, count: usize) -> Result<Vec<i32>> {
        let all = self.lock();
        let unset = Page::default();
        let mut pages = pages(range).map(|page| all.get(&page).unwrap_or(&unset));
        let first = pages.next().ok_or(Status::INVALID_VALUE)?;
        let same = |of: fn(&Page) -> Option<CUmemLocation>| {
            let of_first = of(first);
            of_first.filter(|_| pages.clone().all(|page| of(page) == of_first))
        };
        let preferred = || same(|page| page.preferred);
        let prefetched = || same(|page| page.prefetched);
        let kind = |location: Option<CUmemLocation>| location.map_or(0, |location| location.kind as i32);
        let answer = match attribute {
            1 => vec![(first.is_read_mostly && pages.all(|page| page.is_read_mostly)).into()],
            2 => vec![device(preferred())],
            3 => first
                .accessed_by
                .iter()
                .copied()
                .filter(|one| pages.clone().all(|page| page.accessed_by.contains(one)))
                .collect(),
            4 => vec![device(prefetched())],
            5 => vec![kind(preferred())],
            6 => vec![preferred().map_or(0, |location| location.id)],
            7 => vec![kind(prefetched())],
            8 => vec![prefetched().map_or(0, |location| location.id)],
            _ => return Err(Status::INVALID_VALUE),
        };
        if count == 0 || attribute != 3 && count != 1 {
            return Err(Status::INVALID_VALUE);
        }
        Ok(answer.into_iter().chain(std::iter::repeat(NOWHERE)).take(count).collect())
    }

    fn change(&self, range: Range<u64>, change: &dyn Fn(&mut Page)) {
        let mut all = self.lock();
        pages(range).for_each(|page| change(all.entry(page).or_default()));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Numbers of the pages that a range touches.
fn pages(range: Range<u64>) -> Range<u64> {
    range.start / PAGE as u64..range.end.div_ceil(PAGE as u64)
}

/// A location as the number of a device.
fn device(location: Option<CUmemLocation>) -> CUdevice {
    match location {
        None => NOWHERE,
        Some(location) if location.kind == location_type::DEVICE => location.id,
        Some(_) => HOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: CUmemLocation = CUmemLocation { kind: location_type::DEVICE, id: 1 };
    const CPU: CUmemLocation = CUmemLocation { kind: location_type::HOST, id: 0 };

    #[test]
    fn a_range_has_what_all_its_pages_have() {
        let advice = Advice::default();
        advice.advise(0..8192, 1, DEVICE).expect("an advice");
        advice.advise(0..4096, 3, DEVICE).expect("an advice");
        advice.advise(0..8192, 5, CPU).expect("an advice");
        advice.advise(0..4096, 5, DEVICE).expect("an advice");
        let of = |range, attribute, count| advice.attribute(range, attribute, count);
        assert_eq!(of(0..8192, 1, 1), Ok(vec![1]));
        assert_eq!(of(0..12288, 1, 1), Ok(vec![0]));
        assert_eq!(of(0..4096, 2, 1), Ok(vec![1]));
        assert_eq!(of(0..8192, 2, 1), Ok(vec![NOWHERE]));
        assert_eq!(of(0..4096, 3, 3), Ok(vec![HOST, 1, NOWHERE]));
        assert_eq!(of(0..8192, 3, 2), Ok(vec![HOST, NOWHERE]));
        assert_eq!(of(0..1, 4, 1), Ok(vec![NOWHERE]));
        advice.prefetch(0..1, CPU);
        assert_eq!((of(0..1, 4, 1), of(0..1, 7, 1)), (Ok(vec![HOST]), Ok(vec![2])));
        assert_eq!(of(0..1, 9, 1), Err(Status::INVALID_VALUE));
        assert_eq!(of(0..1, 1, 2), Err(Status::INVALID_VALUE));
        assert_eq!(advice.advise(0..1, 7, CPU), Err(Status::INVALID_VALUE));
    }
}
