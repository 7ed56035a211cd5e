//! Questions about objects that answer alike: what the vendor has said of one it would say of each that was made by an equal call.
//!
//! - An answer that stays is the class's, unless it is an address, or another object that may be like others: then it is the
//!   object's own.
//! - What may change has not changed of an object to which nothing was done since it was made, and which nobody else has been given.

use std::ffi::c_void;

use ava_protocol::spec::{Answer, TaggedSpec};
use ava_protocol::wire::ArchivedReturned;

use super::Book;
use super::answers::{Answers, CHANGES};
use super::handles::{Found, Handles};

/// A question about an object of a type that is made alike.
pub struct Asked<'a> {
    answers: &'a Answers,
    handles: &'a Handles,
    object: *mut c_void,
    /// The object's handle type.
    kind: u16,
    function: u32,
    key: i64,
    values: &'static TaggedSpec,
}

impl<'a> Asked<'a> {
    pub fn new(
        book: &'a Book,
        object: *mut c_void,
        kind: u16,
        function: u32,
        key: i64,
        values: &'static TaggedSpec,
    ) -> Self {
        Self { answers: &book.answers, handles: &book.handles, object, kind, function, key, values }
    }

    fn found(&self) -> Option<Found> {
        self.handles.find(self.object, self.kind)
    }

    /// The question about an object or a class.
    fn about(&self, about: u64) -> [u64; 3] {
        [self.function.into(), about, self.key as u64]
    }

    /// The question about a class as long as nothing was done to the object.
    fn about_new(&self, class: u64) -> [u64; 3] {
        [u64::from(self.function) | CHANGES, class, self.key as u64]
    }

    /// Answers it, if the answer is known; as [`Answers::recall`] does. The answer stays
    /// if `is_final`.
    ///
    /// # Safety
    /// The pointers are null or lead to what they are said to.
    pub unsafe fn recall(&self, is_final: bool, value: *mut c_void, size: u64, size_ret: *mut usize) -> bool {
        let Some(found) = self.found() else { return false };
        // SAFETY: by the caller's promise.
        let recall = |question: [u64; 3]| unsafe { self.answers.recall(&question, value, size, size_ret) };
        let Some(class) = found.alike() else { return is_final && recall(self.about(found.id)) };
        if is_final && (recall(self.about(class)) || recall(self.about(found.id))) {
            return true;
        }
        if !found.untouched || !recall(self.about_new(class)) {
            return false;
        }
        if let (Some(Answer::References), false) = (self.values.answer(self.key), value.is_null()) {
            let count = value.cast::<u32>();
            // SAFETY: the answer is a count in 4 bytes, for which there was room.
            unsafe { count.write_unaligned(count.read_unaligned().saturating_add(self.extra_references())) };
        }
        true
    }

    /// What the vendor has answered, read from the program's memory; it stays if `is_final`.
    ///
    /// # Safety
    /// `value` is null or holds what the vendor returned.
    pub unsafe fn remember(&self, is_final: bool, value: *const c_void, returned: &ArchivedReturned<'_>) {
        let (Some(found), Some(answer)) = (self.found(), self.values.answer(self.key)) else { return };
        let stays = is_final && self.values.stays(self.key);
        let class = found.alike();
        // SAFETY: by the caller's promise.
        let bytes = class.and_then(|_| unsafe { short(value, returned) });
        if let (Some(class), Some(bytes)) = (class, bytes) {
            let is_shared = answer.is_shared(bytes, |kind| self.handles.are_alike(kind));
            if stays && is_shared {
                return self.answers.learn(self.handles, &self.about(class), bytes);
            }
            if !stays && found.untouched {
                if let (Answer::References, Ok(told)) = (answer, <[u8; 4]>::try_from(bytes)) {
                    let vendors = u32::from_le_bytes(told).saturating_sub(self.extra_references());
                    self.answers.learn(self.handles, &self.about_new(class), &vendors.to_le_bytes());
                } else if is_shared {
                    self.answers.learn(self.handles, &self.about_new(class), bytes);
                }
            }
        }
        if stays {
            // SAFETY: by the caller's promise.
            unsafe { self.answers.remember(self.handles, &self.about(found.id), value, returned) };
        }
    }

    fn extra_references(&self) -> u32 {
        self.handles.extra_references_of(self.object)
    }
}

