//! What a call's success may depend on, and whether the vendor has accepted an equal call.

use std::ops::Range;

use ava_protocol::wire::Data;

use super::Call;
use crate::book::accepted::Key;
use crate::session::Foresight;

impl Call {
    /// Something else that the call's success may depend on.
    pub fn combine(&mut self, word: u64) {
        self.key.mix(word);
    }

    /// Nothing else that the call's success may depend on.
    pub fn combine_only(&mut self, object: u64, word: u64) {
        self.key = self.session.book.accepted.key(self.opcode);
        self.key.mix(object);
        self.key.mix(word);
    }

    /// Nothing says whether the vendor accepts the call.
    pub fn combine_nothing_known(&mut self) {
        self.key.never();
    }

    /// An argument likewise, with what it says.
    pub fn combine_bytes(&mut self, data: &Data<'_>) {
        if let Some(bytes) = self.said(data) {
            mix_all(&mut self.key, bytes);
        }
    }

    /// Structs of `size` bytes likewise, which `fields` fill.
    pub fn combine_structs(&mut self, data: &Data<'_>, size: usize, fields: &[Range<usize>]) {
        let Some(bytes) = self.said(data) else { return };
        for one in bytes.chunks(size) {
            for field in fields {
                mix_all(&mut self.key, &one[field.start.min(one.len())..field.end.min(one.len())]);
            }
        }
    }

    /// What an argument says, once its length is combined; `None` if there is nothing else to combine.
    fn said<'a>(&mut self, data: &'a Data<'_>) -> Option<&'a [u8]> {
        let bytes = match data {
            Data::Null => {
                self.key.mix(1);
                return None;
            }
            Data::Inline(bytes) => bytes,
            Data::Translated(bytes) => bytes.as_slice(),
            Data::Unread | Data::Unreadable | Data::Region(_) | Data::Fixed(_) => {
                self.key.never();
                return None;
            }
        };
        self.key.mix(bytes.len() as u64);
        Some(bytes)
    }

    /// Whether the vendor has accepted an equal call before, so that nobody needs to wait for it to say so again. If not, it
    /// is remembered when the vendor accepts this one.
    pub fn is_accepted(&mut self) -> bool {
        self.learns = true;
        if let Some(foresight) = self.session.foresight {
            match foresight.standing(self.session.api.work(self.opcode), self.in_place) {
                Some(word) => self.key.mix(word),
                None => self.key.never(),
            }
        }
        self.leaves() && self.session.book.accepted.contains(self.key)
    }

    /// Whether the call, a release, which does not fail, may go without waiting.
    pub fn may_leave(&self) -> bool {
        self.leaves() && self.session.foresight.is_none_or(Foresight::releases)
    }

    /// So many bytes of device memory at an address: what the call's success depends on is what memory that is.
    pub fn combine_extent(&mut self, address: u64, len: Option<u64>) {
        match len.and_then(|len| self.session.foresight?.extent(address, len)) {
            Some(word) => self.key.mix(word),
            None => self.key.never(),
        }
    }

    /// Device memory likewise, which is given back.
    pub fn combine_freed(&mut self, address: u64) {
        match self.session.foresight.and_then(|foresight| foresight.freed(address)) {
            Some(word) => self.key.mix(word),
            None => self.key.never(),
        }
    }

    /// The vendor has accepted the call.
    pub fn accept(&self) {
        self.session.book.accepted.insert(self.key);
    }

    /// Whether the call may go without waiting: what it leaves behind in this process is not needed any more.
    pub fn leaves(&self) -> bool {
        !self.session.book.accepted.is_strict()
            && self.taken.as_ref().is_none_or(|taken| taken.leases.is_empty() && taken.callbacks.is_empty())
    }
}

fn mix_all(key: &mut Key, bytes: &[u8]) {
    let (words, rest) = bytes.as_chunks();
    words.iter().for_each(|word| key.mix(u64::from_le_bytes(*word)));
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        key.mix(u64::from_le_bytes(word));
    }
}
