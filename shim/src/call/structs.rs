//! Structs that lead to more memory: flattened on their way in, and brought back where they came from.

use std::convert::Infallible;
use std::ffi::c_void;

use ava_protocol::flat::{self, Unfit, Way};
use ava_protocol::spec::StructSpec;
use ava_protocol::wire::{ArchivedReturned, Data, Place};

use crate::base::fault::Fault;
use crate::base::readable::Program;
use crate::call::{Call, Room};

/// Structs that go in and come out.
pub struct Exchanged<'a> {
    pub data: Data<'a>,
    pub room: Room,
}

impl From<Unfit> for Fault {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Refused(status) => Self::Status(status),
            Unfit::Large | Unfit::Unreadable => Self::Exhausted,
        }
    }
}

impl Call {
    /// Structs, with what they lead to.
    ///
    /// # Safety
    /// `pointer` holds `count` structs that lead where the spec says.
    pub unsafe fn deep_structs<'a>(
        &mut self,
        pointer: *const c_void,
        count: u64,
        spec: &StructSpec,
        way: Way,
    ) -> Result<Data<'a>, Fault> {
        let Some(len) = length(count, spec) else { return Ok(Data::Unreadable) };
        match flat::flatten(spec, way, pointer as u64, len, &mut Program) {
            Err(Unfit::Unreadable) => Ok(Data::Unreadable),
            flat => self.owned(flat?),
        }
    }

    /// Structs, with what they lead to, that go in and come out.
    ///
    /// # Safety
    /// `pointer` is null or holds `count` structs that lead where the spec says.
    pub unsafe fn exchange_structs<'a>(
        &mut self,
        pointer: *const c_void,
        count: Option<u64>,
        spec: &StructSpec,
    ) -> Result<Exchanged<'a>, Fault> {
        let data = match count.filter(|_| !pointer.is_null()) {
            // SAFETY: by the caller's promise.
            Some(count) => unsafe { self.deep_structs(pointer, count, spec, Way::Both)? },
            None => self.unread(pointer),
        };
        let place = match &data {
            Data::Region(slice) => Place::Region(*slice),
            _ => Place::Inline,
        };
        Ok(Exchanged { data, room: Room { place, capacity: flat::LARGEST as u64 } })
    }

    /// Structs that came out, without memory that they lead to.
    ///
    /// # Safety
    /// `to` is what the room was made for.
    pub unsafe fn put_found(&mut self, to: *mut c_void, room: &Room, from: &ArchivedReturned<'_>, spec: &StructSpec) {
        let Some(mut bytes) = self.copied(room, from) else { return };
        for one in bytes.chunks_exact_mut(spec.size) {
            let Ok(()) = spec.each_handle(one, |word, kind| {
                self.session.book.handles.translate(word, kind, false);
                Ok::<_, Infallible>(())
            });
        }
        // SAFETY: by the caller's promise; the length was checked against the room.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to.cast(), bytes.len()) };
    }

    /// Structs that went in and came out.
    ///
    /// # Safety
    /// As for [`Call::exchange_structs`].
    pub unsafe fn put_structs(
        &mut self,
        pointer: *mut c_void,
        count: Option<u64>,
        spec: &StructSpec,
        room: &Room,
        from: &ArchivedReturned<'_>,
    ) {
        let len = count.and_then(|count| length(count, spec));
        let (Some(len), Some(flat), false) = (len, self.copied(room, from), pointer.is_null()) else {
            return;
        };
        // SAFETY: by the caller's promise: what is written is what went in.
        let mut write = |at: u64, bytes: &[u8]| unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), at as *mut u8, bytes.len());
        };
        flat::scatter(spec, pointer as u64, len, &flat, &mut Program, &mut write);
    }
}

fn length(count: u64, spec: &StructSpec) -> Option<usize> {
    usize::try_from(count).ok()?.checked_mul(spec.size)
}
