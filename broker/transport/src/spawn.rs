//! Starts a process that has certain descriptors at certain numbers, and no others.
//!
//! The child never has a copy of the caller's descriptors. This is more than tidiness: closing a descriptor may block (for a
//! lingering socket, if it was the last one; for a FUSE file, always), and a hostile peer can make that take long. So the
//! child shares the caller's descriptor table until it unshares the lowest numbers, which hold only the child's own
//! descriptors. For the same reason it gets no descriptor that came from a peer.

use std::ffi::{CString, OsStr, OsString, c_char};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::process::{Pid, Rlimit, Signal, WaitId, WaitIdOptions, WaitIdStatus, pidfd_send_signal, waitid};

/// The first number after standard input, output and error.
pub const FIRST: RawFd = 3;
/// The most descriptors that a child is given: the standard ones, one more, and control groups to join.
const MOST: usize = 8;
/// The numbers below this one are reserved. The kernel copies descriptor tables in words of so many bits.
const OWN: RawFd = 64;

/// The program to start.
#[derive(Debug, Default)]
pub struct Program<'a> {
    /// Its file.
    pub path: Option<&'a Path>,
    /// The working directory; `/` if this is empty or cannot be entered.
    pub directory: Option<&'a Path>,
    /// The arguments behind the file's name.
    pub arguments: Vec<OsString>,
    /// The whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Standard output and standard error, descriptors of the caller's own; `/dev/null` if there are none.
    pub output: [Option<BorrowedFd<'a>>; 2],
    /// The descriptor that becomes [`FIRST`].
    pub conversation: Option<BorrowedFd<'a>>,
    /// The `cgroup.procs` files in which the child enters itself to join control groups.
    pub groups: Vec<BorrowedFd<'a>>,
    /// The limit of open files.
    pub files: Option<Rlimit>,
    /// It stays in the caller's POSIX session, with a process group of its own. If the caller ends while a process of the
    /// group is stopped, the kernel has the group go on, after a `SIGHUP` (POSIX, orphaned process groups).
    pub tethered: bool,
}

/// A started process.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    /// Readable when the process has ended.
    pub process: OwnedFd,
}

/// Starts processes.
#[derive(Debug)]
pub struct Spawner {
    /// The lowest numbers, reserved for this: they hold a child's descriptors while it is started.
    stage: [OwnedFd; MOST],
    nothing: OwnedFd,
    /// Placeholders for the other reserved numbers, so that no other descriptor gets one.
    _reserved: Vec<OwnedFd>,
}

impl Spawner {
    /// Reserves the lowest free numbers, so it must be made before any descriptor comes from a peer.
    ///
    /// # Errors
    /// Those of opening `/dev/null`.
    pub fn new() -> io::Result<Self> {
        let file = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
        let nothing = OwnedFd::from(file);
        // Above the child's numbers, so that moving one there overwrites no other.
        let another = || rustix::io::fcntl_dupfd_cloexec(&nothing, FIRST + 1);
        let stage: Result<Vec<OwnedFd>, _> = (0..MOST).map(|_| another()).collect();
        let stage = stage?.try_into().map_err(|_| io::Error::from(io::ErrorKind::Other))?;
        let mut reserved = Vec::new();
        while reserved.last().is_none_or(|last: &OwnedFd| last.as_raw_fd() < OWN) {
            reserved.push(another()?);
        }
        reserved.pop();
        Ok(Self { stage, nothing, _reserved: reserved })
    }

