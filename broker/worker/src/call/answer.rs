//! Answers to queries by key: vendor pointers become ids, and what cannot cross is taken out.

use std::ffi::c_void;

use ava_protocol::spec::{Answer, Step, TaggedSpec};

use super::Call;
use crate::gate;
use crate::hooks::InPlace;
use crate::memory::{NOWHERE, Output};
use crate::vendor::versions;

impl Call<'_> {
    /// Asks the vendor by `query(size, value, size_ret)` and brings the answer into a form that can cross.
    ///
    /// `about` is the id of the object that is asked about; `size` what the program says its memory holds.
    #[allow(clippy::too_many_arguments)]
    pub fn answer<S: Copy + Default + PartialEq + TryFrom<i64>>(
        &self,
        spec: &TaggedSpec,
        key: i64,
        about: u64,
        size: usize,
        value: &mut Output,
        size_ret: &mut Output,
        query: impl Fn(usize, *mut c_void, *mut usize) -> S,
    ) -> S {
        let table = self.session.table;
        let answer = spec.answer(key);
        if let Some(refusal) = spec.refusal(key) {
            // The vendor has words for what is wrong besides; what it would say to the key nobody can read.
            let status = query(0, std::ptr::null_mut(), &mut 0);
            return if status == S::default() { S::try_from(refusal).unwrap_or(status) } else { status };
        }
        if !matches!(answer, Some(Answer::Plain)) {
            value.withdraw();
        }
        let crosses = |name: &str| self.api.crosses(self.session.objects.pointer(about), name);
        match answer {
            Some(Answer::Names) => self.filtered(size, value, size_ret, query, |bytes| names(bytes, crosses)),
            Some(Answer::NameVersions { size: each, name }) => {
                self.filtered(size, value, size_ret, query, |bytes| name_versions(bytes, *each, *name, crosses))
            }
            Some(Answer::VersionText) => {
                self.filtered(size, value, size_ret, query, |bytes| versions::text(bytes, table.newest))
            }
            Some(Answer::Paths) if !self.session.included.is_empty() => {
                self.filtered(size, value, size_ret, query, |bytes| self.session.included.strip(bytes))
            }
            Some(Answer::VersionNumbers { size: each }) => {
                self.filtered(size, value, size_ret, query, |bytes| versions::numbers(bytes, *each, table.newest))
            }
            answer => {
                let status = query(size, value.as_mut_ptr(), size_ret.as_mut_ptr().cast());
                if status == S::default() && !value.is_null() {
                    let len = size_ret.scalar().unwrap_or(value.len());
                    match answer {
                        // SAFETY: the vendor has said that so much of the answer is addresses of texts.
                        Some(Answer::Texts) => unsafe { value.follow_texts(len) },
                        Some(Answer::Plain) | None => (),
                        answer => value.edit(len, |bytes| self.translate(answer, about, bytes)),
                    }
                }
                status
            }
        }
    }

    /// The vendor's answer becomes the program's, in place.
    pub(super) fn translate(&self, answer: Option<&Answer>, about: u64, bytes: &mut [u8]) {
        let objects = &self.session.objects;
        let before = objects.found();
        match answer {
            Some(Answer::Handles(kind)) => {
                each_word(bytes, |pointer| objects.intern_from(*kind, pointer as usize, &[about]));
            }
            Some(Answer::Hidden { size, bits }) => {
                for one in bytes.chunks_exact_mut(*size) {
                    for (byte, hidden) in one.iter_mut().zip(bits.to_le_bytes()) {
                        *byte &= !hidden;
                    }
                }
            }
            Some(Answer::VersionNumber) => {
                if let Some(version) = bytes.first_chunk_mut() {
                    *version = versions::number(*version, self.session.table.newest);
                }
            }
            Some(Answer::HostPtr) => {
                each_word(bytes, |pointer| self.session.residents.program_address(pointer as usize));
            }
            Some(Answer::DeviceMemory) => each_word(bytes, |there| gate::told_total(self.session, there)),
            Some(Answer::HostFlags) => each_word(bytes, |flags| self.program_flags(about, flags)),
            Some(Answer::List(list)) => {
                let mut handles = Vec::new();
                let element = |i: usize| {
                    let word = bytes.get(i * list.size..(i + 1) * list.size)?;
                    let mut wide = [0; 8];
                    wide[..list.size].copy_from_slice(word);
                    Some(i64::from_le_bytes(wide))
                };
                list.walk(element, |step| {
                    if let Step::Handle(at, kind) = step {
                        handles.push((at, kind));
                    }
                });
                for (at, kind) in handles {
                    let word = &mut bytes[at * list.size..(at + 1) * list.size];
                    each_word(word, |pointer| objects.intern_from(kind, pointer as usize, &[about]));
                }
            }
            _ => (),
        }
        self.named(before);
    }

    /// The flags that the program has made an object with.
    fn program_flags(&self, about: u64, vendors: u64) -> u64 {
        let Some(is) = self.api.in_place().map(InPlace::description) else { return vendors };
        let (how, parents) = (is.use_host | is.alloc_host | is.copy_host, self.session.objects.parents(about));
        self.session.residents.program_flags(about, &parents, vendors, how, is.use_host)
    }

    /// An answer whose length changes: asked for in full, filtered, and then given by the API's own rules.
    pub fn filtered<S: Copy + Default + PartialEq>(
        &self,
        size: usize,
        value: &mut Output,
        size_ret: &mut Output,
        query: impl Fn(usize, *mut c_void, *mut usize) -> S,
        filter: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> S {
        let mut len = 0;
        let status = query(0, std::ptr::null_mut(), &mut len);
        if status != S::default() {
            return status;
        }
        let mut full = vec![0_u8; len];
        let status = query(len, full.as_mut_ptr().cast(), &mut len);
        if status != S::default() {
            return status;
        }
        full.truncate(len);
        let filtered = filter(&full);
        if !value.is_null() && size < filtered.len() {
            // The vendor knows what it says to a program whose memory is too small.
            return query(0, NOWHERE, std::ptr::null_mut());
        }
        if !value.is_null() {
            value.set(&filtered);
        }
        size_ret.set_scalar(filtered.len() as u64);
        status
    }
}

