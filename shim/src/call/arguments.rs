//! What goes into a call: read from the program's memory, with handles as ids, into the frame or, when it is long, into a
//! region. What cannot be read crosses as such, and the vendor refuses it or not as it would have.

use std::ffi::{CStr, c_char, c_void};

use ava_protocol::flat::{self, Unfit, Way};
use ava_protocol::layout::Rows;
use ava_protocol::spec::{ListSpec, Step, StructSpec, TaggedSpec};
use ava_protocol::wire::{Data, Extent, Texts};

use super::Call;
use crate::base::fault::Fault;
use crate::base::memory;
use crate::base::readable::{self, Program, holds, is_readable};
use crate::book::pending::Meeting;

impl Call {
    /// # Safety
    /// `text` is null or NUL-terminated.
    pub unsafe fn text<'a>(&mut self, text: *const c_char) -> Result<Data<'a>, Fault> {
        if text.is_null() {
            return Ok(Data::Null);
        }
        // SAFETY: by the caller's promise.
        let Some(text) = (unsafe { readable::text(text) }) else { return Ok(Data::Unreadable) };
        let (text, len) = (text.as_ptr(), text.count_bytes() as u64);
        // SAFETY: as above: `len` bytes precede the NUL.
        unsafe { self.bytes(text.cast(), Rows::flat(Some(len)), false) }
    }