    /// Starts a program in a process group of its own, and a POSIX session unless it is tethered. It has only the descriptors
    /// that it is given.
    ///
    /// # Errors
    /// Those of creating processes, and of executing the file.
    pub fn spawn(&mut self, program: &Program<'_>) -> io::Result<Child> {
        let [stdout, stderr] = program.output;
        let given = [stdout, stderr, program.conversation].into_iter().chain(program.groups.iter().copied().map(Some));
        let given: Vec<_> = given.collect();
        if given.len() > MOST {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let plan = Plan::new(program, self)?;
        for (place, fd) in self.stage.iter_mut().zip(&given) {
            if let Some(fd) = fd {
                rustix::io::dup3(fd, place, rustix::io::DupFlags::CLOEXEC)?;
            }
        }
        let started = start(&plan);
        for place in &mut self.stage {
            rustix::io::dup3(&self.nothing, place, rustix::io::DupFlags::CLOEXEC)?;
        }
        started
    }
}

/// All that the child needs, allocated before: between fork and exec it must not allocate.
struct Plan {
    path: CString,
    directory: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    standard: [RawFd; FIRST as usize],
    conversation: Option<RawFd>,
    groups: Vec<RawFd>,
    files: Option<libc::rlimit>,
    tethered: bool,
    /// The first number that only the parent has.
    above: RawFd,
    /// The error, in memory shared by both.
    failure: Shared,
}

impl Plan {
    fn new(program: &Program<'_>, spawner: &Spawner) -> io::Result<Self> {
        let text =
            |text: &OsStr| CString::new(text.as_bytes()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput));
        let path = program.path.ok_or(io::ErrorKind::NotFound)?;
        let arguments = [path.as_os_str()].into_iter().chain(program.arguments.iter().map(OsString::as_os_str));
        let environment = program.environment.iter().map(|(name, value)| {
            let line = [name.as_bytes(), b"=", value.as_bytes()].concat();
            text(&OsString::from_vec(line))
        });
        let place = |at: usize| spawner.stage[at].as_raw_fd();
        let limit = |value: Option<u64>| value.unwrap_or(libc::RLIM_INFINITY);
        Ok(Self {
            path: text(path.as_os_str())?,
            directory: text(program.directory.unwrap_or(Path::new("/")).as_os_str())?,
            arguments: arguments.map(text).collect::<io::Result<_>>()?,
            environment: environment.collect::<io::Result<_>>()?,
            standard: [spawner.nothing.as_raw_fd(), place(0), place(1)],
            conversation: program.conversation.map(|_| place(2)),
            groups: (0..program.groups.len()).map(|at| place(3 + at)).collect(),
            files: program
                .files
                .map(|files| libc::rlimit { rlim_cur: limit(files.current), rlim_max: limit(files.maximum) }),
            tethered: program.tethered,
            // With many descriptors open already, the reserved numbers are above.
            above: spawner.stage.iter().map(|fd| fd.as_raw_fd() + 1).fold(OWN, RawFd::max),
            failure: Shared::new()?,
        })
    }
}

/// Creates the process; returns when the new program runs, or could not be executed.
fn start(plan: &Plan) -> io::Result<Child> {
    let pointers = |texts: &[CString]| -> Vec<*const c_char> {
        texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
    };
    let (arguments, environment) = (pointers(&plan.arguments), pointers(&plan.environment));
    let mut process: libc::c_int = -1;
    let flags = libc::CLONE_FILES | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
    // A signal handler of the parent's must not run in the child.
    let mask = block_signals();
    // SAFETY: without CLONE_VM this is a fork: the child continues with a copy of this memory, on this stack, and only makes
    // system calls until it executes or exits. `process` is where CLONE_PIDFD puts the descriptor, in the parent.
    let pid = unsafe {
        libc::syscall(libc::SYS_clone, flags, std::ptr::null::<()>(), &raw mut process, std::ptr::null::<()>(), 0_usize)
    };
    if pid == 0 {
        child(plan, &arguments, &environment, &mask);
    }
    let error = io::Error::last_os_error();
    restore_signals(&mask);
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let Some(pid) = pid.filter(|pid| pid.as_raw_nonzero().get() > 0) else { return Err(error) };
    // SAFETY: the kernel made this descriptor for this process, close-on-exec, and nobody else knows of it.
    let mut child = Child { pid, process: unsafe { OwnedFd::from_raw_fd(process) } };
    match plan.failure.number() {
        0 => Ok(child),
        number => {
            child.reap();
            Err(io::Error::from_raw_os_error(number))
        }
    }
}

