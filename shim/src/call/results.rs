//! Results of a call, from the reply into the program's memory.

use std::ffi::{c_char, c_void};

use ava_protocol::layout::Rows;
use ava_protocol::spec::{Answer, ListSpec, Step, TaggedSpec};
use ava_protocol::wire::{ArchivedReturned, ArchivedStored, Place};

use crate::base::memory;
use crate::call::{Call, Room};

impl Call {
    /// Bytes or scalars; with `rows`, laid out as these say.
    ///
    /// # Safety
    /// `to` is what the room was made for.
    pub unsafe fn put(&mut self, to: *mut c_void, room: &Room, from: &ArchivedReturned<'_>, rows: Option<Rows>) {
        let (source, len) = match from {
            ArchivedReturned::Untouched => return,
            ArchivedReturned::Inline(bytes) => (bytes.as_ptr(), bytes.len() as u64),
            ArchivedReturned::Region(len) => match self.region(room) {
                Some(region) => (region, len.to_native()),
                None => return,
            },
        };
        if to.is_null() || len > room.capacity {
            return;
        }
        let flat = rows.filter(|rows| !(rows.is_flat() && rows.start == 0 && rows.span() != Some(len)));
        match flat {
            // SAFETY: the caller vouches for the program's memory; the source holds `len` bytes, the rows' span.
            Some(rows) if rows.span() == Some(len) => unsafe { memory::scatter(source, &rows, to) },
            Some(_) => (),
            // SAFETY: as above, with the room's capacity checked.
            None => unsafe { std::ptr::copy_nonoverlapping(source, to.cast(), len as usize) },
        }
    }

    /// # Safety
    /// `to` is what the room was made for: an array of handles, which with `made` are new.
    pub unsafe fn put_handles(
        &mut self,
        to: *mut c_void,
        room: &Room,
        from: &ArchivedReturned<'_>,
        kind: u16,
        made: bool,
    ) {
        let Some(mut bytes) = self.copied(room, from) else {
            return;
        };
        self.to_handles(&mut bytes, kind, made);
        for (i, handle) in bytes.chunks_exact(8).enumerate() {
            if handle != [0; 8] {
                // SAFETY: by the caller's promise; the length was checked against the room.
                unsafe { std::ptr::copy_nonoverlapping(handle.as_ptr(), to.cast::<u8>().add(i * 8), 8) };
            }
        }
    }

    /// One handle, or null.
    ///
    /// # Safety
    /// `to` is what the room was made for.
    pub unsafe fn put_handle(&mut self, to: *mut c_void, room: &Room, from: &ArchivedReturned<'_>, kind: u16) {
        if let Some(mut bytes) = self.copied(room, from)
            && bytes.len() == size_of::<*mut c_void>()
        {
            self.to_handles(&mut bytes, kind, false);
            // SAFETY: by the caller's promise; the length was checked against the room.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to.cast(), bytes.len()) };
        }
    }

