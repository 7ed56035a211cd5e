use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsFd, FromRawFd};
use std::os::unix::net::UnixStream;

use ava_protocol::api::APIS;
use ava_protocol::frame::{self, Frame, Tag};
use ava_protocol::wire::Brought;
use ava_transport::lane::{self, Inbox, Kind, Lane, Wake};
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use super::*;
use crate::book::Shared;
use crate::book::callbacks::Args;
use crate::port::connect::{Begun, Connection};
use crate::port::keeper::Keeper;
use crate::session::{Hooks, Session};

/// Of a function that may be lent a descriptor, and makes one.
#[derive(rkyv::Archive, rkyv::Serialize)]
struct Request {
    lent: bool,
    made: bool,
}

#[derive(rkyv::Archive, rkyv::Serialize)]
struct Reply {
    made: Brought,
}

/// No matter of which function.
const OPCODE: u32 = 7;

struct NoHooks;
impl Hooks for NoHooks {}

unsafe fn deliver(_: u32, _: usize, _: usize, _: &Args<'_>) {}

/// A program's session, and the end of its lane at which a test is the worker.
struct Scene {
    session: &'static Session,
    worker: Box<dyn Lane>,
}

/// What a worker answers with: what the reply says, and the descriptor that comes along.
type Answer<'a> = (Brought, Option<&'a PipeWriter>);

impl Scene {
    /// Over a ring, with descriptors in a table apart; or over a socket, with the program's.
    fn new(kind: Kind) -> Self {
        let keeper = Keeper::start(kind == Kind::Ring, None).unwrap();
        let made = keeper.clone();
        let (first_lane, worker) = keeper
            .run(move || {
                // The worker's end is the keeper's, too: it is not what is tested.
                let (ours, theirs) = UnixStream::pair().unwrap();
                std::mem::forget(theirs);
                made.adopt(ours.into()).unwrap();
                let (lane, descriptors) = made.make_lane(kind).unwrap();
                (lane, descriptors.into_iter().map(|fd| made.keep(fd).unwrap()).collect::<Vec<_>>())
            })
            .unwrap();
        let theirs: Vec<_> = worker.into_iter().map(|fd| keeper.hand_over(fd).unwrap()).collect();
        let worker = lane::accept(theirs).unwrap();
        let connection = Connection { keeper, begun: Begun::made_up(), transport: kind, first_lane };
        let shared = Box::leak(Box::new(Shared::new(std::ptr::null()).unwrap()));
        Self { session: Box::leak(Box::new(Session::new(APIS[0], shared, connection, &NoHooks, deliver))), worker }
    }

    /// The program asks for a descriptor, or for none, and the worker answers so: the result, and what the program gets.
    fn export(&mut self, is_wanted: bool, answer: Answer<'_>) -> (Result<(), Fault>, RawFd) {
        let session = self.session;
        std::thread::scope(|scope| {
            let asks = scope.spawn(move || {
                let mut place = -1;
                let mut call = Call::begin(session, OPCODE);
                let wanted = call.descriptor_place(is_wanted);
                let request = Request { lent: false, made: wanted };
                let result = call.transact(&request, |reply: &ArchivedReply, call| {
                    // SAFETY: a number of this thread's.
                    unsafe { call.put_descriptor(&raw mut place, &reply.made) };
                    (true, ())
                });
                (result, place)
            });
            assert!(self.worker.recv(&mut Inbox::new()).unwrap());
            let (said, fd) = answer;
            let reply = rkyv::to_bytes::<Failure>(&Reply { made: said }).unwrap();
            let mut out = AlignedVec::new();
            frame::begin(&mut out, Tag::Reply, 0, std::iter::empty());
            out.extend_from_slice(&reply);
            // The program may have gone away by now.
            let _ = self.worker.send(&out, fd.map(AsFd::as_fd), Wake::Now);
            asks.join().unwrap()
        })
    }
}

