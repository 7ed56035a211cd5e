//! The manual's sections for all subcommands.

use ava_cli::Section;

/// In the order of manuals.
pub const SECTIONS: [Section; 3] = [EXIT_STATUS, ENVIRONMENT, FILES];

const EXIT_STATUS: Section = Section {
    title: "EXIT STATUS",
    entries: &[
        ("0", "Success."),
        (
            "1",
            "Failure; with several sessions, at least one could not be shown or ended. `policy check' has found a mistake, or `policy diff' a difference.",
        ),
        ("2", "The command line is invalid."),
        ("3", "It is not allowed."),
        ("4", "No broker answers."),
        (
            "126, 127",
            "The program of `run' cannot be executed, or does not exist. Otherwise `run' exits with its program's status.",
        ),
    ],
};

const ENVIRONMENT: Section = Section {
    title: "ENVIRONMENT",
    entries: &[
        (
            "AVA_SOCKET",
            "The broker's socket. If unset, avactl uses the system's if there is one, else the user's private one.",
        ),
        (
            "AVA_WAIT",
            "Like `run --wait': how many seconds a program waits when a limit of sessions is reached, or `forever'.",
        ),
        (
            "AVA_LOG",
            "The library's log level on standard error: off, error, warn, info, debug, trace. Also a private broker's, when it is started.",
        ),
        (
            "AVA_STRICT",
            "With 1, every call crosses to the worker and waits for its reply: to find out whether AvA causes a problem.",
        ),
        ("AVA_TRANSPORT", "With socket, calls travel without shared memory."),
        (
            "AVA_VENDOR_LIBRARY_PATH, AVA_PLUGINS, AVA_SANDBOX, AVA_SANDBOX_READ, AVA_SANDBOX_WRITE, AVA_WARM, AVA_LEDGER_DAYS, \
             AVA_LEDGER_SIZE",
            "Options of the private broker, when it is started; ava-broker(8) explains them.",
        ),
        (
            "AVA_SHIM, AVA_BROKER, AVA_WORKER",
            "The paths of libava.so, ava-broker and ava-worker, if not beside avactl or where a package installs them.",
        ),
        ("COLUMNS", "The width of tables. If unset, the terminal's width; in a pipe or file as wide as needed."),
        ("NO_COLOR, CLICOLOR, CLICOLOR_FORCE", "Whether colours are used, unless --color is given."),
        ("XDG_RUNTIME_DIR", "The directory that contains the private broker's directory."),
    ],
};

const FILES: Section = Section {
    title: "FILES",
    entries: &[
        ("/etc/ava/ava.toml, $XDG_CONFIG_HOME/ava/ava.toml", "The policy; ava.toml(5) explains it."),
        ("/run/ava/broker.sock", "The socket of the system's broker."),
        ("/run/ava-admin/broker.sock", "Its socket for administrators, who see and end all sessions."),
        (
            "$XDG_RUNTIME_DIR/ava/broker.sock, /tmp/ava-UID/broker.sock",
            "The socket of the user's private broker. No other user can access its directory.",
        ),
        ("broker.log", "In the same directory: the private broker's log since its start."),
    ],
};