    /// # Safety
    /// `to` is what the room was made for.
    pub unsafe fn put_answer(
        &mut self,
        to: *mut c_void,
        room: &Room,
        from: &ArchivedReturned<'_>,
        spec: &TaggedSpec,
        key: i64,
    ) {
        match spec.answer(key) {
            Some(Answer::Handles(kind)) => {
                let Some(mut bytes) = self.copied(room, from) else {
                    return;
                };
                self.to_handles(&mut bytes, *kind, false);
                // SAFETY: by the caller's promise; the length was checked against the room.
                unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to.cast(), bytes.len()) };
            }
            // SAFETY: by the caller's promise.
            Some(Answer::Texts) => unsafe { self.put_texts(to.cast(), room, from) },
            // SAFETY: by the caller's promise.
            Some(Answer::List(list)) => unsafe { self.put_list(to, room, from, list) },
            Some(Answer::References) => {
                let Some(mut bytes) = self.copied(room, from) else {
                    return;
                };
                if let Some(count) = bytes.first_chunk_mut::<4>() {
                    let vendors = u32::from_le_bytes(*count);
                    let ours = self.session.book.handles.extra_references(self.first);
                    *count = vendors.saturating_add(ours).to_le_bytes();
                }
                // SAFETY: by the caller's promise; the length was checked against the room.
                unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to.cast(), bytes.len()) };
            }
            // SAFETY: by the caller's promise.
            _ => unsafe { self.put(to, room, from, None) },
        }
    }

    /// The address of a text, which stays as long as the process.
    ///
    /// # Safety
    /// `to` is null or leads to an address.
    pub unsafe fn put_text(&self, to: *mut *const c_char, from: &ArchivedReturned<'_>) {
        let ArchivedReturned::Inline(text) = from else { return };
        if to.is_null() {
            return;
        }
        // Without its NUL it is no text, but null.
        let text = text.strip_suffix(b"\0").map_or(std::ptr::null(), |text| self.session.shared.texts.keep(text));
        // SAFETY: by the caller's promise.
        unsafe { to.write_unaligned(text) };
    }

    /// Addresses of texts, which stay as long as the process.
    ///
    /// # Safety
    /// `to` is what the room was made for.
    unsafe fn put_texts(&mut self, to: *mut *const c_char, room: &Room, from: &ArchivedReturned<'_>) {
        let ArchivedReturned::Inline(texts) = from else { return };
        let Some(texts) = texts.strip_suffix(b"\0") else { return };
        let places = room.capacity as usize / size_of::<*const c_char>();
        for (i, text) in texts.split(|byte| *byte == 0).take(places).enumerate() {
            // SAFETY: by the caller's promise; there is room for as many.
            unsafe { to.add(i).write_unaligned(self.session.shared.texts.keep(text)) };
        }
    }

    /// # Safety
    /// `to` is what the room was made for: a property list.
    pub unsafe fn put_list(&mut self, to: *mut c_void, room: &Room, from: &ArchivedReturned<'_>, spec: &ListSpec) {
        let Some(mut bytes) = self.copied(room, from) else {
            return;
        };
        let mut handles = Vec::new();
        let element = |i: usize| {
            let word = bytes.get(i * spec.size..(i + 1) * spec.size)?;
            let mut wide = [0; 8];
            wide[..spec.size].copy_from_slice(word);
            Some(i64::from_le_bytes(wide))
        };
        spec.walk(element, |step| {
            if let Step::Handle(at, kind) = step {
                handles.push((at, kind));
            }
        });
        for (at, kind) in handles {
            self.to_handles(&mut bytes[at * spec.size..(at + 1) * spec.size], kind, false);
        }
        // SAFETY: by the caller's promise; the length was checked against the room.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to.cast(), bytes.len()) };
    }

    /// The handle of an object that the call has made.
    ///
    /// # Safety
    /// `to` is null or leads to a handle.
    pub unsafe fn put_new(&mut self, to: *mut *mut c_void, id: u64, stored: &ArchivedStored) {
        let handle = match stored {
            ArchivedStored::Made => self.object(id),
            ArchivedStored::Null => std::ptr::null_mut(),
            ArchivedStored::Untouched => return,
        };
        if !to.is_null() {
            // SAFETY: by the caller's promise.
            unsafe { to.write(handle) };
        }
    }

    /// Ids to handles, in place.
    fn to_handles(&self, bytes: &mut [u8], kind: u16, made: bool) {
        self.session.book.handles.translate(bytes, kind, made);
    }

    /// A result's bytes, if they fit their room.
    pub fn copied(&self, room: &Room, from: &ArchivedReturned<'_>) -> Option<Vec<u8>> {
        let bytes = match from {
            ArchivedReturned::Untouched => return None,
            ArchivedReturned::Inline(bytes) => bytes.to_vec(),
            ArchivedReturned::Region(len) => {
                let region = self.region(room)?;
                let len = len.to_native().min(room.capacity) as usize;
                let mut bytes = vec![0; len];
                // SAFETY: the region was made for the room's capacity; copied at once, so that no reference stays.
                unsafe { std::ptr::copy_nonoverlapping(region, bytes.as_mut_ptr(), len) };
                bytes
            }
        };
        (bytes.len() as u64 <= room.capacity).then_some(bytes)
    }

    fn region(&self, room: &Room) -> Option<*const u8> {
        let (Place::Region(slice) | Place::Cut(Some(slice))) = room.place else {
            return None;
        };
        self.leases().iter().find(|lease| lease.id == slice.region).map(|lease| lease.region.as_ptr().cast_const())
    }
}
