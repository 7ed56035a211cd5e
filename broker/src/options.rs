//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, ValueEnum};
use tracing::level_filters::LevelFilter;

use ava_cli::{Example, Page, Section, example};
use ava_protocol::envelope::BUILD;
use ava_protocol::surroundings::PLUGINS_VARIABLE;
use ava_sandbox::Mode;

use crate::policy::admission::Limits;
use crate::users::{self, Range};

/// AvA's broker: admits programs that use an accelerator library and gives each of them a worker process.
///
/// Started by systemd through a socket unit, it listens on that socket. Otherwise it listens on --socket, by default
/// /run/ava/broker.sock for root and $XDG_RUNTIME_DIR/ava/broker.sock (or /tmp/ava-UID/broker.sock) for everybody else.
#[derive(Debug, Parser)]
#[command(name = "ava-broker", version = BUILD)]
pub struct Options {
    /// Listen here
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,

    /// Let the members of this group use the broker; without it only its own user may
    ///
    /// For the system's socket the default is the group `ava`, if there is one.
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,

    /// End after so many seconds without a session
    #[arg(long, value_name = "SECONDS")]
    pub idle_exit: Option<u64>,

    /// The worker program [default: ava-worker beside this program, or in ../libexec/ava]
    #[arg(long, value_name = "PATH")]
    pub worker: Option<PathBuf>,

    /// Directories, separated by colons, in which workers find the vendor's libraries, before the system's
    ///
    /// Where the broker is for one user alone, this variable counts as each program has set it; the option is for those that
    /// have not. The same holds for --plugin, --sandbox, and --sandbox-read and --sandbox-write, which add to each other.
    #[arg(long, value_name = "DIRS", env = "AVA_VENDOR_LIBRARY_PATH")]
    pub vendor_library_path: Option<OsString>,

    /// A library that programs may have their workers load, such as an external delegate of TensorFlow Lite's
    ///
    /// A program that names this file, or a file of this name, gets it. May be given several times.
    #[arg(long = "plugin", value_name = "FILE", env = PLUGINS_VARIABLE, value_delimiter = ':')]
    pub plugins: Vec<PathBuf>,

    /// Workers that wait for each user's next session with the vendor's library loaded; 0 for none
    ///
    /// Users are those who had a session in the last hour; a broker that is for one user alone starts with theirs. There
    /// are 16 such workers in all, at most. They count for no limit and keep no idle broker alive.
    #[arg(long, value_name = "N", default_value_t = 1, env = "AVA_WARM", value_parser = clap::value_parser!(u8).range(..=16))]
    pub warm: u8,

    /// How much to log on standard error
    #[arg(long, value_name = "LEVEL", default_value = "info", env = "AVA_LOG")]
    pub log: Level,

    /// What to do if a part of the sandbox cannot be had: serve nobody, go without it, or have none at all (for debugging)
    #[arg(long, value_name = "MODE", default_value_t, env = "AVA_SANDBOX", value_parser = mode_parser())]
    pub sandbox: Mode,

    /// A file or folder that workers may read besides the vendors' libraries, such as where a driver has its data
    ///
    /// May be given several times. (What an API's drivers are known to need stands in its table.)
    #[arg(long, value_name = "PATH", env = "AVA_SANDBOX_READ", value_delimiter = ':')]
    pub sandbox_read: Vec<PathBuf>,

    /// A file or folder that workers may write; all tenants' workers may, so what is in it is shared by them
    #[arg(long, value_name = "PATH", env = "AVA_SANDBOX_WRITE", value_delimiter = ':')]
    pub sandbox_write: Vec<PathBuf>,

    /// The users that tenants' workers run as, one for each tenant, if the broker is for several users and may change users
    #[arg(long, value_name = "FIRST-LAST", default_value_t = users::USUAL)]
    pub worker_uids: Range,

    /// A group that these users are in, besides those of their devices; may be given several times
    #[arg(long, value_name = "NAME")]
    pub worker_group: Vec<String>,

    /// The most memory of one session, such as 4G [default: three quarters of what there is]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub session_memory: Option<u64>,

    /// Where files stand that tenants get copies of in place of an API's own, such as softhsm2.conf
    #[arg(long, value_name = "DIR", default_value = "/etc/ava/templates")]
    pub templates: PathBuf,

    /// Listen here for administrators, who see and end all sessions; its permissions decide who is one
    ///
    /// For the system's socket the default is /run/ava-admin/broker.sock. Without one, a broker for several users has no
    /// administrator.
    #[arg(long, value_name = "PATH")]
    pub admin_socket: Option<PathBuf>,

    /// Let go of the control groups of living workers, and end: for the service manager, before it starts another broker
    #[arg(long, hide = true)]
    pub release_groups: bool,

    /// Write the manual page ava-broker(8), and end: for `avactl man`
    #[arg(long, hide = true)]
    pub manual: bool,

