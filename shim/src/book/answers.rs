//! The cache of answers that never change.

use std::ffi::c_void;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};

use ava_protocol::wire::ArchivedReturned;
use dashmap::DashMap;

use crate::base::maps;
use crate::book::accepted::mix;
use crate::book::handles::Handles;

/// The most answers that are cached.
const MOST: usize = 64 << 10;
/// The longest answer that is cached, in bytes.
const LONGEST: usize = 16 << 10;

/// Answers by the digest of their question, and the digests by the object that they are about.
pub struct Answers {
    known: DashMap<u64, Answer, BuildHasherDefault<Digest>>,
    about: DashMap<u64, Vec<u64>>,
    count: AtomicUsize,
    most: usize,
}

struct Answer {
    question: Box<[u64]>,
    bytes: Box<[u8]>,
}

impl Answers {
    /// With `strict`, nothing is cached.
    pub fn new(strict: bool) -> Self {
        let most = if strict { 0 } else { MOST };
        Self { known: maps::busy(), about: maps::quiet(), count: AtomicUsize::new(0), most }
    }

    /// Answers a question: the function, the object that it is about, and what else was asked.
    ///
    /// `size` is how many bytes `value` leads to, if it is not null; `size_ret` is null or gets the answer's size. `false`
    /// if the answer is not known, or the vendor would complain about the size.
    ///
    /// # Safety
    /// The pointers are null or lead to what they are said to.
    pub unsafe fn recall(&self, question: &[u64], value: *mut c_void, size: u64, size_ret: *mut usize) -> bool {
        let Some(answer) = self.known.get(&digest(question)) else { return false };
        if *answer.question != *question || (!value.is_null() && size < answer.bytes.len() as u64) {
            return false;
        }
        // SAFETY: by the caller's promise; the size was compared.
        unsafe {
            if !value.is_null() {
                std::ptr::copy_nonoverlapping(answer.bytes.as_ptr(), value.cast(), answer.bytes.len());
            }
            if !size_ret.is_null() {
                size_ret.write(answer.bytes.len());
            }
        }
        true
    }

    /// Caches an answer, read from the program's memory.
    ///
    /// # Safety
    /// `value` is null or holds what the vendor returned.
    pub unsafe fn remember(
        &self,
        handles: &Handles,
        question: &[u64],
        value: *const c_void,
        returned: &ArchivedReturned<'_>,
    ) {
        let len = match returned {
            ArchivedReturned::Untouched => return,
            ArchivedReturned::Inline(bytes) => bytes.len(),
            ArchivedReturned::Region(len) => len.to_native() as usize,
        };
        let Some(about) = question.get(1) else { return };
        if value.is_null() || len > LONGEST || self.count.load(Ordering::Relaxed) >= self.most {
            return;
        }
        // SAFETY: by the caller's promise.
        let bytes = unsafe { std::slice::from_raw_parts(value.cast::<u8>(), len) }.into();
        let digest = digest(question);
        // If the object is released at the same time, its answers are removed: the mark is set first, so that the removal
        // sees it.
        if !handles.mark_remembered(*about) {
            return;
        }
        if self.known.insert(digest, Answer { question: question.into(), bytes }).is_none() {
            self.count.fetch_add(1, Ordering::Relaxed);
            self.about.entry(*about).or_default().push(digest);
        }
    }

    /// The session is lost: no later query names its objects.
    pub fn clear(&self) {
        self.known.clear();
        self.known.shrink_to_fit();
        self.about.clear();
        self.about.shrink_to_fit();
    }

