//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use tracing::level_filters::LevelFilter;

use ava_protocol::session::PLUGINS_VARIABLE;

use crate::policy::admission::Limits;

/// AvA's broker: admits programs that use an accelerator library and gives each of them a worker process.
///
/// Started by systemd through a socket unit, it listens on that socket. Otherwise it listens on --socket, by default
/// /run/ava/broker.sock for root and $XDG_RUNTIME_DIR/ava/broker.sock (or /tmp/ava-UID/broker.sock) for everybody else.
#[derive(Debug, Parser)]
#[command(name = "ava-broker", version)]
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

    /// Sessions at the same time, at most
    #[arg(long, value_name = "N", default_value_t = 1024)]
    pub sessions: usize,

    /// Sessions of one user at the same time, at most
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub sessions_per_user: usize,
}

impl Options {
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
    use clap::CommandFactory;

    #[test]
    fn the_command_line_makes_sense() {
        super::Options::command().debug_assert();
    }
}
