//! What the manual says about all verbs.

use ava_cli::Section;

/// In the order in which manuals have them.
pub const SECTIONS: [Section; 3] = [EXIT_STATUS, ENVIRONMENT, FILES];

const EXIT_STATUS: Section = Section {
    title: "EXIT STATUS",
    entries: &[
        ("0", "Success."),
        ("1", "Failure; of several sessions, one at least could not be shown or ended."),
        ("2", "The command line makes no sense."),
        ("3", "It is not allowed."),
        ("4", "No broker answers."),
        ("126, 127", "The program of `run' cannot be run, or is not there. Else `run' ends as its program does."),
    ],
};

const ENVIRONMENT: Section = Section {
    title: "ENVIRONMENT",
    entries: &[
        (
            "AVA_SOCKET",
            "The broker's socket. Without it the system's is taken if there is one, else the user's private one.",
        ),
        (
            "AVA_WAIT",
            "As `run --wait': how many seconds a program waits for a place where a limit of sessions is reached, or `forever'.",
        ),
        (
            "AVA_LOG",
            "How much the library says on standard error: off, error, warn, info, debug, trace. Also of a private broker, when it is started.",
        ),
        ("AVA_STRICT", "With 1, every call crosses to the worker and waits for its answer: to find out what is whose."),
        ("AVA_TRANSPORT", "With socket, calls travel without shared memory."),
        (
            "AVA_VENDOR_LIBRARY_PATH, AVA_PLUGINS, AVA_SANDBOX, AVA_SANDBOX_READ, AVA_SANDBOX_WRITE, AVA_WARM",
            "Options of the private broker, when it is started; ava-broker(8) explains them.",
        ),
        (
            "AVA_SHIM, AVA_BROKER, AVA_WORKER",
            "Where libava.so, ava-broker and ava-worker are, if not beside avactl or where a package puts them.",
        ),
        (
            "COLUMNS",
            "How wide a table may be. Without it, as wide as the terminal; in a pipe or file as wide as it needs to be.",
        ),
        ("NO_COLOR, CLICOLOR, CLICOLOR_FORCE", "Whether colours are used, unless --color says it."),
        ("XDG_RUNTIME_DIR", "Where the private broker's directory is."),
    ],
};

const FILES: Section = Section {
    title: "FILES",
    entries: &[
        ("/run/ava/broker.sock", "The socket of the system's broker."),
        ("/run/ava-admin/broker.sock", "Its socket for administrators, who see and end all sessions."),
        (
            "$XDG_RUNTIME_DIR/ava/broker.sock, /tmp/ava-UID/broker.sock",
            "The socket of the user's private broker. Its directory is closed to others.",
        ),
        ("broker.log", "In the same directory: what the private broker has said since it was started."),
    ],
};
