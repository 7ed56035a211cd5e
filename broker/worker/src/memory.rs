//! Memory for one call's arguments.
//!
//! **Invariant**: what the vendor is handed has at least the size that the API demands, or ends where nothing can be touched,
//! or the call is not made.

mod binary;
mod cut;
mod private;
mod structs;
mod texts;

pub use texts::TextArray;

use std::ffi::c_void;
use std::sync::Arc;

use ava_protocol::layout::Rows;
use ava_protocol::wire::Returned;
use ava_transport::region::Region;

pub use binary::{BEHIND, Code, code};
use cut::Cut;
pub use private::{NOWHERE, Private, UNREADABLE};
pub use structs::Structs;

/// Bytes that go into the vendor's function.
#[derive(Debug)]
pub enum Source {
    Null,
    Unread,
    Unreadable,
    Private(Private),
    /// Structs with what they lead to.
    Structs(Structs),
    /// Less than it says.
    Cut(Cut),
    /// Used in place, from an offset on: the program may change it meanwhile, and the vendor copies bytes without
    /// looking at them.
    Shared(Arc<Region>, u64),
}

/// An input argument.
#[derive(Debug)]
pub struct Input {
    pub source: Source,
    /// Offset of the first byte that is there.
    pub start: u64,
    /// How many bytes are there, without those between rows.
    pub amount: u64,
    /// The transfer that the memory belongs to; 0 for none.
    pub pending: u64,
    /// Ids of objects that a struct names.
    pub objects: Vec<u64>,
}

impl Input {
    pub fn new(source: Source) -> Self {
        Self { source, start: 0, amount: 0, pending: 0, objects: Vec::new() }
    }

    /// Bytes of data that the program gave with it.
    pub fn amount(&self) -> u64 {
        match &self.source {
            Source::Structs(structs) => structs.led_bytes(),
            _ => self.amount,
        }
    }

    pub fn as_ptr(&self) -> *const c_void {
        match &self.source {
            Source::Null => std::ptr::null(),
            Source::Unread => NOWHERE,
            Source::Unreadable => UNREADABLE,
            Source::Private(private) => private.as_ptr().wrapping_byte_sub(self.start as usize),
            Source::Structs(structs) => structs.as_ptr(),
            Source::Cut(cut) => cut.as_ptr(),
            Source::Shared(region, offset) => {
                let first = region.as_ptr().cast_const().wrapping_add(*offset as usize);
                first.wrapping_sub(self.start as usize).cast()
            }
        }
    }

    /// The text that it is, if it is one.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes().into_iter()
    }

    /// The private bytes, if the program passed any.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.source {
            Source::Private(private) => Some(private.bytes()),
            _ => None,
        }
    }

    /// Three sizes, for a layout.
    pub fn three(&self) -> Option<[u64; 3]> {
        let bytes = self.bytes()?;
        let word = |i: usize| bytes.get(i * 8..i * 8 + 8)?.try_into().ok().map(u64::from_le_bytes);
        Some([word(0)?, word(1)?, word(2)?])
    }

    pub fn pending(&self) -> u64 {
        self.pending
    }

    /// Whether there is no memory for the vendor to use.
    pub fn is_empty(&self) -> bool {
        match &self.source {
            Source::Null | Source::Unread | Source::Unreadable => true,
            Source::Private(private) => private.bytes().is_empty(),
            Source::Structs(_) | Source::Cut(_) | Source::Shared(..) => false,
        }
    }

    pub fn objects(&self) -> &[u64] {
        &self.objects
    }

    /// The region in use, for a transfer that outlives the call.
    pub fn region(&self) -> Option<Arc<Region>> {
        match &self.source {
            Source::Shared(region, _) => Some(Arc::clone(region)),
            _ => None,
        }
    }
}

/// Where a result goes.
#[derive(Debug)]
enum Target {
    Null,
    Private(Private),
    Shared(Arc<Region>),
    /// From an offset on, in memory that the program has at the same address.
    Fixed(Arc<Region>, u64),
    /// Private until it is returned: in a region the program could change what the worker is about to look at.
    Withdrawn(Private, Arc<Region>),
    /// Less than the vendor is told; the program's comes to be in the region.
    Cut(Cut, Arc<Region>),
    /// The program itself could not have written there.
    Unreadable,
    /// Structs with what they lead to; what they come to goes into the region, if there is one.
    Structs(Structs, Option<Arc<Region>>),
}

