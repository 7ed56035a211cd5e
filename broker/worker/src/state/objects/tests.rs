use ava_protocol::api::APIS;

use super::*;

fn none() -> Objects {
    Objects::new(APIS[0].kinds, Usage::unread(APIS[0]))
}

#[test]
fn an_object_outlives_its_release_as_long_as_something_made_from_it_is_left() {
    let objects = none();
    objects.bind(1, 1, 0x10, &[], 0).unwrap();
    objects.bind(2, 2, 0x20, &[1], 64).unwrap();
    assert!(matches!(objects.bind(2, 2, 0x28, &[], 0), Err(Malformed::Id(2))));
    objects.released(1);
    assert!(matches!(objects.find(1, 1), Ok(Found::Pointer(0x10))));
    assert_eq!((objects.intern(1, 0x10), objects.usage.memory()), (1, 64));
    objects.released(2);
    let mut told = Vec::new();
    objects.notices(9, &mut told);
    assert_eq!(told, [Notice::Gone { object: 2 }, Notice::Gone { object: 1 }]);
    assert_eq!(objects.usage.memory(), 0);
    assert!(matches!(objects.find(1, 1), Ok(Found::Gone)));
    assert_ne!(objects.intern(1, 0x10), 1);
}

#[test]
fn a_kernel_knows_where_its_launches_are_counted() {
    let objects = none();
    objects.bind(1, 1, 0x10, &[], 0).unwrap();
    objects.bind(2, 1, 0x20, &[], 0).unwrap();
    let tally = objects.usage.tally(Some("turn"));
    objects.count_as(1, tally);
    objects.count_as(9, tally);
    let counted = [1, 2].map(|id| objects.look(id, 1).unwrap().1);
    assert_eq!(counted, [Some(tally), None]);
    assert_eq!((objects.known(2), objects.known(9)), (Some((1, 0x20)), None));
}

#[test]
fn threads_that_release_at_the_same_moment_are_both_told_that_it_may_be_the_last_time() {
    let objects = none();
    objects.bind(1, 1, 0x10, &[], 0).unwrap();
    objects.retained(1);
    assert_eq!((objects.leaving(1), objects.leaving(1)), (None, Some(0x10)));
    assert_eq!((objects.released(1), objects.released(1)), (vec![], vec![1]));
}

#[test]
fn what_the_vendor_named_unasked_is_never_forgotten() {
    let objects = none();
    let device = objects.intern(3, 0x30);
    objects.retained(device);
    objects.released(device);
    objects.released(device);
    assert!(matches!(objects.find(device, 3), Ok(Found::Pointer(0x30))));
}

#[test]
fn what_the_vendor_hands_over_has_the_id_that_it_was_named_by_and_goes_with_its_release() {
    let objects = none();
    objects.bind(1, 1, 0x10, &[], 0).unwrap();
    assert_eq!((objects.intern_handed_over(1, 0x10), objects.intern_handed_over(1, 0)), (1, 0));
    let named = objects.intern(1, 0x20);
    assert_eq!(objects.intern_handed_over(1, 0x20), named);
    let unheard = objects.intern_handed_over(1, 0x30);
    objects.bind(2, 1, 0x40, &[], 0).unwrap();
    objects.leaving(2);
    assert_ne!(objects.intern_handed_over(1, 0x40), 2);
    // Of what it had the program holds no more than before.
    for id in [1, named, unheard] {
        assert_eq!(objects.released(id), [id]);
    }
}

#[test]
fn ids_that_were_never_given_are_malformed() {
    let objects = none();
    objects.bind(5, 1, 0x10, &[], 0).unwrap();
    assert!(matches!(objects.find(6, 1), Err(Malformed::Handle(6))));
    assert!(matches!(objects.find(5, 2), Err(Malformed::Kind { .. })));
    for id in [WORKERS, WORKERS + 1, u64::MAX] {
        assert!(matches!(objects.find(id, 1), Err(Malformed::Handle(_))));
    }
    assert!(objects.check_new(5).is_err() && objects.check_new(0).is_err() && objects.check_new(WORKERS).is_err());
    assert!(objects.check_new(6).is_ok());
}

#[test]
fn values_that_are_no_objects_stand_for_themselves() {
    static KINDS: &[KindSpec] = &[spec(2), spec(0)];
    let objects = Objects::new(KINDS, Usage::unread(APIS[0]));
    let ids: Vec<u64> = (0..4).map(|value| objects.intern(1, value)).collect();
    assert_eq!((ids[0], objects.found()), (0, 1));
    for (value, id) in [(1, ids[1]), (2, ids[2])] {
        assert!(matches!(objects.find(id, 1), Ok(Found::Pointer(pointer)) if pointer == value));
        assert!(matches!(objects.find(id, 2), Err(Malformed::Handle(_))));
        assert!(objects.check_new(id).is_err() && objects.id_of(1, value) == id && objects.released(id).is_empty());
    }
    assert!(objects.may_be_named(ids[1]) && objects.may_be_named(ids[2]) && !objects.may_be_named(ids[2] + 1));
    // The next one is an object that the vendor has named.
    assert_eq!(ids[3], WORKERS + 1);
    assert!(matches!(objects.find(ids[2] + 1, 1), Err(Malformed::Handle(_))));
}

