//! The cache of answers that never change, about objects and about classes of objects that answer alike.

use std::ffi::c_void;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use ava_protocol::ahead::{self, ArchivedKnown};
use ava_protocol::wire::ArchivedReturned;
use dashmap::DashMap;

use crate::base::maps;
use crate::book::accepted::mix;
use crate::book::handles::{ALIKE, Handles};

/// The most answers that are cached, about objects and about classes.
const MOST: usize = 64 << 10;
/// The longest answer that is cached, in bytes.
const LONGEST: usize = 16 << 10;
/// The same of an answer about a class.
const LONGEST_SHARED: usize = 256;
/// A bit of the function in questions about a class: the answer may change when something is done to an object.
pub const CHANGES: u64 = 1 << 32;
/// The most words of a question behind its object.
const WORDS: usize = 3;

/// Answers by what they are about: an object's id, or a class.
pub struct Answers {
    about: DashMap<u64, Vec<Answer>, BuildHasherDefault<Mixed>>,
    /// Those about objects, and those about classes.
    count: AtomicUsize,
    shared: AtomicUsize,
    most: usize,
    /// How often calls were sent with which answers may change.
    changes: AtomicU64,
}

/// What is known of an object; a list of these is sorted by question.
struct Answer {
    question: Words,
    bytes: Bytes,
}

/// The last word of a question first, and zeros behind the others: a function's questions are as long as each other.
type Words = [u64; WORDS];

impl Answer {
    /// One that the worker has sent unasked.
    fn brought((known, bytes): (&ArchivedKnown, &[u8])) -> Self {
        let function = u64::from(known.function.to_native()) | if known.changes { CHANGES } else { 0 };
        let question = [known.key.to_native() as u64, function, 0];
        Self { question, bytes: Bytes::new(bytes) }
    }
}

enum Bytes {
    Short(u8, [u8; ahead::LONGEST]),
    Long(Box<[u8]>),
}

impl Bytes {
    fn new(bytes: &[u8]) -> Self {
        let mut short = [0; ahead::LONGEST];
        match short.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                Self::Short(bytes.len() as u8, short)
            }
            None => Self::Long(bytes.into()),
        }
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Short(len, bytes) => &bytes[..usize::from(*len)],
            Self::Long(bytes) => bytes,
        }
    }
}

/// The object of a question, which is the function, the object, and what else was asked; and the other words.
fn split(question: &[u64]) -> Option<(u64, Words)> {
    let (function, about, rest) = match question {
        [function, about, rest @ ..] if rest.len() < WORDS => (*function, *about, rest),
        _ => return None,
    };
    let mut words = [0; WORDS];
    rest.iter().rev().chain([&function]).zip(&mut words).for_each(|(word, place)| *place = *word);
    Some((about, words))
}

