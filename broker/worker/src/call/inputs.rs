//! What goes into a call: copied out of the frame or a region, checked against the sizes that the table computes, and
//! handles looked up.

use ava_protocol::frame::{INLINE_BUDGET, Malformed};
use ava_protocol::layout::Rows;
use ava_protocol::spec::{ListSpec, Step, StructSpec, TaggedSpec};
use ava_protocol::wire::{ArchivedData, ArchivedTexts};

use super::{Call, Stop};
use crate::memory::{BEHIND, Code, Input, Output, Private, Source, Structs, TextArray, code, span};

impl Call<'_> {
    /// The bytes of an argument, copied.
    fn copied(&self, data: &ArchivedData<'_>) -> Result<Option<Private>, Malformed> {
        Ok(match data {
            ArchivedData::Null | ArchivedData::Unread | ArchivedData::Unreadable => None,
            ArchivedData::Inline(bytes) => Some(Private::copy(bytes)),
            ArchivedData::Translated(bytes) => Some(Private::copy(bytes)),
            ArchivedData::Region(slice) => {
                if let Some((known, bytes)) = &*self.lengths.borrow()
                    && known == slice
                {
                    return Ok(Some(Private::copy(bytes)));
                }
                let region = self.session.regions.find(slice)?;
                let mut private = Private::zeroed(slice.len.to_native() as usize);
                region.read(slice.offset.to_native(), private.bytes_mut());
                Some(private)
            }
            ArchivedData::Fixed(extent) => {
                let (address, len) = (extent.address.to_native(), extent.len.to_native());
                let (region, offset) = self.session.fixed.find(address, len)?;
                let mut private = Private::zeroed(len as usize);
                region.read(offset, private.bytes_mut());
                Some(private)
            }
        })
    }

    fn source(&self, data: &ArchivedData<'_>) -> Result<Source, Malformed> {
        Ok(match self.copied(data)? {
            Some(private) => Source::Private(private),
            None if matches!(data, ArchivedData::Null) => Source::Null,
            None if matches!(data, ArchivedData::Unreadable) => Source::Unreadable,
            None => Source::Unread,
        })
    }

    /// A text, with its NUL.
    pub fn text(&self, data: &ArchivedData<'_>) -> Result<Input, Malformed> {
        Ok(Input::new(match self.copied(data)? {
            Some(text) => {
                let mut bytes = text.bytes().to_vec();
                bytes.push(0);
                Source::Private(Private::copy(&bytes))
            }
            None if matches!(data, ArchivedData::Null) => Source::Null,
            None => Source::Unreadable,
        }))
    }

    pub fn texts(
        &self,
        texts: &ArchivedTexts<'_>,
        count: Option<u64>,
        lengths: Option<&ArchivedData<'_>>,
        what: &'static str,
    ) -> Result<TextArray, Malformed> {
        if matches!(texts.more, ArchivedData::Unreadable) {
            return Ok(TextArray::unreadable());
        }
        let null = texts.null;
        let present = texts.items.len() as u64;
        if !null && count != Some(present) {
            return Err(Malformed::Size { what, got: present, wanted: count.unwrap_or(u64::MAX) });
        }
        let told = lengths;
        let lengths = match told {
            Some(ArchivedData::Unread) if present > 0 => return Err(Malformed::Size { what, got: 0, wanted: present }),
            Some(lengths) => self.copied(lengths)?,
            None => None,
        };
        if let (Some(ArchivedData::Region(slice)), Some(lengths)) = (told, &lengths) {
            self.lengths.replace(Some((*slice, lengths.bytes().to_vec())));
        }
        let packed = self.copied(&texts.more)?;
        let mut rest = packed.as_ref().map(Private::bytes);
        let mut items = Vec::with_capacity(texts.items.len());
        for (i, item) in texts.items.iter().enumerate() {
            let mut bytes: &[u8] = item.as_ref().map_or(&[], |item| item);
            if let Some(packed) = &mut rest {
                let (len, after) = packed.split_first_chunk().ok_or(Malformed::Overflow(what))?;
                let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| Malformed::Overflow(what))?;
                (bytes, *packed) = after.split_at_checked(len).ok_or(Malformed::Overflow(what))?;
            }
            if item.is_none() {
                items.push(None);
                continue;
            }
            // The vendor reads as many bytes as the lengths say, or up to the NUL that is put here.
            let told = lengths.as_ref().and_then(|l| l.bytes().get(i * 8..i * 8 + 8)).map(|b| {
                let mut word = [0; 8];
                word.copy_from_slice(b);
                u64::from_le_bytes(word)
            });
            if told.is_some_and(|told| told > bytes.len() as u64) {
                return Err(Malformed::Size { what, got: bytes.len() as u64, wanted: told.unwrap_or(0) });
            }
            let mut with_nul = bytes.to_vec();
            with_nul.push(0);
            items.push(Some(Private::copy(&with_nul)));
        }
        if lengths.as_ref().is_some_and(|l| (l.bytes().len() / 8) < items.len()) {
            return Err(Malformed::Size { what, got: 0, wanted: items.len() as u64 });
        }
        Ok(TextArray::new(null, items))
    }

    /// Bytes that go in; `in_place` says that the vendor may use them where they lie. Where the sizes are not known, the
    /// vendor is given an address to refuse; where they are, nothing but bytes will do.
    pub fn input(
        &self,
        data: &ArchivedData<'_>,
        rows: Option<Rows>,
        in_place: bool,
        what: &'static str,
    ) -> Result<Input, Malformed> {
        let got = match data {
            ArchivedData::Null => return Ok(Input::new(Source::Null)),
            ArchivedData::Unreadable => return Ok(Input::new(Source::Unreadable)),
            ArchivedData::Unread => match span(rows) {
                Some((_, wanted)) if wanted > 0 => return Err(Malformed::Size { what, got: 0, wanted }),
                _ => return Ok(Input::new(Source::Unread)),
            },
            ArchivedData::Inline(bytes) => bytes.len() as u64,
            ArchivedData::Translated(bytes) => bytes.len() as u64,
            ArchivedData::Region(slice) => slice.len.to_native(),
            ArchivedData::Fixed(extent) => extent.len.to_native(),
        };
        let (rows, wanted) = span(rows).ok_or(Malformed::Overflow(what))?;
        if got != wanted {
            return Err(Malformed::Size { what, got, wanted });
        }
        let mut input = match data {
            ArchivedData::Region(slice) if in_place => {
                let region = self.session.regions.find(slice)?;
                let mut input = Input::new(Source::Shared(region, slice.offset.to_native()));
                input.pending = slice.pending.to_native();
                self.spoken_of(input.pending);
                input
            }
            _ => Input::new(self.source(data)?),
        };
        input.start = rows.start;
        input.amount = rows.bytes();
        Ok(input)
    }

    /// Bytes that the vendor does no more than copy. It uses them where they lie if the program has the same address there,
    /// and may do so after the call; or, during the call, if they are more than a frame takes.
    pub fn data(&self, data: &ArchivedData<'_>, rows: Option<Rows>, what: &'static str) -> Result<Input, Malformed> {
        let ArchivedData::Fixed(extent) = data else {
            let is_long = data.size().is_some_and(|len| len > INLINE_BUDGET as u64);
            return self.input(data, rows, is_long, what);
        };
        let (got, (rows, wanted)) = (extent.len.to_native(), span(rows).ok_or(Malformed::Overflow(what))?);
        if got != wanted {
            return Err(Malformed::Size { what, got, wanted });
        }
        let (region, offset) = self.session.fixed.find(extent.address.to_native(), got)?;
        let mut input = Input::new(Source::Shared(region, offset));
        (input.start, input.amount) = (rows.start, rows.bytes());
        Ok(input)
    }

    /// Code for devices, which says itself how long it is.
    pub fn binary(&self, data: &ArchivedData<'_>, what: &'static str) -> Result<Input, Malformed> {
        let len = match data {
            ArchivedData::Null | ArchivedData::Unreadable => return Ok(Input::new(self.source(data)?)),
            ArchivedData::Inline(bytes) => bytes.len(),
            ArchivedData::Translated(bytes) => bytes.len(),
            ArchivedData::Region(slice) => slice.len.to_native() as usize,
            // No shim sends such. What the vendor reads it reads for its length, too.
            ArchivedData::Unread | ArchivedData::Fixed(_) => return Err(Malformed::Body(what)),
        };
        // The region first: it bounds the length.
        let mut private = match data {
            ArchivedData::Region(slice) => {
                let region = self.session.regions.find(slice)?;
                let mut private = Private::zeroed(len + BEHIND);
                region.read(slice.offset.to_native(), &mut private.bytes_mut()[..len]);
                private
            }
            _ => Private::zeroed(len + BEHIND),
        };
        match data {
            ArchivedData::Inline(bytes) => private.bytes_mut()[..len].copy_from_slice(bytes),
            ArchivedData::Translated(bytes) => private.bytes_mut()[..len].copy_from_slice(bytes),
            _ => (),
        }
        let mut input = Input::new(match code(private, len).ok_or(Malformed::Body(what))? {
            Code::Whole(private) => Source::Private(private),
            Code::Less(cut) => Source::Cut(cut),
        });
        input.amount = len as u64;
        Ok(input)
    }

    pub fn handles(
        &self,
        data: &ArchivedData<'_>,
        count: Option<u64>,
        kind: u16,
        what: &'static str,
    ) -> Result<Input, Stop> {
        let rows = Rows::flat(count.and_then(|n| n.checked_mul(8)));
        let mut input = self.input(data, rows, false, what)?;
        let mut objects = Vec::new();
        if let Source::Private(private) = &mut input.source {
            for word in private.bytes_mut().chunks_exact_mut(8) {
                objects.extend(self.resolve(word, kind)?);
            }
        }
        input.objects = objects;
        Ok(input)
    }

    pub fn structs(
        &self,
        data: &ArchivedData<'_>,
        count: Option<u64>,
        spec: &'static StructSpec,
        what: &'static str,
    ) -> Result<Input, Stop> {
        if !spec.memory.is_empty() {
            return self.deep_structs(data, count, spec, what);
        }
        let rows = Rows::flat(count.and_then(|n| n.checked_mul(spec.size as u64)));
        let mut input = self.input(data, rows, false, what)?;
        let mut objects = Vec::new();
        if let Source::Private(private) = &mut input.source {
            for one in private.bytes_mut().chunks_exact_mut(spec.size) {
                if let Some(status) = spec.refusal(one) {
                    return Err(Stop::Refused(status));
                }
                spec.each_handle(one, |word, kind| {
                    objects.extend(self.resolve(word, kind)?);
                    Ok::<_, Stop>(())
                })?;
            }
        }
        input.objects = objects;
        Ok(input)
    }

    /// A struct by value.
    ///
    /// # Safety
    /// `T` may be any bytes.
    pub unsafe fn value<T: Copy>(&self, data: &ArchivedData<'_>, what: &'static str) -> Result<T, Stop> {
        let wanted = size_of::<T>() as u64;
        let input = self.input(data, Rows::flat(Some(wanted)), false, what)?;
        match &input.source {
            Source::Private(bytes) if bytes.bytes().len() as u64 >= wanted => {
                // SAFETY: as many bytes are there, and by the caller's promise they are a `T`.
                Ok(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
            }
            _ => Err(Malformed::Size { what, got: 0, wanted }.into()),
        }
    }

    /// Structs, with what they lead to, that go in.
    fn deep_structs(
        &self,
        data: &ArchivedData<'_>,
        count: Option<u64>,
        spec: &'static StructSpec,
        what: &'static str,
    ) -> Result<Input, Stop> {
        let Some(flat) = self.copied(data)? else {
            return Ok(self.input(data, Rows::flat(count), false, what)?);
        };
        let len = count.and_then(|n| n.checked_mul(spec.size as u64)).ok_or(Malformed::Overflow(what))?;
        Ok(Input::new(Source::Structs(Structs::build(spec, len, flat.bytes(), what)?)))
    }

    /// Structs, with what they lead to, that go in and come out, whatever the vendor makes of the call.
    pub fn exchange_structs(
        &self,
        data: &ArchivedData<'_>,
        count: Option<u64>,
        spec: &'static StructSpec,
        what: &'static str,
    ) -> Result<Output, Stop> {
        let region = match data {
            ArchivedData::Region(slice) => Some(self.session.regions.find(slice)?),
            _ => None,
        };
        Ok(match self.deep_structs(data, count, spec, what)?.source {
            Source::Structs(structs) => Output::structs(structs, region),
            Source::Private(private) => Output::exchanged(private),
            Source::Null => Output::null(),
            Source::Unreadable => Output::unreadable(),
            Source::Unread | Source::Cut(_) | Source::Shared(..) => Output::private(0),
        })
    }

    pub fn list(&self, data: &ArchivedData<'_>, spec: &ListSpec, what: &'static str) -> Result<Input, Stop> {
        if matches!(data, ArchivedData::Unread) {
            return Err(Malformed::Body(what).into());
        }
        let mut input = Input::new(self.source(data)?);
        if let Source::Private(private) = &mut input.source {
            let bytes = private.bytes_mut();
            let element = |i: usize| {
                let word = bytes.get(i * spec.size..(i + 1) * spec.size)?;
                Some(match spec.size {
                    4 => i64::from(i32::from_le_bytes(word.try_into().ok()?)),
                    _ => i64::from_le_bytes(word.try_into().ok()?),
                })
            };
            let mut handles = Vec::new();
            let mut refused = None;
            let walked = spec.walk(element, |step| match step {
                Step::Handle(at, kind) => handles.push((at, kind)),
                Step::Refused(status) => refused = Some(status),
            });
            walked.ok_or(Malformed::Overflow(what))?;
            if let Some(status) = refused {
                return Err(Stop::Refused(status));
            }
            for (at, kind) in handles {
                self.resolve(&mut bytes[at * spec.size..(at + 1) * spec.size], kind)?;
            }
        }
        Ok(input)
    }

    /// Whether a value with this key may go in.
    pub fn keyed(spec: &TaggedSpec, key: i64) -> Result<(), Stop> {
        spec.refusal(key).map_or(Ok(()), |status| Err(Stop::Refused(status)))
    }

    /// An id to the vendor's pointer, in place.
    fn resolve(&self, word: &mut [u8], kind: u16) -> Result<Option<u64>, Stop> {
        let mut id = [0; 8];
        id.copy_from_slice(word);
        let id = u64::from_le_bytes(id);
        // Not by `handle`: what is to be told of the object would be lost here.
        let pointer = match self.counted_handle(id, kind) {
            // One that is gone is no object: the vendor says so in its own words.
            Err(Stop::Refused(_)) => std::ptr::null_mut(),
            other => other?,
        };
        word.copy_from_slice(&(pointer as u64).to_le_bytes());
        Ok((id != 0).then_some(id))
    }
}