#[test]
fn an_object_of_another_type_is_found_where_it_is_accepted() {
    static KINDS: &[KindSpec] = &[KindSpec { also: &[2], ..KindSpec::named("function") }, KindSpec::named("kernel")];
    let objects = Objects::new(KINDS, Usage::unread(APIS[0]));
    objects.bind(1, 2, 0x20, &[], 0).unwrap();
    assert!(matches!(objects.find(1, 1), Ok(Found::Pointer(0x20))));
    // The vendor names it as what it was given for.
    assert_eq!((objects.intern(1, 0x20), objects.id_of(1, 0x20), objects.found()), (1, 1, 0));
    let function = objects.intern(1, 0x10);
    assert!(matches!(objects.find(function, 1), Ok(Found::Pointer(0x10))));
    assert!(matches!(objects.find(function, 2), Err(Malformed::Kind { is: 1, wanted: 2, .. })));
    assert_eq!(objects.id_of(2, 0x10), 0);
    objects.released(1);
    assert!(matches!(objects.find(1, 1), Ok(Found::Gone)));
}

const fn spec(plain: u64) -> KindSpec {
    KindSpec { plain, ..KindSpec::named("toy") }
}

#[test]
fn what_an_object_keeps_goes_with_it() {
    struct Flag(std::sync::Arc<std::sync::atomic::AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let (objects, gone) = (none(), std::sync::Arc::default());
    objects.bind(1, 1, 0x10, &[], 0).unwrap();
    objects.bind(2, 1, 0x20, &[1], 0).unwrap();
    objects.keep(1, Box::new(Flag(std::sync::Arc::clone(&gone))));
    objects.released(1);
    assert!(!gone.load(Ordering::Relaxed));
    objects.released(2);
    assert!(gone.load(Ordering::Relaxed));
}

#[test]
fn an_object_made_again_has_its_id_and_what_hangs_on_it() {
    let objects = none();
    objects.bind(1, 1, 0x10, &[], 0).unwrap();
    objects.bind(2, 2, 0x20, &[1], 64).unwrap();
    objects.retained(1);
    objects.rebind(1, 1, 0x18).unwrap();
    assert!(matches!(objects.find(1, 1), Ok(Found::Pointer(0x18))));
    assert_eq!((objects.id_of(1, 0x18), objects.id_of(1, 0x10), objects.parents(2)), (1, 0, vec![1]));
    // References are as many as before.
    assert_eq!((objects.released(2), objects.released(1), objects.released(1)), (vec![2], vec![], vec![1]));
}

#[test]
fn an_object_that_answers_brought_has_the_id_that_the_log_says() {
    let objects = none();
    objects.rebind(WORKERS + 3, 3, 0x30).unwrap();
    assert_eq!(objects.intern(3, 0x30), WORKERS + 3);
    assert_eq!(objects.intern(3, 0x38), WORKERS + 4);
    assert!(matches!(objects.rebind(WORKERS + 3, 2, 0x30), Err(Malformed::Kind { .. })));
    assert!(matches!(objects.rebind(9, 1, 0x90), Err(Malformed::Handle(9))));
}

const MODULE: u16 = 1;
const FUNCTION: u16 = 2;
const GLOBAL: u16 = 3;

/// Modules, functions of them, and what is in a function or a module.
fn nested() -> Objects {
    static KINDS: &[KindSpec] = &[
        KindSpec::named("module"),
        KindSpec { within: &[MODULE], ..KindSpec::named("function") },
        KindSpec { within: &[FUNCTION, MODULE], ..KindSpec::named("global") },
    ];
    Objects::new(KINDS, Usage::unread(APIS[0]))
}

fn is_gone(objects: &Objects, id: u64, kind: u16) -> bool {
    matches!(objects.find(id, kind), Ok(Found::Gone))
}

#[test]
fn what_is_within_an_object_ends_with_it_whoever_holds_it() {
    let objects = nested();
    objects.bind(1, MODULE, 0x10, &[], 8).unwrap();
    objects.bind(2, FUNCTION, 0x20, &[1], 0).unwrap();
    objects.bind(3, GLOBAL, 0x30, &[2, 1], 64).unwrap();
    objects.bind(4, MODULE, 0x40, &[], 0).unwrap();
    objects.bind(5, FUNCTION, 0x50, &[4], 0).unwrap();
    let found = objects.intern_from(FUNCTION, 0x28, &[1]);
    assert_eq!((objects.intern_from(FUNCTION, 0x28, &[1]), objects.intern(FUNCTION, 0x28)), (found, found));
    let listed = objects.intern_made(GLOBAL, 0x38, &[found]);
    objects.retained(3);
    assert_eq!((objects.parents(3), objects.usage.memory()), (vec![2], 72));
    assert!(objects.released(4).contains(&5) && !is_gone(&objects, 2, FUNCTION));
    let mut forgotten = objects.released(1);
    forgotten.sort_unstable();
    assert_eq!(forgotten, [1, 2, 3, found, listed]);
    assert!(is_gone(&objects, 2, FUNCTION) && is_gone(&objects, 3, GLOBAL) && is_gone(&objects, found, FUNCTION));
    assert_eq!((objects.usage.memory(), objects.id_of(FUNCTION, 0x28), objects.by_id.len()), (0, 0, 0));
    let mut told = Vec::new();
    objects.notices(9, &mut told);
    assert_eq!(told.len(), 7);
    // The program may still release what it held.
    assert!(objects.released(3).is_empty() && objects.leaving(3).is_none());
    // Another object in the same place is another object.
    objects.bind(6, MODULE, 0x10, &[], 0).unwrap();
    assert_ne!(objects.intern_from(FUNCTION, 0x28, &[6]), found);
}

#[test]
fn what_is_within_an_object_stays_as_long_as_it_does() {
    let objects = nested();
    objects.bind(1, MODULE, 0x10, &[], 0).unwrap();
    let function = objects.intern_from(FUNCTION, 0x20, &[0, 1]);
    objects.retained(1);
    assert!(objects.released(1).is_empty());
    assert!(matches!(objects.find(function, FUNCTION), Ok(Found::Pointer(0x20))));
    assert_eq!(objects.released(1), [1, function]);
}

#[test]
fn an_object_that_is_released_itself_is_not_within_another_any_more() {
    let objects = nested();
    objects.bind(1, MODULE, 0x10, &[], 0).unwrap();
    objects.bind(2, FUNCTION, 0x20, &[1], 0).unwrap();
    assert_eq!(objects.released(2), [2]);
    assert!(objects.by_id.get(&1).unwrap().inside.is_empty());
    assert_eq!(objects.released(1), [1]);
}

#[test]
fn an_object_ends_with_what_it_is_first_known_to_be_within() {
    let objects = nested();
    let early = objects.intern(FUNCTION, 0x20);
    objects.bind(1, MODULE, 0x10, &[], 0).unwrap();
    objects.bind(2, MODULE, 0x18, &[], 0).unwrap();
    assert_eq!(objects.intern_from(FUNCTION, 0x20, &[1]), early);
    assert_eq!(objects.intern_from(FUNCTION, 0x20, &[2]), early);
    assert_eq!(objects.released(2), [2]);
    assert_eq!(objects.released(1), [1, early]);
    // What is gone already is nothing to be within.
    objects.put_within(objects.intern(FUNCTION, 0x20), 1);
    assert_eq!((objects.id_of(FUNCTION, 0x20), objects.by_id.len()), (0, 0));
}

#[test]
fn where_an_object_is_about_to_go_with_its_owner_another_may_be() {
    let objects = nested();
    objects.bind(1, MODULE, 0x10, &[], 0).unwrap();
    objects.bind(2, MODULE, 0x18, &[], 0).unwrap();
    let function = objects.intern_from(FUNCTION, 0x20, &[1]);
    let global = objects.intern_from(GLOBAL, 0x30, &[function]);
    // The vendor has unloaded the module, and uses its memory for another.
    assert_eq!(objects.leaving(1), Some(0x10));
    assert_eq!(objects.intern_from(FUNCTION, 0x20, &[1]), function);
    let other = objects.intern_from(FUNCTION, 0x20, &[2]);
    let other_global = objects.intern_from(GLOBAL, 0x30, &[other]);
    assert!(other != function && other_global != global);
    let mut forgotten = objects.released(1);
    forgotten.sort_unstable();
    assert_eq!(forgotten, [1, function, global]);
    assert_eq!((objects.id_of(FUNCTION, 0x20), objects.id_of(GLOBAL, 0x30)), (other, other_global));
}

#[test]
fn objects_within_each_other_end_together() {
    static KINDS: &[KindSpec] = &[KindSpec { within: &[1], ..KindSpec::named("graph") }];
    let objects = Objects::new(KINDS, Usage::unread(APIS[0]));
    objects.bind(1, 1, 0x10, &[], 0).unwrap();
    objects.bind(2, 1, 0x20, &[1], 0).unwrap();
    // What an object is asked for itself, and an inner one for the outer.
    assert_eq!((objects.intern_from(1, 0x10, &[1]), objects.intern_from(1, 0x10, &[2])), (1, 1));
    objects.bind(3, 1, 0x30, &[1], 0).unwrap();
    assert!(!objects.goes_without(2, 3));
    assert_eq!(objects.released(2), [2, 1, 3]);
    assert!(objects.by_id.is_empty());
}