impl Answers {
    /// With `strict`, nothing is cached.
    pub fn new(strict: bool) -> Self {
        let most = if strict { 0 } else { MOST };
        let (count, shared, changes) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicU64::new(0));
        Self { about: maps::busy(), count, shared, most, changes }
    }

    /// Answers a question: the function, the object or the class that it is about, and what else was asked.
    ///
    /// `size` is how many bytes `value` leads to, if it is not null; `size_ret` is null or gets the answer's size. `false`
    /// if the answer is not known, or the vendor would complain about the size.
    ///
    /// # Safety
    /// The pointers are null or lead to what they are said to.
    pub unsafe fn recall(&self, question: &[u64], value: *mut c_void, size: u64, size_ret: *mut usize) -> bool {
        self.give(question, |bytes| {
            if !value.is_null() && size < bytes.len() as u64 {
                return false;
            }
            // SAFETY: by the caller's promise; the size was compared.
            unsafe {
                if !value.is_null() {
                    std::ptr::copy_nonoverlapping(bytes.as_ptr(), value.cast(), bytes.len());
                }
                if !size_ret.is_null() {
                    size_ret.write(bytes.len());
                }
            }
            true
        })
    }

    /// Gives the answer to a question to `take`, which says whether it did; `false` if it is not known.
    pub fn give(&self, question: &[u64], take: impl FnOnce(&[u8]) -> bool) -> bool {
        let Some((about, words)) = split(question) else { return false };
        let Some(known) = self.about.get(&about) else { return false };
        let at = known.binary_search_by(|answer| answer.question.cmp(&words));
        at.is_ok_and(|at| take(known[at].bytes.as_slice()))
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
        let Some((about, words)) = split(question) else { return };
        if value.is_null() || len > LONGEST {
            return;
        }
        // SAFETY: by the caller's promise.
        let bytes = Bytes::new(unsafe { std::slice::from_raw_parts(value.cast::<u8>(), len) });
        self.insert(handles, about, [Answer { question: words, bytes }].into_iter());
    }

    /// Caches an answer about an object, or about all objects of a class; `bytes` are the program's.
    pub fn learn(&self, handles: &Handles, question: &[u64], bytes: &[u8]) {
        if let Some((about, words)) = split(question)
            && bytes.len() <= LONGEST_SHARED
        {
            let new = [Answer { question: words, bytes: Bytes::new(bytes) }].into_iter();
            if about & ALIKE == 0 {
                self.insert(handles, about, new);
            } else {
                self.insert_shared(about, new);
            }
        }
    }

    /// A call was sent with which answers may change.
    pub fn change(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// How often that was done.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Caches what the worker has sent unasked, all of one object; `bytes` are the program's.
    pub fn bring<'a>(&self, handles: &Handles, about: u64, known: impl Iterator<Item = (&'a ArchivedKnown, &'a [u8])>) {
        self.insert(handles, about, known.map(Answer::brought));
    }

    /// The same about all objects of a class.
    pub fn bring_shared<'a>(&self, class: u64, known: impl Iterator<Item = (&'a ArchivedKnown, &'a [u8])>) {
        self.insert_shared(class, known.map(Answer::brought));
    }

    fn insert(&self, handles: &Handles, about: u64, new: impl Iterator<Item = Answer>) {
        // If the object is released at the same time, its answers are removed: the mark is set first, so that the removal
        // sees it.
        if self.count.load(Ordering::Relaxed) < self.most && handles.mark_remembered(about) {
            self.put(about, new, &self.count);
        }
    }

    /// Of no class is known whether there will be more objects: when there are too many, all are learnt anew.
    fn insert_shared(&self, class: u64, new: impl Iterator<Item = Answer>) {
        if self.most == 0 {
            return;
        }
        if self.shared.load(Ordering::Relaxed) >= self.most {
            self.shared.store(0, Ordering::Relaxed);
            self.about.retain(|about, _| about & ALIKE == 0);
        }
        self.put(class, new, &self.shared);
    }

    fn put(&self, about: u64, new: impl Iterator<Item = Answer>, count: &AtomicUsize) {
        let mut new = new.peekable();
        if new.peek().is_none() {
            return;
        }
        let mut known = self.about.entry(about).or_default();
        let before = known.len();
        for answer in new {
            match known.binary_search_by(|other| other.question.cmp(&answer.question)) {
                Ok(at) => known[at] = answer,
                Err(at) => known.insert(at, answer),
            }
        }
        count.fetch_add(known.len() - before, Ordering::Relaxed);
    }

    /// The session is lost: no later query names its objects.
    pub fn clear(&self) {
        self.about.clear();
        self.about.shrink_to_fit();
    }

    /// The object is released.
    pub fn forget(&self, object: u64) {
        if let Some((_, known)) = self.about.remove(&object) {
            self.count.fetch_sub(known.len(), Ordering::Relaxed);
        }
    }
}

