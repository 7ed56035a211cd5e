//! Starting a process that has certain descriptors at certain numbers, and no others.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use rustix::process::{Resource, Rlimit};

/// The first number after standard input, output and error.
pub const FIRST: RawFd = 3;

/// Starts `command` in a session (and process group) of its own, with `fds` as its descriptors 3, 4, … and nothing else
/// open but what `command` says about 0, 1 and 2. `files`, if given, becomes the child's limit of open files.
///
/// The caller must have no other thread that opens or closes descriptors meanwhile.
///
/// # Errors
/// Those of [`Command::spawn`], and of making descriptors.
pub fn spawn(command: &mut Command, fds: Vec<OwnedFd>, files: Option<Rlimit>) -> io::Result<Child> {
    let first_free = FIRST + RawFd::try_from(fds.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // Sources above the target numbers, so that moving one does not overwrite another.
    let sources =
        fds.iter().map(|fd| rustix::io::fcntl_dupfd_cloexec(fd, first_free)).collect::<Result<Vec<_>, _>>()?;
    // The standard library makes a pipe to hear of a failed exec: it must not get a target number either.
    let mut guards = Vec::new();
    if let Some(fd) = sources.first() {
        loop {
            let guard = rustix::io::fcntl_dupfd_cloexec(fd, FIRST)?;
            let number = guard.as_raw_fd();
            guards.push(guard);
            if number >= first_free {
                break;
            }
        }
    }
    let numbers: Vec<RawFd> = sources.iter().map(|fd| fd.as_fd().as_raw_fd()).collect();
    // SAFETY: between fork and exec the closure only makes system calls and allocates nothing: descriptor numbers and
    // the limit are copies made before.
    unsafe {
        command.pre_exec(move || in_child(&numbers, first_free, files));
    }
    let child = command.spawn();
    drop((sources, guards, fds));
    child
}

/// What the child does before exec.
fn in_child(sources: &[RawFd], first_free: RawFd, files: Option<Rlimit>) -> io::Result<()> {
    rustix::process::setsid()?;
    for (target, source) in (FIRST..).zip(sources) {
        // SAFETY: plain numbers; `source` is open (the parent holds it across the fork) and no Rust object of this
        // process owns `target`, since the process is about to be replaced.
        if unsafe { libc::dup2(*source, target) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    // Whatever else was inherited, by whose mistake ever, ends with exec.
    // SAFETY: plain numbers; marking descriptors close-on-exec takes nothing from their owners.
    let marked =
        unsafe { libc::syscall(libc::SYS_close_range, first_free, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if marked < 0 {
        return Err(io::Error::last_os_error());
    }
    if let Some(limit) = files {
        rustix::process::setrlimit(Resource::Nofile, limit)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::process::{Command, Stdio};

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::spawn;

    fn listing(fds: Vec<OwnedFd>) -> Vec<String> {
        let mut command = Command::new("/bin/sh");
        let script = "n=0; while [ $n -lt 99 ]; do [ -e /proc/$$/fd/$n ] && echo $n; n=$((n+1)); done";
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = spawn(&mut command, fds, None).unwrap();
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        child.wait().unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_child_has_these_descriptors_and_no_others() {
        // One that anybody may inherit, as a careless parent of ours would leave it.
        let (leak, _other) = pipe_with(PipeFlags::empty()).unwrap();
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        assert_eq!(listing(vec![read, write]), ["0", "1", "2", "3", "4"]);
        assert_eq!(listing(vec![]), ["0", "1", "2"]);
        drop(leak);
    }

    #[test]
    fn descriptors_keep_their_order() {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let kept = rustix::io::dup(&read).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo right >&4"]).stdin(Stdio::null());
        let mut child = spawn(&mut command, vec![read, write], None).unwrap();
        assert!(child.wait().unwrap().success());
        let mut text = [0; 6];
        rustix::io::read(&kept, &mut text).unwrap();
        assert_eq!(&text, b"right\n");
    }

    #[test]
    fn a_missing_program_is_an_error_here() {
        let (read, _write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let error = spawn(&mut Command::new("/nowhere/at/all"), vec![read], None).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    }
}