/// An output argument.
#[derive(Debug)]
pub struct Output {
    target: Target,
    len: u64,
    start: u64,
    /// Bytes between rows, which are nobody's.
    gaps: u64,
    pending: u64,
    /// The program passed null; there is memory all the same because the worker wants to know.
    unasked: bool,
    /// A scalar, returned whatever the vendor did, since it holds what the program's memory held.
    seeded: bool,
    /// How many bytes an answer has, if not as many as the vendor says.
    answered: Option<u64>,
    /// What structs have come to, or the texts that addresses lead to.
    flat: Option<Vec<u8>>,
}

impl Output {
    pub fn null() -> Self {
        Self {
            target: Target::Null,
            len: 0,
            start: 0,
            gaps: 0,
            pending: 0,
            unasked: false,
            seeded: false,
            answered: None,
            flat: None,
        }
    }

    pub fn unreadable() -> Self {
        Self { target: Target::Unreadable, ..Self::null() }
    }

    pub fn private(len: u64) -> Self {
        Self { target: Target::Private(Private::zeroed(len as usize)), len, ..Self::null() }
    }

    pub fn seeded(value: u64, size: usize) -> Self {
        let private = Private::copy(&value.to_le_bytes()[..size.min(8)]);
        Self { target: Target::Private(private), len: size as u64, seeded: true, ..Self::null() }
    }

    /// Room for the address of a text. What leads nowhere tells whether the vendor has stored one.
    pub fn of_text() -> Self {
        Self::seeded(NOWHERE as u64, size_of::<usize>())
    }

    /// What goes in comes out as the vendor leaves it.
    pub fn exchanged(private: Private) -> Self {
        let len = private.bytes().len() as u64;
        Self { target: Target::Private(private), len, seeded: true, ..Self::null() }
    }

    /// Structs that go in come out as the vendor leaves them.
    pub fn structs(structs: Structs, region: Option<Arc<Region>>) -> Self {
        Self { target: Target::Structs(structs, region), seeded: true, ..Self::null() }
    }

    /// `len` bytes, behind which nothing can be touched.
    ///
    /// # Errors
    /// There is no memory.
    pub fn cut(region: Arc<Region>, len: u64) -> std::io::Result<Self> {
        let target = Target::Cut(Cut::new(&vec![0; len as usize])?, region);
        Ok(Self { target, len, ..Self::null() })
    }

    pub fn shared(region: Arc<Region>, len: u64, pending: u64) -> Self {
        Self { target: Target::Shared(region), len, pending, ..Self::null() }
    }

    /// Bytes that the vendor writes where the program has them.
    pub fn fixed(region: Arc<Region>, offset: u64, len: u64) -> Self {
        Self { target: Target::Fixed(region, offset), len, ..Self::null() }
    }

    /// Keeps the result from the program until it is returned. For a transfer that goes on after the call, nothing
    /// changes: nobody looks at it here.
    pub fn withdraw(&mut self) {
        if let (Target::Shared(region), 0) = (&self.target, self.pending) {
            self.target = Target::Withdrawn(Private::zeroed(self.len as usize), Arc::clone(region));
        }
    }

    pub fn in_rows(mut self, rows: &Rows) -> Self {
        self.start = rows.start;
        self.gaps = self.len.saturating_sub(rows.bytes());
        self
    }

    /// Bytes of data that the program gets: `written`, or all there is room for.
    pub fn amount(&self, written: Option<u64>) -> u64 {
        match &self.target {
            Target::Null => 0,
            Target::Structs(structs, _) => structs.led_bytes(),
            _ => self.answered.or(written).unwrap_or(u64::MAX).min(self.len - self.gaps),
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.target, Target::Null)
    }

    /// Gives a scalar that the program did not ask for a place of 8 bytes.
    pub fn ensure(&mut self) {
        if self.is_null() {
            *self = Self { unasked: true, ..Self::private(8) };
        }
    }