    /// Have workers use no newer Landlock than this version
    #[arg(long, value_name = "VERSION", hide = true)]
    pub landlock_abi: Option<i32>,

    /// Sessions at the same time, at most
    #[arg(long, value_name = "N", default_value_t = 1024)]
    pub sessions: usize,

    /// Sessions of one user at the same time, at most
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub sessions_per_user: usize,
}

const EXAMPLES: &[Example] = &[
    example("A broker for yourself at a socket of its own", "ava-broker --socket \"$HOME/ava.sock\" --idle-exit 60"),
    example(
        "One for the members of a group, with a bound on each session's memory",
        "ava-broker --socket /srv/ava/broker.sock --group users --session-memory 4G",
    ),
    example("See what a broker does", "ava-broker --socket \"$HOME/ava.sock\" --log debug"),
];

const SECTIONS: [Section; 4] = [
    Section {
        title: "SIGNALS",
        entries: &[("SIGTERM, SIGINT, SIGHUP", "The broker ends. Sessions that have begun go on without it.")],
    },
    Section {
        title: "EXIT STATUS",
        entries: &[
            ("0", "It was told to end, or was idle for as long as --idle-exit says."),
            ("1", "It could not begin or go on; the log says why."),
            ("2", "The command line makes no sense."),
        ],
    },
    Section {
        title: "ENVIRONMENT",
        entries: &[
            (
                "AVA_VENDOR_LIBRARY_PATH, AVA_PLUGINS, AVA_WARM, AVA_LOG, AVA_SANDBOX, AVA_SANDBOX_READ, AVA_SANDBOX_WRITE",
                "As the options that are named after them.",
            ),
            (
                "LISTEN_FDS, LISTEN_PID, NOTIFY_SOCKET, WATCHDOG_USEC",
                "The service manager's: sockets to listen on, and where to say that all is well.",
            ),
            ("XDG_RUNTIME_DIR", "Where the default socket is of a broker that is not root's."),
            ("XDG_CACHE_HOME, HOME", "Where workers' directories are."),
        ],
    },
    Section {
        title: "FILES",
        entries: &[
            ("/run/ava/broker.sock", "The system's socket, for members of the group ava."),
            ("/run/ava-admin/broker.sock", "The administrator's socket."),
            ("/etc/default/ava", "Variables of the service's."),
            (
                "/etc/ava/templates/softhsm2.conf",
                "What each tenant gets a copy of in place of its own token store's configuration.",
            ),
            ("SOCKET.lock", "Beside the socket: whoever holds it is the only broker there."),
        ],
    },
];

impl Options {
    /// This process's command line. One that makes no sense ends here.
    pub fn of_process() -> Self {
        ava_cli::parse(Self::command().after_long_help(ava_cli::help(EXAMPLES)))
    }

    /// The manual page.
    ///
    /// # Errors
    /// None that memory does not have.
    pub fn manual() -> std::io::Result<Vec<u8>> {
        let mut command = Self::command().term_width(100);
        command.build();
        let see_also = ["avactl(1)".to_owned()];
        ava_cli::page(&command, &Page { volume: "8", examples: EXAMPLES, sections: &SECTIONS, see_also: &see_also })
    }

    /// The limits that were asked for.
    pub fn limits(&self) -> Limits {
        Limits {
            connections: 1024,
            connections_per_user: 256,
            sessions: self.sessions,
            sessions_per_user: self.sessions_per_user,
        }
    }
}

fn mode_parser() -> impl clap::builder::TypedValueParser<Value = Mode> {
    use clap::builder::{PossibleValuesParser, TypedValueParser as _};
    PossibleValuesParser::new(Mode::ALL.map(Mode::name)).try_map(|name| name.parse())
}

/// A number of bytes, with a unit or without.
fn size(text: &str) -> Result<u64, String> {
    let units = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];
    let unit = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(*unit)?, *shift)));
    let (number, shift) = unit.unwrap_or((text, 0));
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    let bytes = bytes.ok_or_else(|| format!("{text:?} is no size: a number of bytes, or of K, M, G, T"))?;
    if bytes < 64 << 20 {
        Err(format!("{text} is too little for any vendor's library: 64M at least"))
    } else {
        Ok(bytes)
    }
}

/// How much to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Nothing
    Off,
    /// What is broken
    Error,
    /// What may be broken
    Warn,
    /// What happens
    Info,
    /// For developers
    Debug,
    /// For developers, and much of it
    Trace,
}

impl Level {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// For tracing.
    pub fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn sizes_are_read() {
        assert_eq!((super::size("1G"), super::size("67108864")), (Ok(1 << 30), Ok(64 << 20)));
        for text in ["", "G", "1X", "-1", "1M", "99999999999T"] {
            assert!(super::size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_command_line_makes_sense() {
        super::Options::command().debug_assert();
    }
}