/// The child's steps before it executes the program.
fn child(plan: &Plan, arguments: &[*const c_char], environment: &[*const c_char], mask: &libc::sigset_t) -> ! {
    let attempt = || -> Result<(), i32> {
        let done = |result: libc::c_long| if result < 0 { Err(errno()) } else { Ok(()) };
        let above = plan.above;
        // SAFETY: system calls on numbers and on memory of the plan, which lives in this copy of the parent's. From the
        // first one on the descriptor table is this process's own, so no owner loses what is overwritten afterwards.
        unsafe {
            done(libc::syscall(libc::SYS_close_range, above, libc::c_uint::MAX, libc::CLOSE_RANGE_UNSHARE))?;
            done(if plan.tethered { libc::setpgid(0, 0) } else { libc::setsid() }.into())?;
            for group in &plan.groups {
                done(libc::write(*group, c"0".as_ptr().cast(), 1) as libc::c_long)?;
            }
            for (target, source) in (0..).zip(plan.standard) {
                done(libc::dup2(source, target).into())?;
            }
            let mut own = FIRST;
            if let Some(conversation) = plan.conversation {
                done(libc::dup2(conversation, FIRST).into())?;
                own += 1;
            }
            done(libc::syscall(libc::SYS_close_range, own, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC))?;
            if let Some(files) = &plan.files {
                done(libc::setrlimit(libc::RLIMIT_NOFILE, files).into())?;
            }
            if libc::chdir(plan.directory.as_ptr()) != 0 {
                done(libc::chdir(c"/".as_ptr()).into())?;
            }
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            libc::sigprocmask(libc::SIG_SETMASK, mask, std::ptr::null_mut());
            libc::execve(plan.path.as_ptr(), arguments.as_ptr(), environment.as_ptr());
        }
        Err(errno())
    };
    let number = attempt().err().unwrap_or(libc::EINVAL);
    plan.failure.set(number);
    // SAFETY: ends this copy of the process without its exit handlers.
    unsafe { libc::_exit(127) }
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL)
}

/// Blocks all signals; returns the previous mask.
fn block_signals() -> libc::sigset_t {
    // SAFETY: sets of signals are plain data, filled before they are read; only this thread's mask changes.
    unsafe {
        let (mut all, mut before) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        before
    }
}

fn restore_signals(mask: &libc::sigset_t) {
    // SAFETY: the set was filled by the kernel.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, mask, std::ptr::null_mut()) };
}

/// A number in memory that a child shares with its parent.
struct Shared(*const AtomicI32);

impl Shared {
    fn new() -> io::Result<Self> {
        use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at an address that the kernel chooses replaces no other.
        let at = unsafe { mmap_anonymous(std::ptr::null_mut(), size_of::<AtomicI32>(), access, MapFlags::SHARED)? };
        Ok(Self(at.cast()))
    }

    fn set(&self, number: i32) {
        // SAFETY: the mapping lives as long as `self`, is aligned to a page, and zeroes are a valid atomic.
        unsafe { &*self.0 }.store(number, Ordering::SeqCst);
    }

    fn number(&self) -> i32 {
        // SAFETY: as above.
        unsafe { &*self.0 }.load(Ordering::SeqCst)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the mapping belongs to this object, and nobody has a reference into it any more.
        let _ = unsafe { rustix::mm::munmap(self.0.cast_mut().cast(), size_of::<AtomicI32>()) };
    }
}

impl Child {
    /// The process's number, valid until it is reaped.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Kills the process.
    ///
    /// # Errors
    /// It is another user's.
    pub fn kill(&self) -> io::Result<()> {
        Ok(pidfd_send_signal(&self.process, Signal::KILL)?)
    }

    /// Returns the exit status, if the process has ended.
    pub fn try_reap(&mut self) -> Option<ExitStatus> {
        self.wait(WaitIdOptions::EXITED | WaitIdOptions::NOHANG)
    }