    /// The object is released.
    pub fn forget(&self, object: u64) {
        for digest in self.about.remove(&object).map(|(_, digests)| digests).unwrap_or_default() {
            if self.known.remove(&digest).is_some() {
                self.count.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

fn digest(question: &[u64]) -> u64 {
    question.iter().fold(1, |digest, word| mix(digest, *word))
}

/// Digests are hashes already.
#[derive(Default)]
struct Digest(u64);

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = mix(self.0, (*byte).into()));
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::wire::Returned;
    use rkyv::rancor::Failure;

    use super::*;
    use crate::book::handles::Range;

    const BUFFER: u16 = 2;
    const SIZE: u64 = 0x1102;

    struct Scene {
        handles: Handles,
        answers: Answers,
    }

    impl Scene {
        fn new(strict: bool) -> Self {
            let range = Box::leak(Box::new(Range::new(true, std::ptr::null()).unwrap()));
            Self { handles: Handles::new(range, 1), answers: Answers::new(strict) }
        }

        fn object(&self) -> u64 {
            self.handles.mint(BUFFER, 0, 0).unwrap()
        }

        fn remember(&self, question: &[u64], answer: &[u8]) {
            let returned = rkyv::to_bytes::<Failure>(&Returned::Inline(answer)).unwrap();
            let returned = rkyv::access::<ArchivedReturned<'_>, Failure>(&returned).unwrap();
            // SAFETY: it holds what is said to have been returned.
            unsafe { self.answers.remember(&self.handles, question, answer.as_ptr().cast(), returned) };
        }

        /// The answer where there is room for `room` bytes.
        fn recall(&self, question: &[u64], room: usize) -> Option<Vec<u8>> {
            let (mut value, mut size) = (vec![0xee; room], 0);
            // SAFETY: both have room.
            let known = unsafe { self.answers.recall(question, value.as_mut_ptr().cast(), room as u64, &raw mut size) };
            assert!(known || value.iter().all(|byte| *byte == 0xee), "half an answer");
            known.then(|| value[..size].to_vec())
        }
    }

    #[test]
    fn a_question_is_answered_as_it_was_and_no_other_is() {
        let scene = Scene::new(false);
        let (one, other) = (scene.object(), scene.object());
        scene.remember(&[7, one, SIZE], b"answer");
        assert_eq!(scene.recall(&[7, one, SIZE], 6).unwrap(), b"answer");
        assert_eq!(scene.recall(&[7, one, SIZE], 100).unwrap(), b"answer");
        for question in [&[7, other, SIZE][..], &[8, one, SIZE], &[7, one, SIZE + 1], &[7, one], &[7, one, SIZE, 0]] {
            assert_eq!(scene.recall(question, 100), None, "{question:?}");
        }
        // The vendor complains about the size.
        assert_eq!(scene.recall(&[7, one, SIZE], 5), None);
    }

    #[test]
    fn who_asks_for_the_size_or_nothing_only_gets_that() {
        let scene = Scene::new(false);
        let question = [7, scene.object(), SIZE];
        scene.remember(&question, b"answer");
        let (mut size, null) = (0, std::ptr::null_mut());
        // SAFETY: null, or with room.
        assert!(unsafe { scene.answers.recall(&question, null, 0, &raw mut size) });
        assert_eq!(size, 6);
        // SAFETY: both are null.
        assert!(unsafe { scene.answers.recall(&question, null, 0, std::ptr::null_mut()) });
    }

    #[test]
    fn what_is_asked_of_an_object_goes_with_it() {
        let scene = Scene::new(false);
        let (one, other) = (scene.object(), scene.object());
        scene.remember(&[7, one, 1], b"a");
        scene.remember(&[7, one, 2], b"b");
        scene.remember(&[7, other, 1], b"c");
        assert!(scene.handles.forget(one), "something is remembered about it");
        scene.answers.forget(one);
        assert_eq!((scene.recall(&[7, one, 1], 1), scene.recall(&[7, one, 2], 1)), (None, None));
        assert_eq!(scene.recall(&[7, other, 1], 1).unwrap(), b"c");
        assert_eq!(scene.answers.count.load(Ordering::Relaxed), 1);
        // The reply came after the object had gone.
        scene.remember(&[7, one, 1], b"a");
        assert_eq!(scene.recall(&[7, one, 1], 1), None);
        scene.answers.clear();
        assert_eq!(scene.recall(&[7, other, 1], 1), None);
    }

    #[test]
    fn so_much_is_remembered_and_strictly_nothing() {
        let scene = Scene::new(false);
        let object = scene.object();
        scene.remember(&[7, object, 1], &[1; LONGEST]);
        scene.remember(&[7, object, 2], &[1; LONGEST + 1]);
        assert!(scene.recall(&[7, object, 1], LONGEST).is_some());
        assert_eq!(scene.recall(&[7, object, 2], LONGEST + 1), None);
        scene.answers.count.store(MOST, Ordering::Relaxed);
        scene.remember(&[7, object, 3], b"more");
        assert_eq!(scene.recall(&[7, object, 3], 4), None);

        let strict = Scene::new(true);
        let question = [7, strict.object(), 1];
        strict.remember(&question, b"answer");
        assert_eq!(strict.recall(&question, 6), None);
    }
}
