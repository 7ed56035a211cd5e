//! Mirrors: copies of the vendor's structs in the program's memory, each at a stable address, and the regions in which
//! both sides have the structs' data.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard};

use ava_protocol::image::{Image, MirrorSpec};

use crate::base::fault::Fault;
use crate::book::regions::Lease;

/// All of a session's, by the worker's numbers.
#[derive(Default)]
pub struct Mirrors(Mutex<All>);

#[derive(Default)]
struct All {
    mirrors: HashMap<u64, Mirror>,
    /// The numbers by the addresses of the images.
    numbers: HashMap<usize, u64>,
}

struct Mirror {
    /// The object that the struct belongs to.
    owner: u64,
    image: Image,
    lease: Option<Lease>,
}

/// The result of a change.
#[derive(Debug, PartialEq, Eq)]
pub struct Changed {
    /// Whether the program had no image of the struct before.
    pub is_new: bool,
    /// How many bytes of data the struct has for which there is no room.
    pub wanted: Option<u64>,
}

impl Mirrors {
    fn lock(&self) -> Result<MutexGuard<'_, All>, Fault> {
        self.0.lock().map_err(|_| Fault::Panicked)
    }

    /// Changes the struct with a number to what an image says, in place. Where there is no room for its data it has none.
    ///
    /// # Errors
    /// [`Fault::Lost`] if it is no image of such a struct.
    pub fn change(&self, spec: &MirrorSpec, number: u64, owner: u64, image: &[u8]) -> Result<Changed, Fault> {
        let mut all = self.lock()?;
        let is_new = !all.mirrors.contains_key(&number);
        let empty = || Mirror { owner, image: Image::empty(&spec.image), lease: None };
        let mirror = all.mirrors.entry(number).or_insert_with(empty);
        let (has_data, len) = spec.data(image);
        let room = mirror.lease.as_ref().filter(|lease| lease.region.len() >= len);
        let data = room.map_or(0, |lease| lease.region.as_ptr() as u64);
        mirror.image.update(&spec.image, image, data).ok_or(Fault::Lost)?;
        let address = mirror.image.address();
        all.numbers.insert(address, number);
        Ok(Changed { is_new, wanted: (has_data && data == 0).then_some(len) })
    }

    /// From now on the struct's data is here. What was no longer needed, or never.
    pub fn place(&self, spec: &MirrorSpec, number: u64, lease: Lease) -> Result<Option<Lease>, Fault> {
        let mut all = self.lock()?;
        let Some(mirror) = all.mirrors.get_mut(&number) else { return Ok(Some(lease)) };
        mirror.image.set(spec.data, lease.region.as_ptr() as u64);
        Ok(mirror.lease.replace(lease))
    }

    /// The struct with a number; null if there is none.
    pub fn pointer(&self, number: u64) -> Result<*mut c_void, Fault> {
        let all = self.lock()?;
        Ok(all.mirrors.get(&number).map_or(std::ptr::null_mut(), |mirror| mirror.image.address() as *mut c_void))
    }

    /// The number of a struct of the program's.
    pub fn number(&self, pointer: *const c_void) -> Option<u64> {
        self.0.lock().ok()?.numbers.get(&(pointer as usize)).copied()
    }

    /// An object is released, and its structs with it.
    pub fn forget(&self, owner: u64) -> Vec<Lease> {
        let Ok(mut all) = self.0.lock() else { return Vec::new() };
        let gone: Vec<_> =
            all.mirrors.extract_if(|_, mirror| mirror.owner == owner).map(|(_, mirror)| mirror).collect();
        for mirror in &gone {
            all.numbers.remove(&mirror.image.address());
        }
        gone.into_iter().filter_map(|mirror| mirror.lease).collect()
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::image::{ImageSpec, PointerSpec, Target};

    use super::*;

    static SPEC: MirrorSpec = MirrorSpec {
        image: ImageSpec { size: 16, pointers: &[PointerSpec { at: 0, to: Target::Data }] },
        data: 0,
        len: 8,
        input: None,
        owner: 1,
        invalid: 1,
    };

    fn image(has_data: bool, len: u64) -> Vec<u8> {
        [u64::from(has_data), len].map(u64::to_le_bytes).concat()
    }

    #[test]
    fn a_struct_stays_where_it_is_as_long_as_its_owner_lives() {
        let mirrors = Mirrors::default();
        assert_eq!(mirrors.change(&SPEC, 5, 1, &image(false, 0)), Ok(Changed { is_new: true, wanted: None }));
        let pointer = mirrors.pointer(5).expect("a lock");
        assert_eq!((pointer.is_null(), mirrors.number(pointer)), (false, Some(5)));
        assert_eq!(mirrors.change(&SPEC, 5, 1, &image(true, 9)), Ok(Changed { is_new: false, wanted: Some(9) }));
        assert_eq!(mirrors.pointer(5), Ok(pointer));
        mirrors.change(&SPEC, 6, 2, &image(false, 0)).expect("an image");
        assert!(mirrors.forget(1).is_empty());
        assert_eq!((mirrors.number(pointer), mirrors.pointer(5)), (None, Ok(std::ptr::null_mut())));
        assert_ne!(mirrors.pointer(6), Ok(std::ptr::null_mut()));
    }

    #[test]
    fn what_is_no_image_is_a_fault() {
        let mirrors = Mirrors::default();
        assert_eq!(mirrors.change(&SPEC, 5, 1, &[0; 15]), Err(Fault::Lost));
        assert_eq!(mirrors.change(&SPEC, 5, 1, &[2; 16]), Err(Fault::Lost));
    }
}