/// The bytes of an answer that came in the reply.
///
/// # Safety
/// `value` is null or holds what the vendor returned.
unsafe fn short<'a>(value: *const c_void, returned: &ArchivedReturned<'_>) -> Option<&'a [u8]> {
    match returned {
        ArchivedReturned::Inline(bytes) if !value.is_null() => {
            // SAFETY: by the caller's promise.
            Some(unsafe { std::slice::from_raw_parts(value.cast(), bytes.len()) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::spec::KindSpec;
    use ava_protocol::wire::Returned;
    use rkyv::rancor::Failure;

    use super::super::handles::{ALIKE, Range};
    use super::*;

    const CONTEXT: u16 = 1;
    const BUFFER: u16 = 2;
    const CLASS: u64 = ALIKE | 7;
    const SIZE: i64 = 1;
    const MAPS: i64 = 2;
    const COUNT: i64 = 3;
    const HOST: i64 = 4;
    const OF: i64 = 5;
    const PARENT: i64 = 6;
    const TEXT: i64 = 7;
    static VALUES: TaggedSpec = TaggedSpec {
        otherwise: -1,
        answers: &[
            (SIZE, Answer::Plain),
            (MAPS, Answer::Plain),
            (COUNT, Answer::References),
            (HOST, Answer::HostPtr),
            (OF, Answer::Handles(CONTEXT)),
            (PARENT, Answer::Handles(BUFFER)),
            (TEXT, Answer::Names),
        ],
    };

    struct Scene {
        answers: Answers,
        handles: Handles,
    }

    impl Scene {
        fn new() -> Self {
            let range = Box::leak(Box::new(Range::new(true, std::ptr::null()).unwrap()));
            let kinds = Box::leak(Box::new([
                KindSpec::named("context"),
                KindSpec { alike: true, ..KindSpec::named("buffer") },
            ]));
            Self { answers: Answers::new(false), handles: Handles::new(range, 1, kinds) }
        }

        fn object(&self, class: u64) -> *mut c_void {
            self.handles.pointer(self.handles.mint(BUFFER, class, 0).unwrap())
        }

        fn asked(&self, object: *mut c_void, key: i64) -> Asked<'_> {
            let (answers, handles) = (&self.answers, &self.handles);
            Asked { answers, handles, object, kind: BUFFER, function: 9, key, values: &VALUES }
        }

        /// The vendor is asked, and answers.
        fn answer(&self, object: *mut c_void, key: i64, answer: u32) {
            let bytes = answer.to_le_bytes();
            let returned = rkyv::to_bytes::<Failure>(&Returned::Inline(&bytes)).unwrap();
            let returned = rkyv::access::<ArchivedReturned<'_>, Failure>(&returned).unwrap();
            // SAFETY: it holds what is said to have been returned.
            unsafe { self.asked(object, key).remember(key != MAPS, bytes.as_ptr().cast(), returned) };
        }

        /// What the program is told without asking the vendor.
        fn told(&self, object: *mut c_void, key: i64) -> Option<u32> {
            let (mut value, mut size) = (0_u32, 0);
            let place = (&raw mut value).cast();
            // SAFETY: both have room.
            let known = unsafe { self.asked(object, key).recall(key != MAPS, place, 4, &raw mut size) };
            known.then_some(value)
        }
    }

    #[test]
    fn what_stays_is_told_of_all_of_a_class_and_of_no_other() {
        let scene = Scene::new();
        let (one, like, other, unlike) =
            (scene.object(CLASS), scene.object(CLASS), scene.object(CLASS + 1), scene.object(0));
        for key in [SIZE, OF] {
            scene.answer(one, key, 4096);
            assert_eq!(
                [one, like, other, unlike].map(|object| scene.told(object, key)),
                [Some(4096), Some(4096), None, None]
            );
            scene.answer(unlike, key, 5);
            assert_eq!([like, other, unlike].map(|object| scene.told(object, key)), [Some(4096), None, Some(5)]);
        }
        // A part was made of it, for instance.
        scene.handles.set_class(like, 0);
        assert_eq!(scene.told(like, SIZE), None);
    }

    #[test]
    fn addresses_texts_and_what_is_alike_itself_are_the_objects_own() {
        let scene = Scene::new();
        let (one, like) = (scene.object(CLASS), scene.object(CLASS));
        for key in [HOST, PARENT, TEXT] {
            scene.answer(one, key, 64);
            assert_eq!((scene.told(one, key), scene.told(like, key)), (Some(64), None), "{key}");
        }
        for key in [HOST, PARENT] {
            scene.answer(like, key, 0);
            assert_eq!(scene.told(scene.object(CLASS), key), Some(0), "{key}");
        }
    }

    #[test]
    fn what_may_change_is_told_of_what_nothing_was_done_to() {
        let scene = Scene::new();
        let (one, like, touched) = (scene.object(CLASS), scene.object(CLASS), scene.object(CLASS));
        scene.handles.touch(touched);
        scene.answer(touched, MAPS, 3);
        assert_eq!([one, touched].map(|object| scene.told(object, MAPS)), [None, None]);
        scene.answer(one, MAPS, 0);
        assert_eq!([one, like, touched].map(|object| scene.told(object, MAPS)), [Some(0), Some(0), None]);
        scene.handles.touch(like);
        assert_eq!(scene.told(like, MAPS), None);
        scene.answer(scene.object(0), MAPS, 0);
        assert_eq!(scene.told(scene.object(0), MAPS), None);
    }

    #[test]
    fn references_are_the_vendors_and_ours() {
        let scene = Scene::new();
        let (one, like) = (scene.object(CLASS), scene.object(CLASS));
        assert!(scene.handles.retain(one, BUFFER));
        scene.answer(one, COUNT, 2);
        assert_eq!([one, like].map(|object| scene.told(object, COUNT)), [Some(2), Some(1)]);
        assert!(scene.handles.retain(like, BUFFER) && scene.handles.retain(like, BUFFER));
        assert_eq!(scene.told(like, COUNT), Some(3));
        scene.handles.touch(like);
        assert_eq!(scene.told(like, COUNT), None);
    }
}
