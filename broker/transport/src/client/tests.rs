use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::*;

/// A directory with a place for a socket.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("ava-client-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("s")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Short where something is to be late, and without end where it is not.
const SHORT: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_mins(5);

fn patience(answer: Duration, absent: Duration) -> Patience {
    Patience { connect: LONG, answer, starting: LONG, absent, ..Patience::PROGRAM }
}

fn session(place: &Place, may_come: bool, patience: Patience) -> Result<Vec<u8>, Error> {
    open_session(&place.socket(), b"hello", (b"lane", &[]), may_come, patience).map(|(_, answer)| answer)
}

fn hears(stream: &UnixStream) -> Vec<u8> {
    message::recv(stream).unwrap().unwrap().0
}

/// The message cannot be sent, for example when too many of the user's descriptors are in transit: there is no answer.
#[test]
fn what_cannot_be_sent_is_not_waited_for() {
    let (stream, _peer) = UnixStream::pair().unwrap();
    let sent = Err(Errno::TOOMANYREFS.into());
    let error = answer(&stream, sent, NO_ANSWER, LONG).unwrap_err();
    assert!(
        matches!(&error, Error::Broken(error) if Errno::from_io_error(error) == Some(Errno::TOOMANYREFS)),
        "{error}"
    );
    assert!(Broken { error, heard: false }.may_pass(Path::new("/"), false), "the others' may arrive");
}

#[test]
fn a_refusal_is_read_though_the_other_end_is_closed() {
    let place = Place::new("refusal");
    let path = place.socket();
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        message::send(&stream, b"no", &[]).unwrap();
    });
    let stream = connect(&path, LONG).unwrap();
    server.join().unwrap();
    assert_eq!(ask(&stream, b"please", LONG).unwrap(), b"no");
    assert!(matches!(open(&place.0.join("nothing"), b"x"), Err(Error::Connect(_))));
}

#[test]
fn only_a_directory_of_ones_own_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new("private");
    let mode = |mode| {
        std::fs::set_permissions(&place.0, std::fs::Permissions::from_mode(mode)).unwrap();
        check_private(&place.socket()).map_err(|error| error.kind())
    };
    assert_eq!(mode(0o755), Err(io::ErrorKind::PermissionDenied));
    assert_eq!(mode(0o700), Ok(()));
    assert_eq!(check_private(Path::new("/proc/x")).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
}

#[test]
fn a_full_queue_is_waited_for_and_no_longer_than_said() {
    let place = Place::new("full");
    let listener = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&listener, &SocketAddrUnix::new(place.socket()).unwrap()).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let first = connect(&place.socket(), LONG).unwrap();
    let error = connect(&place.socket(), SHORT).unwrap_err();
    assert_eq!(error.to_string(), "the connection was not taken within 0.03 s: the broker may be stopped");
    // The limit was that of connecting only.
    assert_eq!(rustix::net::sockopt::socket_timeout(&first, Timeout::Send).unwrap(), None);
    let waits = thread::spawn({
        let socket = place.socket();
        move || connect(&socket, LONG).map(drop)
    });
    drop(rustix::net::accept(&listener).unwrap());
    waits.join().unwrap().unwrap();
}

#[test]
fn who_says_nothing_is_given_up() {
    let place = Place::new("silent");
    let _listener = UnixListener::bind(place.socket()).unwrap();
    let error = session(&place, true, patience(SHORT, LONG)).unwrap_err();
    assert_eq!(error.to_string(), "no answer to the hello within 0.03 s: the broker may be stopped");
    let stream = connect(&place.socket(), LONG).unwrap();
    let error = ask(&stream, b"please", SHORT).unwrap_err();
    assert_eq!(error.to_string(), "no answer within 0.03 s: the broker may be stopped");
    assert!(matches!(next(&stream, SHORT), Err(Error::Late { .. })));
}

#[test]
fn who_does_not_read_is_given_up() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let body = vec![0; message::MAX_BODY];
    let sent = (0..64).try_for_each(|_| message::send_before(&ours, &body, &[], Instant::now() + SHORT));
    assert_eq!(sent.unwrap_err().kind(), io::ErrorKind::TimedOut);
}

#[test]
fn a_stopped_process_is_given_up_and_heard_when_it_goes_on() {
    use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
    let place = Place::new("stopped");
    let listener = UnixListener::bind(place.socket()).unwrap();
    // SAFETY: the child makes system calls only, and ends without what the test program does at its end.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let accepted = rustix::net::accept(&listener);
        // SAFETY: as above.
        unsafe {
            let answer = b"\x02\0\0\0ok";
            let sent = accepted.is_ok_and(|stream| rustix::io::write(&stream, answer).is_ok());
            libc::pause();
            libc::_exit(i32::from(!sent));
        }
    }
    let child = Pid::from_raw(child).unwrap();
    kill_process(child, Signal::STOP).unwrap();
    waitpid(Some(child), WaitOptions::UNTRACED).unwrap();
    let stream = connect(&place.socket(), LONG).unwrap();
    assert!(matches!(ask(&stream, b"please", SHORT), Err(Error::Late { .. })));
    kill_process(child, Signal::CONT).unwrap();
    assert_eq!(next(&stream, LONG).unwrap(), b"ok");
    kill_process(child, Signal::KILL).unwrap();
    waitpid(Some(child), WaitOptions::empty()).unwrap();
}

