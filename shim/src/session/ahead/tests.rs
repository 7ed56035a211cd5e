use std::os::unix::net::UnixStream;

use ava_protocol::ahead::{Answers, Known, LONGEST, MOST};
use ava_protocol::api::APIS;
use ava_protocol::frame::{self, Tag};
use ava_transport::lane::{self, Inbox, Lane, Wake};

use super::*;
use crate::book::Shared;
use crate::book::answers::CHANGES;
use crate::book::callbacks::Args;
use crate::book::handles::ALIKE;
use crate::port::connect::{Begun, Connection};
use crate::port::keeper::Keeper;
use crate::session::Hooks;

const FUNCTION: u32 = 7;
const KEY: i64 = 0x1102;

/// A session whose worker says what the test has it say.
struct Scene {
    session: &'static Session,
    worker: Box<dyn Lane>,
    /// A live event, a live object of another kind, and one that is gone.
    event: u64,
    other: u64,
    gone: u64,
}

struct NoHooks;
impl Hooks for NoHooks {}

unsafe fn deliver(_: u32, _: usize, _: usize, _: &Args<'_>) {}

impl Scene {
    fn new() -> Self {
        Self::of(false)
    }

    /// Of a program that may be strict.
    fn of(is_strict: bool) -> Self {
        let api = APIS.iter().find(|api| api.name == "opencl").unwrap();
        let index = APIS.iter().position(|known| known.name == "opencl").unwrap();
        let transport = lane::Kind::Socket;
        let keeper = Keeper::start(false, None).unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        std::mem::forget(theirs);
        keeper.adopt(ours.into()).unwrap();
        let (first_lane, descriptors) = keeper.make_lane(transport).unwrap();
        let worker = lane::accept(descriptors).unwrap();
        let connection = Connection { keeper, begun: Begun::made_up(), transport, first_lane };
        let shared = Box::leak(Box::new(Shared::new(std::ptr::null()).unwrap()));
        shared.is_strict = is_strict;
        let session: &'static Session =
            Box::leak(Box::new(Session::new(APIS[index], shared, connection, &NoHooks, deliver)));
        let kind = |is_event| api.kinds.iter().position(|kind| kind.event == is_event).unwrap() as u16 + 1;
        let handles = &session.book.handles;
        let [event, other, gone] = [true, false, true].map(|is_event| handles.mint(kind(is_event), 0, 0).unwrap());
        session.forget(gone);
        Self { session, worker, event, other, gone }
    }

    /// The worker answers a call of the program with these frames: what the program is told.
    fn exchange(&mut self, frames: &[Vec<u8>]) -> Result<(), Fault> {
        let session = self.session;
        std::thread::scope(|scope| {
            let asks = scope.spawn(|| session.wait_for_transfer(0));
            assert!(self.worker.recv(&mut Inbox::new()).unwrap());
            for frame in frames {
                // The program may have gone away by now.
                let _ = self.worker.send(frame, None, Wake::Now);
            }
            asks.join().unwrap()
        })
    }

    fn known(&self, object: u64) -> Known {
        Known { object, key: KEY, value: [7; LONGEST], function: FUNCTION, kind: 0, len: 8, changes: false }
    }

    /// How many bytes the program is answered about an object without asking.
    fn recalls(&self, object: u64) -> Option<usize> {
        let (mut value, mut size) = ([0_u8; LONGEST], 0);
        let question = [FUNCTION.into(), object, KEY as u64];
        let answers = &self.session.book.answers;
        // SAFETY: both have room.
        let known = unsafe { answers.recall(&question, value.as_mut_ptr().cast(), LONGEST as u64, &raw mut size) };
        known.then_some(size)
    }

    fn is_over(&self, object: u64) -> bool {
        let handles = &self.session.book.handles;
        let note = handles.note(handles.pointer(object)).unwrap();
        board::has_completed(note)
    }
}

fn frame(tag: Tag, body: &[u8]) -> Vec<u8> {
    let mut out = AlignedVec::new();
    frame::begin(&mut out, tag, 0, std::iter::empty());
    out.extend_from_slice(body);
    out.to_vec()
}

fn answers(over: &[u64], known: &[Known]) -> Vec<u8> {
    let answers = Answers { over: over.to_vec(), known: known.to_vec() };
    frame(Tag::Answers, &rkyv::to_bytes::<Failure>(&answers).unwrap())
}

fn reply() -> Vec<u8> {
    frame(Tag::Reply, &[])
}

#[test]
fn what_a_worker_says_ahead_counts_with_the_reply() {
    let mut scene = Scene::new();
    let said = answers(&[scene.event], &[scene.known(scene.event)]);
    assert_eq!(scene.exchange(&[said, reply()]), Ok(()));
    assert!(scene.is_over(scene.event) && scene.recalls(scene.event) == Some(8));
}

#[test]
fn answers_about_what_is_gone_or_of_another_kind_are_passed_over() {
    let mut scene = Scene::new();
    let strange = [scene.gone, 0, u64::MAX, scene.other];
    let mut known: Vec<_> = strange.iter().map(|object| scene.known(*object)).collect();
    known.push(scene.known(scene.event));
    assert_eq!(scene.exchange(&[answers(&strange, &known), reply()]), Ok(()));
    assert!(!scene.is_over(scene.other) && !scene.is_over(scene.event));
    assert_eq!([scene.gone, 0, u64::MAX, scene.event].map(|id| scene.recalls(id)), [None, None, None, Some(8)]);
}

/// What is said of one object holds for those that are like it, except what is its own.
#[test]
fn answers_about_a_new_object_are_about_those_like_it() {
    const HOST_PTR: i64 = 0x1103;
    const MAP_COUNT: i64 = 0x1104;
    const COUNT: i64 = 0x1105;
    let mut scene = Scene::new();
    let api = scene.session.api;
    let query =
        api.ahead.iter().find(|query| api.kind(query.kind).alike && query.values.answer(HOST_PTR).is_some()).unwrap();
    let [one, like] = [0; 2].map(|_| scene.session.book.handles.mint(query.kind, ALIKE | 7, 0).unwrap());
    let known = |key| Known { function: query.function, key, ..scene.known(one) };
    let changes = |key, len| Known { changes: true, len, ..known(key) };
    let said = answers(&[], &[known(KEY), known(HOST_PTR), changes(MAP_COUNT, 4), changes(COUNT, 5)]);
    assert_eq!(scene.exchange(&[said, reply()]), Ok(()));
    let answers = &scene.session.book.answers;
    let told_of = |bit: u64, about: u64, key: i64| {
        let question = [u64::from(query.function) | bit, about, key as u64];
        // SAFETY: nothing is written.
        unsafe { answers.recall(&question, std::ptr::null_mut(), 0, std::ptr::null_mut()) }
    };
    let told = |about, key| told_of(0, about, key);
    let told_new = |key| told_of(CHANGES, ALIKE | 7, key);
    assert!(told_new(MAP_COUNT) && !told(ALIKE | 7, MAP_COUNT) && !told(one, MAP_COUNT));
    assert!(!told_new(COUNT), "a count has 4 bytes");
    assert!(told(ALIKE | 7, KEY) && !told(one, KEY) && !told(like, KEY));
    assert!(told(one, HOST_PTR) && !told(ALIKE | 7, HOST_PTR) && !told(like, HOST_PTR));
}

#[test]
fn answers_to_a_strict_program_end_its_session() {
    let mut scene = Scene::of(true);
    assert_eq!(scene.exchange(&[reply()]), Ok(()));
    let said = answers(&[scene.event], &[]);
    assert_eq!(scene.exchange(&[said, reply()]), Err(Fault::Lost));
    assert!(scene.session.is_lost());
}

/// A worker that says what none says loses its session, and nothing that it said counts.
#[test]
fn bad_answers_end_the_session_and_no_other() {
    let mut other = Scene::new();
    type Bad = fn(&Scene) -> Vec<Vec<u8>>;
    let bad: &[(&str, Bad)] = &[
        ("no body", |_| vec![frame(Tag::Answers, &[]), reply()]),
        ("no archive", |_| vec![frame(Tag::Answers, &[0xff; 64]), reply()]),
        ("cut", |s| {
            let whole = answers(&[s.event], &[s.known(s.event)]);
            vec![whole[..whole.len() - 8].to_vec(), reply()]
        }),
        ("too long a value", |s| vec![answers(&[], &[Known { len: LONGEST as u8 + 1, ..s.known(s.event) }]), reply()]),
        ("half a handle", |s| vec![answers(&[], &[Known { kind: 1, len: 4, ..s.known(s.event) }]), reply()]),
        ("no kind", |s| vec![answers(&[], &[Known { kind: u16::MAX, ..s.known(s.event) }]), reply()]),
        ("too many", |s| vec![answers(&[], &vec![s.known(s.event); MOST + 1]), reply()]),
        ("twice", |s| vec![answers(&[s.event], &[]), answers(&[s.event], &[]), reply()]),
        ("before a callback", |s| vec![answers(&[s.event], &[]), frame(Tag::Upcall, &[]), reply()]),
        ("another tag", |_| vec![frame(Tag::Call, &[]), reply()]),
    ];
    for (what, frames) in bad {
        let mut scene = Scene::new();
        let frames = frames(&scene);
        let outcome = scene.exchange(&frames);
        assert!(outcome.is_err() && scene.session.is_lost(), "{what}: {outcome:?}");
        assert_eq!(scene.recalls(scene.event), None, "{what}");
        assert_eq!(scene.session.wait_for_transfer(0), Err(Fault::Lost), "{what}");
    }
    let said = answers(&[other.event], &[]);
    assert_eq!(other.exchange(&[said, reply()]), Ok(()));
    assert!(other.is_over(other.event) && !other.session.is_lost());
}