    pub fn as_mut_ptr(&mut self) -> *mut c_void {
        let start = self.start as usize;
        match &mut self.target {
            Target::Null => std::ptr::null_mut(),
            Target::Private(private) | Target::Withdrawn(private, _) => private.as_mut_ptr().wrapping_byte_sub(start),
            Target::Shared(region) => region.as_ptr().wrapping_sub(start).cast(),
            Target::Fixed(region, offset) => region.as_ptr().wrapping_add(*offset as usize).wrapping_sub(start).cast(),
            Target::Cut(cut, _) => cut.as_ptr().cast_mut(),
            Target::Unreadable => UNREADABLE.cast_mut(),
            Target::Structs(structs, _) => structs.as_mut_ptr(),
        }
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no memory for the vendor to use.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn scalar(&self) -> Option<u64> {
        match &self.target {
            Target::Private(private) | Target::Withdrawn(private, _) => scalar(private.bytes()),
            _ => None,
        }
    }

    pub fn set_scalar(&mut self, value: u64) {
        if let Target::Private(private) | Target::Withdrawn(private, _) = &mut self.target {
            let bytes = private.bytes_mut();
            let size = bytes.len().min(8);
            bytes[..size].copy_from_slice(&value.to_le_bytes()[..size]);
        }
    }

    /// Replaces the result by these bytes, which must not be more than fit.
    pub fn set(&mut self, bytes: &[u8]) {
        match &mut self.target {
            Target::Null => (),
            Target::Private(private) | Target::Withdrawn(private, _) => {
                private.bytes_mut()[..bytes.len()].copy_from_slice(bytes);
            }
            Target::Cut(cut, _) => cut.bytes_mut()[..bytes.len()].copy_from_slice(bytes),
            Target::Shared(region) => region.write(bytes),
            Target::Structs(..) | Target::Unreadable | Target::Fixed(..) => (),
        }
        self.answered = Some(bytes.len() as u64);
    }

    /// The first `len` bytes of the result are addresses of texts, which stand for these in the reply.
    ///
    /// # Safety
    /// The addresses are null, or of texts that end with a NUL.
    pub unsafe fn follow_texts(&mut self, len: u64) {
        let len = len.min(self.len) as usize;
        let (Target::Private(private) | Target::Withdrawn(private, _)) = &self.target else { return };
        let mut texts = Vec::new();
        for word in private.bytes()[..len].chunks_exact(8) {
            let mut address = [0; 8];
            address.copy_from_slice(word);
            let address = usize::from_le_bytes(address) as *const std::ffi::c_char;
            if !address.is_null() {
                // SAFETY: by the caller's promise.
                texts.extend_from_slice(unsafe { std::ffi::CStr::from_ptr(address) }.to_bytes());
            }
            texts.push(0);
        }
        self.flat = Some(texts);
    }

    /// The result is the address of a text, which stands for it in the reply with its NUL; nothing stands for null. What
    /// a call that fails has not set to null counts as untouched.
    ///
    /// # Safety
    /// If the vendor has stored an address and the call is `ok`, it is null or of a text that ends with a NUL.
    pub unsafe fn follow_text(&mut self, ok: bool) {
        let Some(address) = self.scalar() else { return };
        let address = address as usize as *const std::ffi::c_char;
        if address.is_null() {
            self.flat = Some(Vec::new());
        } else if ok && address.cast() != NOWHERE.cast_const() {
            // SAFETY: by the caller's promise.
            self.flat = Some(unsafe { std::ffi::CStr::from_ptr(address) }.to_bytes_with_nul().to_vec());
        } else {
            *self = Self::null();
        }
    }

    /// Changes the first `len` bytes of the result.
    pub fn edit(&mut self, len: u64, change: impl FnOnce(&mut [u8])) {
        let len = len.min(self.len) as usize;
        match &mut self.target {
            Target::Null => (),
            Target::Private(private) | Target::Withdrawn(private, _) => change(&mut private.bytes_mut()[..len]),
            Target::Cut(cut, _) => change(&mut cut.bytes_mut()[..len]),
            // The program may have changed it already: what is looked at is withdrawn first.
            Target::Shared(_) | Target::Fixed(..) | Target::Unreadable => (),
            // Not what they lead to.
            Target::Structs(structs, _) => change(structs.bytes_mut()),
        }
    }

    pub fn pending(&self) -> u64 {
        self.pending
    }

    pub fn region(&self) -> Option<Arc<Region>> {
        match &self.target {
            Target::Shared(region) | Target::Withdrawn(_, region) | Target::Cut(_, region) => Some(Arc::clone(region)),
            _ => None,
        }
    }

    /// What the reply says: `written` bytes, all of them for `None`; nothing of a failed call but scalars.
    pub fn returned(&mut self, written: Option<u64>, ok: bool) -> Returned<'_> {
        if self.unasked || self.pending != 0 || !(ok || self.seeded) {
            return Returned::Untouched;
        }
        if let Target::Structs(structs, region) = &self.target {
            let flat = structs.flatten();
            let Some(region) = region else {
                return Returned::Inline(self.flat.insert(flat));
            };
            region.write(&flat);
            return Returned::Region(flat.len() as u64);
        }
        if let Some(texts) = &self.flat {
            return Returned::Inline(texts);
        }
        let len = self.answered.or(written).unwrap_or(self.len).min(self.len);
        match &self.target {
            // What is at the program's own address is there.
            Target::Null | Target::Structs(..) | Target::Unreadable | Target::Fixed(..) => Returned::Untouched,
            Target::Private(private) => Returned::Inline(&private.bytes()[..len as usize]),
            Target::Shared(_) => Returned::Region(len),
            Target::Withdrawn(private, region) => {
                region.write(&private.bytes()[..len as usize]);
                Returned::Region(len)
            }
            // What nobody has counted may be less than there was room for.
            Target::Cut(..) if self.answered.or(written).is_none() => Returned::Untouched,
            Target::Cut(cut, region) => {
                region.write(&cut.bytes()[..len as usize]);
                Returned::Region(len)
            }
        }
    }
}