#[test]
fn a_program_waits_for_a_worker_that_is_starting() {
    let place = Place::new("starting");
    let listener = UnixListener::bind(place.socket()).unwrap();
    let server = thread::spawn(move || {
        for answers in [true, false, true] {
            let (stream, _) = listener.accept().unwrap();
            assert_eq!((hears(&stream), hears(&stream)), (b"hello".to_vec(), b"lane".to_vec()));
            message::send(&stream, &wire::seal(&Answer::Starting { session: 7 }), &[]).unwrap();
            if answers {
                message::send(&stream, b"welcome", &[]).unwrap();
            }
        }
    });
    assert_eq!(session(&place, false, patience(LONG, LONG)).unwrap(), b"welcome");
    // One that goes meanwhile is being replaced.
    assert_eq!(session(&place, true, patience(LONG, LONG)).unwrap(), b"welcome");
    server.join().unwrap();
}

#[test]
fn a_program_waits_for_a_place_and_is_told_of_it() {
    static TOLD: AtomicU64 = AtomicU64::new(0);
    let place = Place::new("line");
    let listener = UnixListener::bind(place.socket()).unwrap();
    let server = thread::spawn(move || {
        for starts in [true, false] {
            let (stream, _) = listener.accept().unwrap();
            assert_eq!((hears(&stream), hears(&stream)), (b"hello".to_vec(), b"lane".to_vec()));
            let waiting = Answer::Waiting { reason: "it is full".into(), ahead: 3 };
            message::send(&stream, &wire::seal(&waiting), &[]).unwrap();
            if starts {
                message::send(&stream, &wire::seal(&Answer::Starting { session: 7 }), &[]).unwrap();
                message::send(&stream, b"welcome", &[]).unwrap();
            } else {
                // Until the program has given up.
                assert!(message::recv(&stream).is_ok_and(|heard| heard.is_none()));
            }
        }
    });
    let told = |reason: &str, ahead: u64| {
        assert_eq!(reason, "it is full");
        TOLD.fetch_add(ahead, Ordering::Relaxed);
    };
    let waiting = Patience { place: LONG, told, ..patience(SHORT, SHORT) };
    assert_eq!(session(&place, false, waiting).unwrap(), b"welcome");
    assert_eq!(TOLD.load(Ordering::Relaxed), 3);
    let impatient = session(&place, false, Patience { place: SHORT, ..waiting }).unwrap_err();
    assert!(impatient.to_string().starts_with("no place was free within "), "{impatient}");
    server.join().unwrap();
}

#[test]
fn brokers_that_go_one_after_the_other_are_not_waited_for_without_end() {
    let place = Place::new("going");
    let listener = UnixListener::bind(place.socket()).unwrap();
    let server = thread::spawn(move || {
        for count in 0.. {
            let (stream, _) = listener.accept().unwrap();
            if hears(&stream) == b"over" {
                return count;
            }
            hears(&stream);
            message::send(&stream, &wire::seal(&Answer::Starting { session: 7 }), &[]).unwrap();
        }
        0
    });
    let error = session(&place, true, patience(LONG, Duration::from_millis(1))).unwrap_err();
    assert!(matches!(error, Error::Broken(_)), "{error}");
    let last = connect(&place.socket(), LONG).unwrap();
    message::send(&last, b"over", &[]).unwrap();
    assert!((2..=MOST_GONE + 2).contains(&server.join().unwrap()));
}

#[test]
fn who_hangs_up_at_first_is_tried_again() {
    let place = Place::new("again");
    let listener = UnixListener::bind(place.socket()).unwrap();
    let server = thread::spawn(move || {
        drop(listener.accept().unwrap());
        let (stream, _) = listener.accept().unwrap();
        let said = (hears(&stream), hears(&stream));
        message::send(&stream, b"welcome", &[]).unwrap();
        said
    });
    assert_eq!(session(&place, false, patience(LONG, LONG)).unwrap(), b"welcome");
    assert_eq!(server.join().unwrap(), (b"hello".to_vec(), b"lane".to_vec()));
}

#[test]
fn a_socket_that_is_stale_or_may_come_is_waited_for() {
    let place = Place::new("stale");
    let refused = |error: Error| matches!(&error, Error::Connect(e) if e.kind() == io::ErrorKind::ConnectionRefused);
    let missing = |error: Error| matches!(&error, Error::Connect(e) if e.kind() == io::ErrorKind::NotFound);
    // Not there: at once, or in vain for a while.
    assert!(missing(session(&place, false, patience(LONG, LONG)).unwrap_err()));
    assert!(missing(session(&place, true, patience(LONG, SHORT)).unwrap_err()));
    // Nobody listens any more.
    drop(UnixListener::bind(place.socket()).unwrap());
    assert!(refused(session(&place, false, patience(LONG, SHORT)).unwrap_err()));
    // The next one takes its place.
    let next = thread::spawn({
        let socket = place.socket();
        move || {
            std::fs::remove_file(&socket).unwrap();
            let listener = UnixListener::bind(&socket).unwrap();
            let (stream, _) = listener.accept().unwrap();
            message::send(&stream, b"welcome", &[]).unwrap();
            // Until the client has hung up.
            while let Ok(Some(_)) = message::recv(&stream) {}
        }
    });
    let (stream, answer) = open_session(&place.socket(), b"hello", (b"lane", &[]), true, patience(LONG, LONG)).unwrap();
    assert_eq!(answer, b"welcome");
    drop(stream);
    next.join().unwrap();
}