/// That nobody holds the other end of a pipe, on which nobody has written.
fn is_over(mut reader: &PipeReader) -> bool {
    reader.read(&mut [0; 8]).unwrap() == 0
}

#[test]
fn a_descriptor_is_the_programs_and_as_the_vendors() {
    for kind in [Kind::Ring, Kind::Socket] {
        let mut scene = Scene::new(kind);
        for (said, flags) in [(Brought::ClosedOnExec, libc::FD_CLOEXEC), (Brought::Inherited, 0)] {
            let (mut reader, writer) = pipe().unwrap();
            let (result, number) = scene.export(true, (said, Some(&writer)));
            assert_eq!(result, Ok(()));
            drop(writer);
            // SAFETY: a plain system call.
            assert_eq!(unsafe { libc::fcntl(number, libc::F_GETFD) }, flags);
            // SAFETY: it is this test's by now.
            let mut came = unsafe { PipeWriter::from(OwnedFd::from_raw_fd(number)) };
            came.write_all(b"came").unwrap();
            drop(came);
            let mut read = String::new();
            reader.read_to_string(&mut read).unwrap();
            assert_eq!(read, "came");
        }
        assert_eq!(scene.export(true, (Brought::Nothing, None)), (Ok(()), -1));
    }
}

/// A worker that sends another number of descriptors than it says, or than the program asks for, loses its session.
#[test]
fn descriptors_that_nobody_asked_for_are_not_taken() {
    for kind in [Kind::Ring, Kind::Socket] {
        for (is_wanted, said, comes) in [
            (false, Brought::ClosedOnExec, true),
            (false, Brought::Nothing, true),
            (false, Brought::ClosedOnExec, false),
            (true, Brought::Nothing, true),
            (true, Brought::Inherited, false),
        ] {
            let mut scene = Scene::new(kind);
            let (reader, writer) = pipe().unwrap();
            let (result, number) = scene.export(is_wanted, (said, comes.then_some(&writer)));
            assert_eq!((result, number), (Err(Fault::Lost), -1), "{kind:?} {is_wanted} {said:?} {comes}");
            assert!(scene.session.is_lost());
            // What is in a ring's socket is gone with both ends of that.
            drop((scene, writer));
            if kind == Kind::Socket {
                assert!(is_over(&reader), "{is_wanted} {said:?} {comes}");
            }
        }
    }
}

#[test]
fn the_program_keeps_what_it_lends() {
    for kind in [Kind::Ring, Kind::Socket] {
        let mut scene = Scene::new(kind);
        let (reader, writer) = pipe().unwrap();
        let (session, number) = (scene.session, writer.as_raw_fd());
        let asks = move |number| {
            let mut call = Call::begin(session, OPCODE);
            let said = call.descriptor(number).unwrap();
            let request = Request { lent: said, made: false };
            (said, call.transact(&request, |_: &ArchivedReply, _| (true, ())))
        };
        for (number, is_one) in [(number, true), (-1, false), (i32::MAX, false)] {
            std::thread::scope(|scope| {
                let asks = scope.spawn(move || asks(number));
                let mut inbox = Inbox::new();
                assert!(scene.worker.recv(&mut inbox).unwrap());
                let came = inbox.take_fd().unwrap();
                assert_eq!(Frame::parse(inbox.bytes()).unwrap().tag, Tag::Call);
                assert_eq!(came.is_some(), is_one, "{number}");
                came.into_iter().for_each(|fd| PipeWriter::from(fd).write_all(b"x").unwrap());
                let mut out = AlignedVec::new();
                frame::begin(&mut out, Tag::Refused, 7, std::iter::empty());
                scene.worker.send(&out, None, Wake::Now).unwrap();
                assert_eq!(asks.join().unwrap(), (is_one, Err(Fault::Status(7))));
            });
        }
        // No copy is left when the call is over.
        let mut read = String::new();
        drop(writer);
        let mut reader = reader;
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "x");
    }
}