fn scalar(bytes: &[u8]) -> Option<u64> {
    let mut wide = [0; 8];
    let len = bytes.len().min(8);
    wide[..len].copy_from_slice(&bytes[..len]);
    (len > 0).then(|| u64::from_le_bytes(wide))
}

/// The span of rows, if they have one.
pub fn span(rows: Option<Rows>) -> Option<(Rows, u64)> {
    rows.and_then(|rows| Some((rows, rows.span()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the reply says when the vendor has stored this, if it has stored anything.
    fn told(stored: Option<*const std::ffi::c_char>, ok: bool) -> Option<Vec<u8>> {
        let mut output = Output::of_text();
        if let Some(address) = stored {
            // SAFETY: there is room for an address.
            unsafe { output.as_mut_ptr().cast::<*const std::ffi::c_char>().write(address) };
        }
        // SAFETY: what a call that is ok stores here is null or a text.
        unsafe { output.follow_text(ok) };
        match output.returned(None, ok) {
            Returned::Untouched => None,
            Returned::Inline(bytes) => Some(bytes.to_vec()),
            Returned::Region(_) => panic!("a text in a region"),
        }
    }

    #[test]
    fn an_address_of_a_text_is_told_as_the_text_null_and_untouched_as_they_are() {
        let (text, empty) = (c"out of memory".as_ptr(), c"".as_ptr());
        assert_eq!(told(Some(text), true).as_deref(), Some(&b"out of memory\0"[..]));
        assert_eq!(told(Some(empty), true).as_deref(), Some(&b"\0"[..]));
        for ok in [true, false] {
            assert_eq!(told(Some(std::ptr::null()), ok).as_deref(), Some(&b""[..]));
            assert_eq!(told(None, ok), None);
        }
        // What a call that fails leaves there may lead anywhere.
        assert_eq!(told(Some(std::ptr::without_provenance(3)), false), None);
        let mut null = Output::null();
        // SAFETY: nothing is stored.
        unsafe { null.follow_text(true) };
        assert!(matches!(null.returned(None, true), Returned::Untouched));
    }
}
