//! A broker for several users, started as root, and programs of several users and containers, in a temporary directory and
//! control groups.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::ops::RangeInclusive;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use ava_protocol::admin::{Session, Status};
use tempfile::TempDir;

use crate::administration;
use crate::built;
use crate::groups::Groups;
use crate::program::{Answer, Program};
use crate::running::{Running, pid_of};
use crate::vendor;
use crate::world::wait_for_notice;

/// The group whose members may use the broker: one that exists on every system.
const GROUP: &str = "users";
/// The numbers of users that a broker gives workers by default; each world uses some of them.
const USERS: RangeInclusive<u32> = 65_600..=69_695;
const USERS_EACH: u32 = 8;
const PLACES: u32 = 64;

/// The user or container that a program runs as.
#[derive(Debug, Clone)]
pub struct Somebody {
    uid: u32,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Host,
    /// A control group, in version 2's hierarchy.
    Group(String),
    /// User and PID namespaces.
    Namespaces,
}

impl Somebody {
    /// A user outside of all containers.
    #[must_use]
    pub const fn user(uid: u32) -> Self {
        Self { uid, place: Place::Host }
    }

    /// A user in a container that is recognized by its control group, such as Docker's.
    #[must_use]
    pub fn in_container(uid: u32, name: &str) -> Self {
        Self::in_group(uid, name)
    }

    /// A user in a control group of version 2's hierarchy, below the test's own.
    #[must_use]
    pub fn in_group(uid: u32, name: &str) -> Self {
        Self { uid, place: Place::Group(name.to_owned()) }
    }

    /// The root of a container that a user made of namespaces alone.
    #[must_use]
    pub const fn in_namespaces(uid: u32) -> Self {
        Self { uid, place: Place::Namespaces }
    }
}

/// A broker for the members of a group, on `PoCL` and `SoftHSM`. Everything is removed when this is dropped.
#[derive(Debug)]
pub struct SystemWorld {
    broker: Mutex<Option<Child>>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    runs: AtomicUsize,
    group: u32,
    users: RangeInclusive<u32>,
    pub groups: Groups,
    directory: TempDir,
}