    /// Waits for the process's end.
    pub fn reap(&mut self) -> Option<ExitStatus> {
        self.wait(WaitIdOptions::EXITED)
    }

    fn wait(&self, options: WaitIdOptions) -> Option<ExitStatus> {
        loop {
            match waitid(WaitId::PidFd(self.process.as_fd()), options) {
                Ok(status) => return status.map(|status| in_short(&status)),
                Err(rustix::io::Errno::INTR) => {}
                // There is nothing to wait for.
                Err(_) => return Some(ExitStatus::default()),
            }
        }
    }
}

fn in_short(status: &WaitIdStatus) -> ExitStatus {
    let signal = status.terminating_signal().unwrap_or(0);
    ExitStatus::from_raw(status.exit_status().map_or(signal, |code| (code & 0xff) << 8))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::OwnedFd;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::*;

    fn shell<'a>(script: &str) -> Program<'a> {
        let arguments = ["-c", script].map(OsString::from).to_vec();
        Program { path: Some(Path::new("/bin/sh")), arguments, ..Program::default() }
    }

    fn output(program: Program<'_>) -> String {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut child = {
            let program = Program { output: [Some(write.as_fd()), None], ..program };
            Spawner::new().unwrap().spawn(&program).unwrap()
        };
        drop(write);
        let mut text = String::new();
        File::from(read).read_to_string(&mut text).unwrap();
        assert!(child.reap().unwrap().success());
        text
    }

    #[test]
    fn the_child_has_these_descriptors_and_no_others() {
        // An inheritable descriptor, as the broker might have inherited it.
        let (leak, other) = pipe_with(PipeFlags::empty()).unwrap();
        let script = "n=0; while [ $n -lt 99 ]; do [ -e /proc/$$/fd/$n ] && echo $n; n=$((n+1)); done";
        let with = Program { conversation: Some(other.as_fd()), ..shell(script) };
        assert_eq!(output(with), "0\n1\n2\n3\n");
        assert_eq!(output(shell(script)), "0\n1\n2\n");
        drop(leak);
    }

    #[test]
    fn what_it_has_is_what_it_was_given() {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let group = tempfile();
        let mut program = shell("echo right >&3; echo $X");
        program.conversation = Some(write.as_fd());
        program.groups = vec![group.as_fd()];
        program.environment = vec![("X".into(), "y z".into())];
        assert_eq!(output(program), "y z\n");
        let mut text = [0; 6];
        rustix::io::read(&read, &mut text).unwrap();
        assert_eq!(&text, b"right\n");
        let mut joined = [0; 2];
        assert_eq!(rustix::io::pread(&group, &mut joined, 0).unwrap(), 1);
        assert_eq!(joined[0], b'0');
    }

    #[test]
    fn a_status_is_told_once() {
        let mut spawner = Spawner::new().unwrap();
        assert_eq!(spawner.spawn(&shell("exit 3")).unwrap().reap().unwrap().code(), Some(3));
        let mut child = spawner.spawn(&shell("kill -9 $$")).unwrap();
        assert_eq!(child.reap().unwrap().signal(), Some(9));
        let mut child = spawner.spawn(&shell("read x <&3")).unwrap();
        child.reap();
        let (_read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut program = shell("exec sleep 1000");
        program.conversation = Some(write.as_fd());
        let mut child = spawner.spawn(&program).unwrap();
        assert!(child.try_reap().is_none());
        child.kill().unwrap();
        assert_eq!(child.reap().unwrap().signal(), Some(9));
    }

    #[test]
    fn a_missing_program_is_an_error_here() {
        let program = Program { path: Some(Path::new("/nowhere/at/all")), ..Program::default() };
        let error = Spawner::new().unwrap().spawn(&program).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    fn tempfile() -> OwnedFd {
        rustix::fs::memfd_create(c"group", rustix::fs::MemfdFlags::CLOEXEC).unwrap()
    }
}