/// Keeps the names that cross, in a list separated by spaces and ended by NUL. The spacing stays as it was.
fn names(bytes: &[u8], crosses: impl Fn(&str) -> bool) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\0');
    let kept: Vec<_> = text.split(' ').filter(|name| name.is_empty() || crosses(name)).collect();
    let mut kept = kept.join(" ").into_bytes();
    if bytes.ends_with(b"\0") {
        kept.push(0);
    }
    kept
}

fn name_versions(bytes: &[u8], size: usize, name: usize, crosses: impl Fn(&str) -> bool) -> Vec<u8> {
    let crosses = |one: &&[u8]| {
        let name = one[name..].split(|b| *b == 0).next().unwrap_or_default();
        std::str::from_utf8(name).is_ok_and(&crosses)
    };
    bytes.chunks_exact(size).filter(crosses).flatten().copied().collect()
}

fn each_word(bytes: &mut [u8], mut change: impl FnMut(u64) -> u64) {
    for word in bytes.chunks_exact_mut(8) {
        let mut value = [0; 8];
        value.copy_from_slice(word);
        word.copy_from_slice(&change(u64::from_le_bytes(value)).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crosses(name: &str) -> bool {
        ["cl_khr_fp64", "cl_khr_icd"].contains(&name)
    }

    #[test]
    fn names_that_do_not_cross_are_taken_out() {
        assert_eq!(names(b"cl_khr_fp64 cl_khr_gl_sharing  cl_khr_icd\0", crosses), b"cl_khr_fp64  cl_khr_icd\0");
        assert_eq!(names(b"cl_khr_gl_sharing cl_khr_fp64 \0", crosses), b"cl_khr_fp64 \0");
        assert_eq!(names(b"cl_khr_gl_sharing\0", crosses), b"\0");
    }

    #[test]
    fn names_with_versions_likewise() {
        let one = |name: &str| {
            let mut full = vec![0_u8; 68];
            full[4..4 + name.len()].copy_from_slice(name.as_bytes());
            full
        };
        let all = [one("cl_khr_gl_sharing"), one("cl_khr_icd")].concat();
        assert_eq!(name_versions(&all, 68, 4, crosses), one("cl_khr_icd"));
    }
}
