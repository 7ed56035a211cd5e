//! The broker's socket, and the error messages if it cannot be used.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use ava_transport::spawn::{Program, Spawner};

use super::world::{Admin, World, fake_worker, pipe};

fn broker() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ava-broker"));
    command.env_clear().stdin(Stdio::null());
    command
}

#[test]
fn a_second_broker_on_the_same_socket_gives_up() {
    let world = World::new();
    let output = broker().arg("--socket").arg(world.socket()).arg("--worker").arg(fake_worker()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&format!("another broker (process {})", world.broker.id())), "{text}");
    assert_eq!(world.tenant().ask("x"), "x");
}

#[test]
fn a_missing_worker_is_said_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("s");
    let output = broker().arg("--socket").arg(&socket).args(["--worker", "/no/such/worker"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/no/such/worker"));
    assert!(!socket.exists());
}

#[test]
fn systemds_socket_is_used_if_there_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let listener = OwnedFd::from(UnixListener::bind(&path).unwrap());
    // As systemd does: the socket is descriptor 3, and LISTEN_PID is the process's own number.
    let script = "exec env LISTEN_PID=$$ LISTEN_FDS=1 \"$0\" --worker \"$1\" --idle-exit 0";
    let arguments = ["-c".into(), script.into(), env!("CARGO_BIN_EXE_ava-broker").into(), fake_worker().into()];
    let admin = Admin::connect(&path);
    let (log, errors) = pipe();
    let mut child = Spawner::new().unwrap().spawn(&Program {
        path: Some(Path::new("/bin/sh")),
        arguments: arguments.to_vec(),
        environment: vec![("XDG_CACHE_HOME".into(), directory.path().into()), ("PATH".into(), "/usr/bin:/bin".into())],
        output: [None, Some(errors.as_fd())],
        conversation: Some(listener.as_fd()),
        ..Program::default()
    });
    drop((listener, errors));
    assert!(matches!(admin.ask(ava_protocol::admin::Request::Status), ava_protocol::admin::Answer::Status(_)));
    drop(admin);
    assert!(child.as_mut().unwrap().reap().unwrap().success());
    assert!(std::io::read_to_string(log).unwrap().contains("listens"));
    assert!(path.exists(), "the socket is systemd's");
}
