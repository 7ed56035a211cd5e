//! What comes out of a call: memory for it, of the sizes that the table computes.

use std::convert::Infallible;

use ava_protocol::frame::{self, Malformed};
use ava_protocol::layout::Rows;
use ava_protocol::spec::StructSpec;
use ava_protocol::wire::{ArchivedData, ArchivedPlace, ArchivedSlice};

use super::{Call, Outcome};
use crate::memory::{Output, Source, span};

impl Call<'_> {
    pub fn output(
        &self,
        place: &ArchivedPlace,
        count: Option<u64>,
        size: usize,
        what: &'static str,
    ) -> Result<Output, Malformed> {
        if let ArchivedPlace::Scalar(value) = place
            && count == Some(1)
            && size <= 8
        {
            return Ok(Output::seeded(value.to_native(), size));
        }
        let bytes = count.and_then(|n| n.checked_mul(size as u64));
        if let ArchivedPlace::Cut(slice) = place {
            return self.cut_output(slice.as_ref(), what);
        }
        // Not to be mistaken for a length that nobody knows. A query may say anything: there is no memory that it is about.
        if count.is_some() && bytes.is_none() && !matches!(place, ArchivedPlace::Null) {
            return Err(Malformed::Overflow(what));
        }
        let mut output = self.output_rows(place, Rows::flat(bytes), what)?;
        if size > 1 {
            // Not bytes but numbers or handles, which are looked at.
            output.withdraw();
        }
        Ok(output)
    }

    /// Room for bytes that nobody looks at here. The vendor writes them where the program has them if that is at the same
    /// address, and may do so after the call.
    pub fn room(&self, place: &ArchivedPlace, len: Option<u64>, what: &'static str) -> Result<Output, Malformed> {
        let ArchivedPlace::Fixed(extent) = place else { return self.output(place, len, 1, what) };
        let (got, wanted) = (extent.len.to_native(), len.ok_or(Malformed::Overflow(what))?);
        if got != wanted {
            return Err(Malformed::Size { what, got, wanted });
        }
        let (region, offset) = self.session.fixed.find(extent.address.to_native(), got)?;
        Ok(Output::fixed(region, offset, got))
    }

    /// Room for the address of a text that stays.
    pub fn text_place(place: &ArchivedPlace, what: &'static str) -> Result<Output, Malformed> {
        match place {
            ArchivedPlace::Null => Ok(Output::null()),
            ArchivedPlace::Inline => Ok(Output::of_text()),
            _ => Err(Malformed::Body(what)),
        }
    }

    /// Scalars that go in and come out, whatever the vendor makes of the call.
    pub fn exchange(
        &self,
        data: &ArchivedData<'_>,
        count: Option<u64>,
        size: usize,
        what: &'static str,
    ) -> Result<Output, Malformed> {
        let rows = Rows::flat(count.and_then(|n| n.checked_mul(size as u64)));
        Ok(match self.input(data, rows, false, what)?.source {
            Source::Null => Output::null(),
            Source::Private(private) => Output::exchanged(private),
            Source::Unreadable => Output::unreadable(),
            Source::Unread | Source::Structs(_) | Source::Cut(_) | Source::Shared(..) => Output::private(0),
        })
    }

    pub fn output_rows(
        &self,
        place: &ArchivedPlace,
        rows: Option<Rows>,
        what: &'static str,
    ) -> Result<Output, Malformed> {
        match place {
            ArchivedPlace::Null => Ok(Output::null()),
            ArchivedPlace::Cut(slice) => self.cut_output(slice.as_ref(), what),
            ArchivedPlace::Scalar(_) => Err(Malformed::Body(what)),
            ArchivedPlace::Inline => {
                // Without a size the vendor is given an address to refuse.
                let (rows, len) = span(rows).unwrap_or((Rows::NOTHING, 0));
                if len > frame::LONGEST as u64 {
                    return Err(Malformed::Size { what, got: frame::LONGEST as u64, wanted: len });
                }
                Ok(Output::private(len).in_rows(&rows))
            }
            ArchivedPlace::Region(slice) => {
                let (rows, wanted) = span(rows).ok_or(Malformed::Overflow(what))?;
                let region = self.session.regions.find(slice)?;
                if wanted > slice.len.to_native() {
                    return Err(Malformed::Size { what, got: slice.len.to_native(), wanted });
                }
                self.spoken_of(slice.pending.to_native());
                Ok(Output::shared(region, wanted, slice.pending.to_native()).in_rows(&rows))
            }
            // For bytes only: nobody is to write to what is looked at.
            ArchivedPlace::Fixed(_) => Err(Malformed::Body(what)),
        }
    }

    /// Memory for what comes out that ends where the program's does.
    fn cut_output(&self, slice: Option<&ArchivedSlice>, what: &'static str) -> Result<Output, Malformed> {
        let Some(slice) = slice else { return Ok(Output::unreadable()) };
        let region = self.session.regions.find(slice)?;
        Output::cut(region, slice.len.to_native()).map_err(|_| Malformed::Overflow(what))
    }

    /// The vendor's pointers in a result become ids.
    pub fn intern(&self, output: &mut Output, kind: u16) {
        self.intern_from(output, kind, &[]);
    }

    /// The same of objects that are found through others, with which they may end.
    pub fn intern_from(&self, output: &mut Output, kind: u16, from: &[u64]) {
        let objects = &self.session.objects;
        let before = objects.found();
        output.edit(u64::MAX, |bytes| to_ids(bytes, |pointer| objects.intern_from(kind, pointer, from)));
        self.named(before);
    }

    /// The same of what structs hold.
    pub fn intern_structs(&self, output: &mut Output, spec: &StructSpec) {
        let objects = &self.session.objects;
        let before = objects.found();
        output.edit(u64::MAX, |bytes| {
            for one in bytes.chunks_exact_mut(spec.size) {
                let Ok(()) = spec.each_handle(one, |word, kind| {
                    to_ids(word, |pointer| objects.intern_from(kind, pointer, &[]));
                    Ok::<_, Infallible>(())
                });
            }
        });
        self.named(before);
    }

    /// The vendor's pointers to new objects become ids.
    pub fn intern_new(&self, output: &mut Output, kind: u16, parents: &[u64]) -> Outcome {
        let objects = &self.session.objects;
        objects.check_room()?;
        output.edit(u64::MAX, |bytes| to_ids(bytes, |pointer| objects.intern_made(kind, pointer, parents)));
        Ok(())
    }
}

fn to_ids(bytes: &mut [u8], mut id: impl FnMut(usize) -> u64) {
    for word in bytes.chunks_exact_mut(8) {
        let mut pointer = [0; 8];
        pointer.copy_from_slice(word);
        let pointer = usize::from_le_bytes(pointer);
        let id = if pointer == 0 { 0 } else { id(pointer) };
        word.copy_from_slice(&id.to_le_bytes());
    }
}
