use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread;

use super::*;

fn pair() -> (UnixStream, UnixStream) {
    UnixStream::pair().unwrap()
}

fn pipe() -> (OwnedFd, OwnedFd) {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap()
}

#[test]
fn a_message_arrives_with_its_descriptors() {
    let (a, b) = pair();
    let (read, write) = pipe();
    send(&a, b"hello", &[write.as_fd()]).unwrap();
    send(&a, b"", &[]).unwrap();
    drop(write);
    let (body, fds) = recv(&b).unwrap().unwrap();
    assert_eq!(body, b"hello");
    assert_eq!(fds.len(), 1);
    assert!(rustix::io::fcntl_getfd(&fds[0]).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
    rustix::io::write(&fds[0], b"through").unwrap();
    let mut text = [0; 7];
    rustix::io::read(&read, &mut text).unwrap();
    assert_eq!(&text, b"through");
    let (body, fds) = recv(&b).unwrap().unwrap();
    assert!(body.is_empty() && fds.is_empty());
    drop(a);
    assert!(recv(&b).unwrap().is_none());
}

#[test]
fn descriptors_stay_with_their_own_message() {
    let (a, b) = pair();
    let (read, write) = pipe();
    send(&a, b"one", &[]).unwrap();
    send(&a, b"two", &[read.as_fd(), write.as_fd()]).unwrap();
    send(&a, b"three", &[]).unwrap();
    let counts: Vec<_> = (0..3).map(|_| recv(&b).unwrap().unwrap().1.len()).collect();
    assert_eq!(counts, [0, 2, 0]);
}

#[test]
fn who_says_two_things_at_once_is_heard_one_by_one() {
    // As a program that does not wait for the broker's answer: what follows is for another process with the same socket.
    let (a, b) = pair();
    let other = b.try_clone().unwrap();
    let (read, write) = pipe();
    send(&a, b"hello", &[write.as_fd()]).unwrap();
    send(&a, b"lane", &[read.as_fd()]).unwrap();
    send(&a, b"and more", &[]).unwrap();
    let mut reader = Reader::limited(5, 1);
    let Progress::Message((body, fds)) = reader.poll(&b).unwrap() else { panic!("no message") };
    assert_eq!((body.as_slice(), fds.len()), (&b"hello"[..], 1));
    drop((reader, b));
    let (body, fds) = recv(&other).unwrap().unwrap();
    assert_eq!((body.as_slice(), fds.len()), (&b"lane"[..], 1));
    assert_eq!(recv(&other).unwrap().unwrap().0, b"and more");
}

#[test]
fn what_must_not_wait_is_sent_whole_or_not() {
    let (a, b) = pair();
    send_now(&a, b"now", &[b.as_fd()]).unwrap();
    let (body, fds) = recv(&b).unwrap().unwrap();
    assert_eq!((body.as_slice(), fds.len()), (&b"now"[..], 1));
    let error = (0..10_000).find_map(|_| send_now(&a, &[3; 500], &[]).err()).unwrap();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    let (a, _) = pair();
    assert_eq!(send_now(&a, b"x", &[]).unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn the_longest_message_passes_and_a_longer_one_does_not() {
    let (a, b) = pair();
    let sender = thread::spawn(move || {
        send(&a, &vec![7; MAX_BODY], &[]).unwrap();
        let error = send(&a, &vec![7; MAX_BODY + 1], &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
    assert_eq!(recv(&b).unwrap().unwrap().0, vec![7; MAX_BODY]);
    sender.join().unwrap();
    assert!(recv(&b).unwrap().is_none());
}

#[test]
fn an_announced_length_is_refused_before_memory_is_taken() {
    for length in [MAX_BODY as u32 + 1, u32::MAX] {
        let (mut a, b) = pair();
        a.write_all(&length.to_le_bytes()).unwrap();
        let mut reader = Reader::new();
        assert_eq!(reader.poll(&b).unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(reader.body.capacity(), 0);
    }
}

#[test]
fn a_stream_that_ends_inside_a_message_is_an_error() {
    for part in [&[1_u8][..], &[5, 0, 0, 0], &[5, 0, 0, 0, b'x']] {
        let (mut a, b) = pair();
        a.write_all(part).unwrap();
        drop(a);
        assert_eq!(recv(&b).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }
}

#[test]
fn a_trickle_of_bytes_makes_a_message_in_the_end_and_takes_no_byte_more() {
    let (mut a, mut b) = pair();
    let mut reader = Reader::new();
    let bytes = [3, 0, 0, 0, b'a', b'b', b'c'];
    for byte in &bytes[..6] {
        assert!(matches!(reader.poll(&b).unwrap(), Progress::Pending));
        a.write_all(&[*byte]).unwrap();
    }
    assert!(matches!(reader.poll(&b).unwrap(), Progress::Pending));
    a.write_all(b"cREST").unwrap();
    let Progress::Message((body, _)) = reader.poll(&b).unwrap() else { panic!("no message") };
    assert_eq!(body, b"abc");
    let mut rest = [0; 4];
    b.read_exact(&mut rest).unwrap();
    assert_eq!(&rest, b"REST");
    drop(a);
    assert!(matches!(reader.poll(&b).unwrap(), Progress::Closed));
}

#[test]
fn too_many_descriptors_are_refused_and_closed() {
    let (a, b) = pair();
    let (read, write) = pipe();
    let many = vec![write.as_fd(); MAX_FDS];
    assert_eq!(send(&a, b"x", &[write.as_fd(); MAX_FDS + 1]).unwrap_err().kind(), ErrorKind::InvalidInput);
    // A hostile sender attaches some to every byte.
    let head = 100_u32.to_le_bytes();
    assert_eq!(send_some(&a, &head, b"x", 0, &many, SendFlags::NOSIGNAL).unwrap(), 5);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    assert!(ancillary.push(SendAncillaryMessage::ScmRights(&many)));
    sendmsg(&a, &[IoSlice::new(b"y")], &mut ancillary, SendFlags::NOSIGNAL).unwrap();
    assert_eq!(recv(&b).unwrap_err().kind(), ErrorKind::InvalidData);
    drop((a, b, write));
    // All copies of the writing end are closed, so the pipe is at its end.
    assert_eq!(rustix::io::read(&read, &mut [0; 1]).unwrap(), 0);
}

#[test]
fn sending_to_nobody_is_an_error_and_no_signal() {
    let (a, b) = pair();
    drop(b);
    assert_eq!(send(&a, b"x", &[]).unwrap_err().kind(), ErrorKind::BrokenPipe);
    let mut writer = Writer::new();
    writer.push(b"x").unwrap();
    assert_eq!(writer.flush(&a).unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn non_blocking_sockets_are_waited_for() {
    let (a, b) = pair();
    a.set_nonblocking(true).unwrap();
    b.set_nonblocking(true).unwrap();
    let sender = thread::spawn(move || (0..20).for_each(|_| send(&a, &vec![1; MAX_BODY], &[]).unwrap()));
    for _ in 0..20 {
        assert_eq!(recv(&b).unwrap().unwrap().0.len(), MAX_BODY);
    }
    sender.join().unwrap();
}

#[test]
fn a_writer_gives_what_the_socket_takes() {
    let (a, b) = pair();
    let mut writer = Writer::new();
    for _ in 0..20 {
        writer.push(&vec![2; MAX_BODY]).unwrap();
    }
    assert!(!writer.flush(&a).unwrap());
    let before = writer.queued();
    for _ in 0..20 {
        assert_eq!(recv(&b).unwrap().unwrap().0.len(), MAX_BODY);
        writer.flush(&a).unwrap();
    }
    assert!(before > 0 && writer.queued() == 0);
}
