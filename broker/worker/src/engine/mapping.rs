//! Mapped memory: the vendor's memory on this side, a region that mirrors it on the other.

use std::ffi::c_void;
use std::sync::Arc;

use ava_protocol::engine::Done;
use ava_protocol::engine::mapping::{ArchivedFetch, Mapped};
use ava_protocol::frame::Malformed;
use ava_protocol::layout::Rows;
use ava_transport::region::copy_rows;

use crate::call::{Birth, Call, Outcome};
use crate::memory::NOWHERE;
use crate::state::mappings::{MOST, Mapping};
use crate::state::pending;

/// What a call asks to be mapped.
pub struct Asked {
    /// The shim's number for the mapping, and for its transfer where the call does not wait.
    pub id: u64,
    pub pending: u64,
    pub object: u64,
    /// The object whose commands come one after the other.
    pub queue: u64,
    pub waits: bool,
    pub shows: bool,
    pub writes: bool,
}

impl Asked {
    /// Whether there may be such a mapping.
    pub fn check(&self, call: &Call) -> Outcome {
        let mappings = &call.session.mappings;
        if mappings.len() >= MOST {
            // A program may release what it never unmapped.
            mappings.retain(|_, mapping| call.session.objects.pointer(mapping.object).is_some());
        }
        if mappings.len() >= MOST {
            return Err(Malformed::TooMany { what: "mappings", limit: MOST as u64 }.into());
        }
        if self.id == 0 || mappings.contains_key(&self.id) {
            return Err(Malformed::Id(self.id).into());
        }
        if !self.waits && self.pending == 0 {
            return Err(Malformed::Pending(0).into());
        }
        Ok(())
    }
}

/// Notes what the vendor has mapped at `pointer`, which is null where it refused.
pub fn mapped(call: &Call, asked: &Asked, pointer: *mut c_void, rows: Option<Rows>, event: &Birth) -> Mapped {
    if pointer.is_null() {
        return Mapped::NOTHING;
    }
    let rows = rows.unwrap_or(Rows::NOTHING);
    let place = call.session.residents.find(pointer as usize);
    let shared = place.is_some();
    let later = (!asked.waits).then(|| (event.pointer() as usize, event.is_programs()));
    if let (true, Some((event, false))) = (shared, later) {
        // There will be nothing to fetch when it completes.
        call.events().release(event);
    }
    let mapping = Mapping {
        object: asked.object,
        pointer: pointer as usize,
        rows,
        queue: asked.queue,
        shows: asked.shows,
        writes: asked.writes,
        event: later,
        region: None,
        shared,
        pending: if shared { 0 } else { asked.pending },
    };
    call.session.mappings.insert(asked.id, mapping);
    let (region, offset) = place.unwrap_or_default();
    let address = call.session.residents.program_address(pointer as usize);
    Mapped { made: true, rows, address, region, offset }
}

/// The shim has a region for a mapping: its contents go there when the command has completed.
pub fn fetch(call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<ArchivedFetch>(body, "fetch a mapping")?;
    let session = call.session;
    let id = r.mapping.to_native();
    let region = session.regions.find(&r.region)?;
    let mut mapping = session.mappings.get_mut(&id).ok_or(Malformed::Id(id))?;
    let len = mapping.rows.span().ok_or(Malformed::Overflow("a mapping"))?;
    if region.len() < len || mapping.region.is_some() || mapping.shared {
        return Err(Malformed::Size { what: "a mapping", got: region.len(), wanted: len }.into());
    }
    mapping.region = Some(Arc::clone(&region));
    let (pointer, rows, shows, queue) = (mapping.pointer, mapping.rows, mapping.shows, mapping.queue);
    let (event, pending) = (mapping.event.take(), mapping.pending);
    drop(mapping);
    let copy = move || {
        if shows {
            // SAFETY: the vendor has mapped these rows until unmap, which first sees to it that this does not run any
            // more; the region holds their span.
            unsafe { copy_rows(pointer as *const u8, &rows, region.as_ptr()) };
        }
    };
    match event {
        None => copy(),
        Some((event, programs)) => {
            let finish = Some(Box::new(copy) as pending::Finish);
            call.pend_with(pending, queue, event, programs, None, finish)?;
        }
    }
    call.reply(&Done {})
}

/// A mapping on its way to be unmapped.
pub struct Unmapping {
    id: u64,
    pointer: *mut c_void,
    /// Bytes of data that the program gave.
    written: u64,
}

impl Unmapping {
    /// Carries back what the program has written to a mapping of the object; 0 stands for none. What was `unseen` by the
    /// program, since the command had not completed, it has not written.
    pub fn begin(call: &Call, object: u64, id: u64, unseen: bool) -> Result<Self, Malformed> {
        let mut unmapping = Self { id, pointer: NOWHERE, written: 0 };
        if id == 0 {
            return Ok(unmapping);
        }
        let session = call.session;
        let mapping = session.mappings.get(&id).ok_or(Malformed::Id(id))?;
        if mapping.object != object {
            // It is no address that this object is mapped at.
            return Ok(unmapping);
        }
        unmapping.pointer = mapping.pointer as *mut c_void;
        // A command that has not completed has shown the program nothing, so there is nothing to carry back.
        let has_completed = mapping.pending == 0 || session.pending.finish_or_cancel(call.events(), mapping.pending);
        if mapping.writes && has_completed && !unseen {
            unmapping.written = mapping.rows.bytes();
            if let Some(region) = &mapping.region {
                // SAFETY: the vendor has mapped these rows, and the region holds their span.
                unsafe { copy_rows(region.as_ptr(), &mapping.rows, unmapping.pointer.cast::<u8>()) };
            }
        }
        Ok(unmapping)
    }

    /// What the vendor is given. An address that is no mapping's is the vendor's to refuse.
    pub fn pointer(&self) -> *mut c_void {
        self.pointer
    }

    /// The vendor has unmapped it.
    pub fn end(&self, call: &Call) {
        call.session.mappings.remove(&self.id);
        call.charge_bytes_in(self.written);
    }
}