impl SystemWorld {
    /// Without a broker. `None`, and a line that says why, if there are no control groups for tests.
    ///
    /// # Panics
    /// If this is not root, or there is no temporary directory.
    #[must_use]
    pub fn without_broker() -> Option<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let skip = |why: &str| {
            // Past the harness, which hides the output of passing tests.
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            let _ = std::io::stderr().write_all(format!("{test} is skipped: {why}\n").as_bytes());
        };
        assert!(rustix::process::geteuid().is_root(), "only root can start programs of several users");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let groups = match Groups::new(&format!("ava-tests-{}-{number}", std::process::id())) {
            Ok(groups) => groups,
            Err(why) => {
                skip(&why);
                return None;
            }
        };
        let directory = tempfile::Builder::new().prefix("ava-tests-").tempdir().expect("a temporary directory");
        for (name, mode) in [(".", 0o755), ("public", 0o755), ("run", 0o755), ("admin", 0o700), ("work", 0o755)] {
            make(&directory.path().join(name), mode);
        }
        let group = group_id(GROUP);
        // The kernel counts these users' processes, so no other broker on this machine may use them.
        let places = u32::try_from(number).expect("few worlds") % PLACES + std::process::id() % 8 * PLACES;
        let first = USERS.start() + places * USERS_EACH;
        Some(Self {
            broker: Mutex::default(),
            arguments: Vec::new(),
            environment: Vec::new(),
            runs: AtomicUsize::new(0),
            group,
            users: first..=first + USERS_EACH - 1,
            groups,
            directory,
        })
    }

    /// With a running broker, which gets these arguments too.
    #[must_use]
    pub fn with<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Option<Self> {
        let world = Self::without_broker()?.with_arguments(arguments);
        world.start_broker();
        Some(world)
    }

    /// With a running broker without spare workers.
    #[must_use]
    pub fn new() -> Option<Self> {
        Self::with(["--warm", "0"])
    }

    /// Adds arguments for the broker, before it is started.
    #[must_use]
    pub fn with_arguments<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets the users of the broker's workers, before it is started.
    #[must_use]
    pub fn with_users(mut self, users: RangeInclusive<u32>) -> Self {
        self.users = users;
        self
    }

    /// Sets an environment variable for the broker, before it is started.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// The users of its workers.
    #[must_use]
    pub fn users(&self) -> RangeInclusive<u32> {
        self.users.clone()
    }

    /// A path in its directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The socket for programs.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.path("run/broker.sock")
    }

    /// The socket for administrators.
    #[must_use]
    pub fn admin(&self) -> PathBuf {
        self.path("admin/broker.sock")
    }

    /// The directory of a tenant.
    #[must_use]
    pub fn home(&self, tenant: &str) -> PathBuf {
        self.path("cache/ava/tenants").join(tenant)
    }

    /// The broker's command line, for one that is expected to fail.
    #[must_use]
    pub fn broker_command(&self) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", ENTER, "sh", &self.lines(&self.groups.within("."))]).arg(built::file("ava-broker"));
        command.arg("--socket").arg(self.socket()).arg("--admin-socket").arg(self.admin()).args(["--group", GROUP]);
        command.args(["--worker-uids", &format!("{}-{}", self.users.start(), self.users.end())]);
        command.args(&self.arguments).env_clear().env("PATH", path()).env("AVA_LOG", "info");
        command.env("OCL_ICD_VENDORS", vendor::pocl()).env("HOME", self.path("broker"));
        command.env("XDG_CACHE_HOME", self.path("cache"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// Starts the broker and waits until it reports that it is ready.
    ///
    /// # Panics
    /// If it does not.
    pub fn start_broker(&self) {
        let notices = self.path("notify");
        let _ = fs::remove_file(&notices);
        let notified = UnixDatagram::bind(&notices).expect("a socket for the broker's notice");
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("broker.log")).expect("a log");
        let mut command = self.broker_command();
        let child = command.env("NOTIFY_SOCKET", &notices).stderr(log).spawn().expect("the broker starts");
        let started = wait_for_notice(&notified, pid_of(&child));
        *self.broker() = Some(child);
        started.unwrap_or_else(|why| panic!("{why}\n{}", self.log()));
    }

    /// Kills the broker with SIGKILL.
    pub fn kill_broker(&self) {
        if let Some(mut broker) = self.broker().take() {
            let _ = broker.kill();
            let _ = broker.wait();
        }
    }

    /// The broker's process.
    ///
    /// # Panics
    /// If none is running.
    #[must_use]
    pub fn broker_id(&self) -> u32 {
        self.broker().as_ref().expect("a broker").id()
    }

    fn broker(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.broker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The brokers' logs.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("broker.log")).unwrap_or_default()
    }

    /// All sessions, with those that ended lately.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        administration::sessions(&self.admin())
    }

    /// The last session of a program.
    ///
    /// # Panics
    /// If there was none.
    #[must_use]
    pub fn session_of(&self, program: u32) -> Session {
        let of_program = |session: &Session| u32::try_from(session.pid) == Ok(program);
        let found = self.sessions().into_iter().filter(of_program).max_by_key(|session| session.session);
        found.unwrap_or_else(|| panic!("no session of process {program}\n{}", self.log()))
    }

    /// The broker's status, for administrators.
    #[must_use]
    pub fn status(&self) -> Status {
        administration::status(&self.admin())
    }

    /// Runs `program` as this user, with libava.so preloaded.
    #[must_use]
    pub fn run(&self, who: &Somebody, program: &Program) -> Answer {
        self.start(who, program).answer()
    }

    /// Starts `program` as this user, with libava.so preloaded.
    ///
    /// # Panics
    /// If there is no directory for it.
    #[must_use]
    pub fn start(&self, who: &Somebody, program: &Program) -> Running {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let work = self.path(&format!("work/{number:04}"));
        make(&work, 0o700);
        chown(&work, Some(who.uid), Some(self.group)).expect("a directory for a user");

        let mut command = Command::new("sh");
        let mut groups = self.groups.within("programs");
        if let Place::Group(name) = &who.place {
            groups.extend(self.groups.within_unified(name));
        }
        command.args(["-c", ENTER, "sh", &self.lines(&groups)]);
        command.args([
            "setpriv",
            "--reuid",
            &who.uid.to_string(),
            "--regid",
            &self.group.to_string(),
            "--clear-groups",
        ]);
        if matches!(who.place, Place::Namespaces) {
            command.args(["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]);
        }
        // Only the program gets the preload, not its launcher.
        command.args(["env"]).arg(preload(&self.shared(&built::file("libava.so"))));
        command.arg(self.shared(Path::new(&program.name))).args(&program.arguments).current_dir(&work).env_clear();
        command.env("PATH", path()).env("LANG", "C.UTF-8").env("HOME", &work).env("TMPDIR", &work);
        command.env("XDG_CACHE_HOME", &work).env("AVA_SOCKET", self.socket());
        // It finds no driver and no token: all results come from AvA.
        command.env("OCL_ICD_VENDORS", self.path("no-vendor")).env("SOFTHSM2_CONF", self.path("no-vendor"));
        command.envs(program.environment.iter().map(|(name, value)| (name, value)));
        Running::start(&mut command, program.limit, work.display().to_string())
    }

    /// A file that users other than root can read and execute: the file itself, or a copy. A name to search in PATH stays as
    /// it is.
    ///
    /// # Panics
    /// If it cannot be copied.
    #[must_use]
    pub fn shared(&self, file: &Path) -> PathBuf {
        built::shared(file, &self.path("public"))
    }

    fn lines(&self, folders: &[PathBuf]) -> String {
        folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for SystemWorld {
    fn drop(&mut self) {
        self.kill_broker();
    }
}

/// Enters the control groups that the first argument lists, and executes the others.
const ENTER: &str = r#"IFS='
'; for group in $1; do echo 0 > "$group/cgroup.procs" || exit 99; done; unset IFS; shift; exec "$@""#;

fn preload(library: &Path) -> OsString {
    let mut text = OsString::from("LD_PRELOAD=");
    text.push(library);
    text
}

fn make(folder: &Path, mode: u32) {
    fs::create_dir_all(folder).expect("a directory");
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).expect("its permissions");
}

fn group_id(name: &str) -> u32 {
    let text = fs::read_to_string("/etc/group").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let id = line.and_then(|line| line.split(':').nth(1)?.parse().ok());
    id.unwrap_or_else(|| panic!("there is no group {name}"))
}

fn path() -> &'static OsStr {
    static PATH: LazyLock<OsString> = LazyLock::new(|| std::env::var_os("PATH").unwrap_or_default());
    &PATH
}
