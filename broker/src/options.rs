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
    /// Listen on this path
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,

    /// Let the members of this group use the broker; otherwise only its own user may
    ///
    /// For the system's socket the default is the group `ava`, if there is one.
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,

    /// The policy: rules that say which programs are of which tenant, and what holds for each; ava.toml(5) explains them
    ///
    /// The files in its directory (its name with `.d`) are read after it. The default is /etc/ava/ava.toml for a broker that
    /// serves several users, and $XDG_CONFIG_HOME/ava/ava.toml or ~/.config/ava/ava.toml for one that serves its own user
    /// alone; neither has to exist. A broker whose files have errors does not start.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The file in which the use of devices is kept, for `avactl account`
    ///
    /// The default is ledger.redb in /var/lib/ava for the system's broker, in $XDG_STATE_HOME/ava or ~/.local/state/ava for a
    /// private one, and SOCKET.ledger for one with a socket of another name.
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,

    /// How many days the use of devices is kept; 0 for not at all
    #[arg(long, value_name = "DAYS", default_value_t = 90, env = "AVA_LEDGER_DAYS", value_parser = clap::value_parser!(u16))]
    pub ledger_days: u16,

    /// The size of that file beyond which older records are joined, and then removed, at least 16M
    #[arg(long, value_name = "SIZE", default_value = "256M", env = "AVA_LEDGER_SIZE", value_parser = size)]
    pub ledger_size: u64,

    /// End after this many seconds without a session
    #[arg(long, value_name = "SECONDS")]
    pub idle_exit: Option<u64>,

    /// The worker program [default: ava-worker beside this program, or in ../libexec/ava]
    #[arg(long, value_name = "PATH")]
    pub worker: Option<PathBuf>,

    /// Directories, separated by colons, in which workers find the vendor's libraries, before the system's
    ///
    /// A broker for one user uses each program's own value of this variable; the option is for programs that have not set
    /// it. The same holds for --plugin and --sandbox. Values of --sandbox-read and --sandbox-write add to the program's.
    #[arg(long, value_name = "DIRS", env = "AVA_VENDOR_LIBRARY_PATH")]
    pub vendor_library_path: Option<OsString>,

    /// A library that programs may have their workers load, such as an external delegate of TensorFlow Lite
    ///
    /// A program that names this file, or any file of the same name, gets it. May be given several times.
    #[arg(long = "plugin", value_name = "FILE", env = PLUGINS_VARIABLE, value_delimiter = ':')]
    pub plugins: Vec<PathBuf>,

    /// Workers to keep ready for each user's next session, with the vendor's library loaded; 0 for none
    ///
    /// Only users who had a session in the last hour get such workers; a broker for one user starts one at once. There
    /// are at most 16 in all. They do not count towards the limits and do not keep an idle broker alive.
    #[arg(long, value_name = "N", default_value_t = 1, env = "AVA_WARM", value_parser = clap::value_parser!(u8).range(..=16))]
    pub warm: u8,

    /// How much to log on standard error
    #[arg(long, value_name = "LEVEL", default_value = "info", env = "AVA_LOG")]
    pub log: Level,

    /// Without some part of the sandbox: refuse to start, go on without that part, or use no sandbox at all (for debugging)
    #[arg(long, value_name = "MODE", default_value_t, env = "AVA_SANDBOX", value_parser = mode_parser())]
    pub sandbox: Mode,

    /// A file or directory that workers may read besides the vendors' libraries, such as a driver's data
    ///
    /// May be given several times. (The API's table lists what its drivers are known to need.)
    #[arg(long, value_name = "PATH", env = "AVA_SANDBOX_READ", value_delimiter = ':')]
    pub sandbox_read: Vec<PathBuf>,

    /// A file or directory that workers may write; all tenants' workers share it
    #[arg(long, value_name = "PATH", env = "AVA_SANDBOX_WRITE", value_delimiter = ':')]
    pub sandbox_write: Vec<PathBuf>,

    /// The range of users for tenants' workers, one for each tenant, if the broker serves several users and may change
    /// users
    #[arg(long, value_name = "FIRST-LAST", default_value_t = users::USUAL)]
    pub worker_uids: Range,

    /// A group of these users, besides those of their devices; may be given several times
    #[arg(long, value_name = "NAME")]
    pub worker_group: Vec<String>,

    /// The memory limit of one session, such as 4G [default: three quarters of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub session_memory: Option<u64>,

    /// The directory of configuration files that each tenant gets a copy of, such as softhsm2.conf
    #[arg(long, value_name = "DIR", default_value = "/etc/ava/templates")]
    pub templates: PathBuf,

    /// Listen on this path for administrators, who see and end all sessions; its permissions decide who is one
    ///
    /// For the system's socket the default is /run/ava-admin/broker.sock. Without one, a broker for several users has no
    /// administrator.
    #[arg(long, value_name = "PATH")]
    pub admin_socket: Option<PathBuf>,

    /// Release the control groups of living workers, and end: for the service manager, before it starts another broker
    #[arg(long, hide = true)]
    pub release_groups: bool,

    /// Write the manual page ava-broker(8), and end: for `avactl man`
    #[arg(long, hide = true)]
    pub manual: bool,

    /// The newest version of Landlock that workers use
    #[arg(long, value_name = "VERSION", hide = true)]
    pub landlock_abi: Option<i32>,

    /// The most sessions at the same time
    #[arg(long, value_name = "N", default_value_t = 1024)]
    pub sessions: usize,

    /// The most sessions of one user, or one tenant of the policy, at the same time, if no rule says otherwise
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub sessions_per_user: usize,
}