    /// # Safety
    /// `texts` is null or holds `count` pointers, each null or to as many bytes as `lengths` says, or to a
    /// NUL-terminated text where that is null or 0.
    pub unsafe fn texts<'a>(
        &mut self,
        texts: *const *const c_char,
        count: Option<u64>,
        lengths: *const usize,
        bytes: bool,
    ) -> Result<Texts<'a>, Fault> {
        if texts.is_null() {
            return Ok(Texts { null: true, items: Vec::new(), more: Data::Null });
        }
        let count = count.ok_or(Fault::Exhausted)? as usize;
        let unreadable = || Ok(Texts { null: false, items: Vec::new(), more: Data::Unreadable });
        let readable = |array: *const c_void| is_readable(array.cast(), count.saturating_mul(8));
        if !readable(texts.cast()) || !(lengths.is_null() || readable(lengths.cast())) {
            return unreadable();
        }
        let mut items = Vec::with_capacity(count.min(1024));
        let mut total = 0;
        for i in 0..count {
            // SAFETY: by the caller's promise.
            let item = unsafe { texts.add(i).read() };
            if item.is_null() {
                items.push(None);
                continue;
            }
            // SAFETY: as above.
            let given = if lengths.is_null() { 0 } else { unsafe { lengths.add(i).read() } };
            let len = match given {
                // SAFETY: as above.
                0 if !bytes => unsafe { readable::text(item) }.map(CStr::count_bytes),
                given => is_readable(item.cast(), given).then_some(given),
            };
            let Some(len) = len else { return unreadable() };
            total += len + 16;
            // SAFETY: as above.
            items.push(Some(unsafe { std::slice::from_raw_parts(item.cast::<u8>(), len) }));
        }
        if total <= self.budget {
            self.budget -= total;
            return Ok(Texts { null: false, items, more: Data::Null });
        }
        // Too much for a frame: lengths in the frame, the bytes behind each other in a region.
        let (packed, lengths) = pack(&items);
        let more = self.owned(packed)?;
        Ok(Texts { null: false, items: lengths, more })
    }

    /// A pointer that the call does not read.
    pub fn unread<'a>(&self, pointer: *const c_void) -> Data<'a> {
        if pointer.is_null() { Data::Null } else { Data::Unread }
    }

    /// Bytes that go in. With `pending`, the vendor may use them until the command has completed.
    ///
    /// # Safety
    /// `pointer` is null or the rows behind it are readable.
    pub unsafe fn bytes<'a>(
        &mut self,
        pointer: *const c_void,
        rows: Option<Rows>,
        pending: bool,
    ) -> Result<Data<'a>, Fault> {
        if pointer.is_null() {
            return Ok(Data::Null);
        }
        let Some((rows, span)) = rows.and_then(|rows| Some((rows, rows.span()?))) else {
            return Ok(Data::Unread);
        };
        let first = pointer.cast::<u8>().wrapping_add(rows.start as usize);
        // The memory may be about to change. A command that runs later takes what a transfer brings from where the
        // transfer brings it; anything else waits.
        loop {
            match self.session.book.pending.meet(first as usize, span) {
                Meeting::Nothing => break,
                Meeting::Within { lease, offset, .. } if pending && rows.is_flat() => {
                    return Ok(Data::Region(self.share(lease, offset, span)?));
                }
                Meeting::Within { transfer, .. } | Meeting::Overlap { transfer } => {
                    self.session.wait_for_transfer(transfer)?;
                }
            }
        }
        if span == 0 {
            return Ok(Data::Inline(&[]));
        }
        if !is_readable(first, usize::try_from(span).unwrap_or(usize::MAX)) {
            // The vendor may well refuse that.
            self.key.never();
            return Ok(Data::Unreadable);
        }
        if !pending && rows.is_flat() && span <= self.budget as u64 {
            self.budget -= span as usize;
            // SAFETY: by the caller's promise.
            return Ok(Data::Inline(unsafe { std::slice::from_raw_parts(first, span as usize) }));
        }
        let lease = self.session.book.regions.acquire(span)?;
        // SAFETY: the caller vouches for the rows, and the region holds their span.
        unsafe { memory::gather(pointer, &rows, lease.region.as_ptr()) };
        Ok(Data::Region(self.slice(lease, span, pending.then_some(None))?))
    }

    /// Bytes that the vendor does no more than copy. It takes them where they lie if the worker has the same address there.
    ///
    /// # Safety
    /// As for [`Call::bytes`].
    pub unsafe fn data<'a>(&mut self, pointer: *const c_void, rows: Option<Rows>) -> Result<Data<'a>, Fault> {
        match self.fixed(pointer, rows) {
            Some(extent) => {
                self.in_place = true;
                self.key.mix(2);
                Ok(Data::Fixed(extent))
            }
            // SAFETY: by the caller's promise.
            None => unsafe { self.bytes(pointer, rows, false) },
        }
    }

    /// The extent of bytes in memory that the worker has at the same address.
    pub fn fixed(&self, pointer: *const c_void, rows: Option<Rows>) -> Option<Extent> {
        let fixed = &self.session.book.fixed;
        if !fixed.may_hold(pointer as usize) {
            return None;
        }
        let (address, len) = (pointer as usize, rows.filter(Rows::is_flat)?.span()?);
        fixed.holds(address, len).then_some(Extent { address: address as u64, len })
    }

    /// Bytes that the shim made.
    pub fn owned<'a>(&mut self, bytes: Vec<u8>) -> Result<Data<'a>, Fault> {
        if bytes.len() <= self.budget {
            self.budget -= bytes.len();
            return Ok(Data::Translated(bytes));
        }
        self.beside(&bytes)
    }

    /// Bytes that the shim made, and keeps until the call is sent; null is none.
    pub fn lent<'a>(&mut self, bytes: &'a [u8]) -> Result<Data<'a>, Fault> {
        if bytes.is_empty() {
            return Ok(Data::Null);
        }
        if bytes.len() <= self.budget {
            self.budget -= bytes.len();
            return Ok(Data::Inline(bytes));
        }
        self.beside(bytes)
    }

    /// Bytes that do not fit into the frame.
    fn beside<'a>(&mut self, bytes: &[u8]) -> Result<Data<'a>, Fault> {
        let lease = self.session.book.regions.acquire(bytes.len() as u64)?;
        lease.region.write(bytes);
        Ok(Data::Region(self.slice(lease, bytes.len() as u64, None)?))
    }

    /// # Safety
    /// `pointer` is null or holds `count` handles.
    pub unsafe fn handles<'a>(
        &mut self,
        pointer: *const c_void,
        count: Option<u64>,
        kind: u16,
    ) -> Result<Data<'a>, Fault> {
        let Some(count) = count.filter(|_| !pointer.is_null()) else {
            self.key.mix(u64::from(pointer.is_null()));
            return Ok(self.unread(pointer));
        };
        if !is_readable(pointer.cast(), (count as usize).saturating_mul(8)) {
            return Ok(Data::Unreadable);
        }
        // Of a list of none the address counts: it has to be null.
        self.key.mix(count.saturating_add(2));
        let mut ids = Vec::with_capacity(count.min(4096) as usize * 8);
        for i in 0..count as usize {
            // SAFETY: by the caller's promise.
            let handle = unsafe { pointer.cast::<*mut c_void>().add(i).read_unaligned() };
            let id = match self.session.book.handles.find(handle, kind) {
                Some(found) => {
                    self.key.mix(found.class);
                    self.uses(handle, found.kind);
                    found.id
                }
                None => {
                    let id = self.not_an_object(handle, kind);
                    self.key.mix(id);
                    id
                }
            };
            ids.extend_from_slice(&id.to_le_bytes());
        }
        self.owned(ids)
    }

    /// # Safety
    /// `pointer` is null or holds `count` structs.
    pub unsafe fn structs<'a>(
        &mut self,
        pointer: *const c_void,
        count: Option<u64>,
        spec: &StructSpec,
    ) -> Result<Data<'a>, Fault> {
        let Some(count) = count.filter(|_| !pointer.is_null()) else {
            return Ok(self.unread(pointer));
        };
        if !spec.memory.is_empty() {
            // SAFETY: by the caller's promise.
            return unsafe { self.deep_structs(pointer, count, spec, Way::In) };
        }
        if count > 0 {
            match flat::says(spec, pointer as u64, &mut Program) {
                Err(Unfit::Unreadable) => return Ok(Data::Unreadable),
                said => said?,
            }
        }
        let len = usize::try_from(count).ok().and_then(|n| n.checked_mul(spec.size));
        let Some(len) = len.filter(|len| is_readable(pointer.cast(), *len)) else { return Ok(Data::Unreadable) };
        // SAFETY: by the caller's promise.
        let mut bytes = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), len) }.to_vec();
        for one in bytes.chunks_exact_mut(spec.size) {
            spec.each_handle(one, |word, kind| self.translate(word, kind))?;
        }
        self.owned(bytes)
    }

    /// # Safety
    /// `pointer` is null or leads to a property list.
    pub unsafe fn list<'a>(&mut self, pointer: *const c_void, spec: &ListSpec) -> Result<Data<'a>, Fault> {
        if pointer.is_null() {
            return Ok(Data::Null);
        }
        let mut readable = true;
        let element = |i: usize| {
            let at = pointer.cast::<u8>().wrapping_add(i * spec.size);
            readable &= is_readable(at, spec.size);
            // SAFETY: it can be read, and the walk reads no further than the list's end.
            readable.then(|| unsafe {
                match spec.size {
                    4 => i64::from(at.cast::<i32>().read_unaligned()),
                    _ => at.cast::<i64>().read_unaligned(),
                }
            })
        };
        let mut steps = Vec::new();
        let len = spec.walk(element, |step| steps.push(step));
        if !readable {
            return Ok(Data::Unreadable);
        }
        let len = len.ok_or(Fault::Exhausted)?;
        // SAFETY: the walk has read as many elements.
        let mut bytes = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), len * spec.size) }.to_vec();
        for step in steps {
            match step {
                Step::Refused(status) => return Err(Fault::Status(status)),
                Step::Handle(at, kind) => {
                    self.translate(&mut bytes[at * spec.size..(at + 1) * spec.size], kind)?;
                }
            }
        }
        self.owned(bytes)
    }

    /// Whether a value with this key may go in.
    pub fn keyed(spec: &TaggedSpec, key: i64) -> Result<(), Fault> {
        spec.refusal(key).map_or(Ok(()), |status| Err(Fault::Status(status)))
    }

    fn translate(&mut self, word: &mut [u8], kind: u16) -> Result<(), Fault> {
        let mut pointer = [0; 8];
        pointer.copy_from_slice(word);
        let pointer = usize::from_le_bytes(pointer) as *mut c_void;
        word.copy_from_slice(&self.handle_or_null(pointer, kind)?.to_le_bytes());
        if !pointer.is_null() {
            // What is made of an object that a struct names may share something with it.
            self.key.never();
        }
        Ok(())
    }

    /// The bytes of one struct that a layout goes by.
    ///
    /// # Safety
    /// `pointer` is null or leads to `size` bytes.
    pub unsafe fn peek<'a>(&self, pointer: *const c_void, size: usize) -> Option<&'a [u8]> {
        // SAFETY: by the caller's promise.
        is_readable(pointer.cast(), size).then(|| unsafe { std::slice::from_raw_parts(pointer.cast(), size) })
    }

    /// The three sizes that a layout goes by.
    ///
    /// # Safety
    /// `pointer` is null or leads to three sizes.
    pub unsafe fn peek_three(&self, pointer: *const usize) -> Option<[u64; 3]> {
        // SAFETY: by the caller's promise.
        holds(pointer.cast::<[usize; 3]>()).then(|| unsafe { pointer.cast::<[usize; 3]>().read() }.map(|n| n as u64))
    }
}

/// The items behind each other, and in their places texts of no bytes but the right nullness.
fn pack<'a>(items: &[Option<&[u8]>]) -> (Vec<u8>, Vec<Option<&'a [u8]>>) {
    let mut packed = Vec::new();
    for item in items {
        let len = item.map_or(0, <[u8]>::len) as u64;
        packed.extend_from_slice(&len.to_le_bytes());
        packed.extend_from_slice(item.unwrap_or_default());
    }
    (packed, items.iter().map(|item| item.map(|_| &[][..])).collect())
}