/// Ids count up: what a map goes by is to differ in every bit.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = mix(self.0, (*byte).into()));
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = mix(self.0, id);
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::ahead::Known;
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
            Self { handles: Handles::new(range, 1, &[]), answers: Answers::new(strict) }
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

        fn bring(&self, object: u64, answers: &[(u32, i64, &[u8])]) {
            let known = |(function, key, bytes): &(u32, i64, &[u8])| Known {
                object,
                key: *key,
                value: [0; ahead::LONGEST],
                function: *function,
                kind: 0,
                len: bytes.len() as u8,
                changes: false,
            };
            let known = rkyv::to_bytes::<Failure>(&answers.iter().map(known).collect::<Vec<_>>()).unwrap();
            let known = rkyv::access::<rkyv::vec::ArchivedVec<ArchivedKnown>, Failure>(&known).unwrap();
            self.answers.bring(
                &self.handles,
                object,
                known.iter().zip(answers).map(|(known, (.., bytes))| (known, *bytes)),
            );
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
        let long = [7, one, SIZE, 0, 0];
        for question in
            [&[7, other, SIZE][..], &[8, one, SIZE], &[7, one, SIZE + 1], &[7, one], &[9, one, SIZE, 0], &long]
        {
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
        scene.bring(one, &[(7, 1, b"a")]);
        assert_eq!(scene.recall(&[7, one, 1], 1), None);
        scene.answers.clear();
        assert_eq!(scene.recall(&[7, other, 1], 1), None);
    }

    #[test]
    fn a_class_is_as_any_object_and_outlives_them() {
        let scene = Scene::new(false);
        let (object, class) = (scene.object(), ALIKE | 7);
        scene.remember(&[7, object, 1], b"own");
        scene.answers.learn(&scene.handles, &[7, class, 1], b"all");
        scene.answers.learn(&scene.handles, &[7, class, 2], &[1; LONGEST_SHARED + 1]);
        scene.answers.forget(object);
        assert_eq!((scene.recall(&[7, object, 1], 3), scene.recall(&[7, class, 2], LONGEST)), (None, None));
        assert_eq!(scene.recall(&[7, class, 1], 3).unwrap(), b"all");
        let strict = Scene::new(true);
        strict.answers.learn(&strict.handles, &[7, class, 1], b"all");
        assert_eq!(strict.recall(&[7, class, 1], 3), None);
    }

    #[test]
    fn too_many_classes_are_learnt_anew_and_objects_are_left_alone() {
        let scene = Scene::new(false);
        let object = scene.object();
        scene.remember(&[7, object, 1], b"own");
        for class in 0..=MOST as u64 {
            scene.answers.learn(&scene.handles, &[7, ALIKE | class, 1], b"all");
        }
        assert_eq!(scene.answers.about.len(), 2);
        assert!(scene.recall(&[7, ALIKE | MOST as u64, 1], 3).is_some() && scene.recall(&[7, object, 1], 3).is_some());
    }

    #[test]
    fn what_is_sent_unasked_is_an_answer_as_any_other() {
        let scene = Scene::new(false);
        let object = scene.object();
        scene.remember(&[7, object, 3], b"before");
        scene.bring(object, &[(7, 2, b"two"), (7, 1, b"one"), (8, 1, &[1; ahead::LONGEST]), (7, 3, b"three")]);
        let answers = [(7, 1, &b"one"[..]), (7, 2, b"two"), (7, 3, b"three"), (8, 1, &[1; ahead::LONGEST])];
        for (function, key, answer) in answers {
            assert_eq!(scene.recall(&[function, object, key], 100).unwrap(), answer);
        }
        assert_eq!((scene.recall(&[8, object, 2], 100), scene.answers.count.load(Ordering::Relaxed)), (None, 4));
        let strict = Scene::new(true);
        let object = strict.object();
        strict.bring(object, &[(7, 1, b"one")]);
        assert_eq!(strict.recall(&[7, object, 1], 100), None);
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