const EXAMPLES: &[Example] = &[
    example("A broker for yourself on its own socket", "ava-broker --socket \"$HOME/ava.sock\" --idle-exit 60"),
    example(
        "A broker for the members of a group, with a memory limit for each session",
        "ava-broker --socket /srv/ava/broker.sock --group users --session-memory 4G",
    ),
    example("Watch what a broker does", "ava-broker --socket \"$HOME/ava.sock\" --log debug"),
];

const SECTIONS: [Section; 4] = [
    Section {
        title: "SIGNALS",
        entries: &[("SIGTERM, SIGINT, SIGHUP", "The broker ends. Its sessions go on without it.")],
    },
    Section {
        title: "EXIT STATUS",
        entries: &[
            ("0", "It ended after a signal, or after being idle for --idle-exit seconds."),
            ("1", "It could not start or go on; the log says why."),
            ("2", "The command line is invalid."),
        ],
    },
    Section {
        title: "ENVIRONMENT",
        entries: &[
            (
                "AVA_VENDOR_LIBRARY_PATH, AVA_PLUGINS, AVA_WARM, AVA_LOG, AVA_LEDGER_DAYS, AVA_LEDGER_SIZE, AVA_SANDBOX, AVA_SANDBOX_READ, \
                 AVA_SANDBOX_WRITE",
                "Defaults of the options of the same names.",
            ),
            (
                "LISTEN_FDS, LISTEN_PID, NOTIFY_SOCKET, WATCHDOG_USEC",
                "From the service manager: sockets to listen on, and where to report that the broker is alive.",
            ),
            ("XDG_RUNTIME_DIR", "The directory of the default socket, unless the broker is root's."),
            ("XDG_CONFIG_HOME, HOME", "The directory of ava/ava.toml, for a broker that serves its own user alone."),
            ("XDG_CACHE_HOME, HOME", "The directory of workers' private directories."),
            ("XDG_STATE_HOME, HOME", "The directory of the use of devices, for a private broker."),
        ],
    },
    Section {
        title: "FILES",
        entries: &[
            ("/run/ava/broker.sock", "The system's socket, for members of the group ava."),
            ("/run/ava-admin/broker.sock", "The administrator's socket."),
            ("/etc/ava/ava.toml, /etc/ava/ava.d/*.toml", "The policy; ava.toml(5) explains it."),
            ("/etc/default/ava", "The service's environment variables."),
            (
                "/etc/ava/templates/softhsm2.conf",
                "Each tenant gets a copy of it as the configuration of its own token store.",
            ),
            (
                "/var/lib/ava/ledger.redb, ~/.local/state/ava/ledger.redb, SOCKET.ledger",
                "What sessions used, hour by hour. One that is damaged is put aside, with the ending damaged, and another begun.",
            ),
            ("SOCKET.lock", "The lock beside the socket: its holder is the only broker there."),
        ],
    },
];

impl Options {
    /// Parses this process's command line, and ends the process if it is invalid.
    pub fn of_process() -> Self {
        ava_cli::parse(Self::command().after_long_help(ava_cli::help(EXAMPLES)))
    }

    /// The manual page.
    ///
    /// # Errors
    /// None in practice: it writes into memory.
    pub fn manual() -> std::io::Result<Vec<u8>> {
        let mut command = Self::command().term_width(100);
        command.build();
        let see_also = ["avactl(1)".to_owned(), "ava.toml(5)".to_owned()];
        ava_cli::page(&command, &Page { volume: "8", examples: EXAMPLES, sections: &SECTIONS, see_also: &see_also })
    }

    /// The limits that the options set.
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

/// Parses a number of bytes, with or without a unit.
fn size(text: &str) -> Result<u64, String> {
    let units = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];
    let unit = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(*unit)?, *shift)));
    let (number, shift) = unit.unwrap_or((text, 0));
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    let bytes =
        bytes.ok_or_else(|| format!("{text:?} is not a size: use a number of bytes, or one with K, M, G or T"))?;
    if bytes < 64 << 20 {
        Err(format!("{text} is too little for a vendor library: use 64M or more"))
    } else {
        Ok(bytes)
    }
}

/// How much to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Nothing
    Off,
    /// Errors
    Error,
    /// Warnings
    Warn,
    /// Events, such as a session's begin and end
    Info,
    /// For developers
    Debug,
    /// For developers, with every detail
    Trace,
}

impl Level {
    /// Its name on the command line.
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

    /// The level for the `tracing` crate.
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
