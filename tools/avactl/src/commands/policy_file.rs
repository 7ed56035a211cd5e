//! The manual page ava.toml(5), from what the policy's reader knows.

use std::io;

use ava_cli::{Part, file_page};
use ava_policy::keys::{Definition, KEYS};

/// What a file looks like.
const EXAMPLE: &str = include_str!("../../../../broker/policy/ava.toml");

/// The page.
pub fn page() -> io::Result<Vec<u8>> {
    let text = |text: &str| Part::Text(text.to_owned());
    let entry = |name: &str, meaning: &str| Part::Entry(name.to_owned(), meaning.to_owned());
    let mut parts = vec![
        Part::Title("SYNOPSIS"),
        text("/etc/ava/ava.toml, /etc/ava/ava.d/*.toml"),
        text("$XDG_CONFIG_HOME/ava/ava.toml, $XDG_CONFIG_HOME/ava/ava.d/*.toml"),
        Part::Title("DESCRIPTION"),
        text(
            "The policy of AvA's broker: which programs are of which tenant, and what holds for each. The first files are \
             those of a broker that serves several users, the second those of a broker that serves its own user alone; \
             the option --config of ava-broker(8) names others. None has to exist: then all users are equal, and each \
             user's sessions are. Files in the directory are read by name, after the first file. Those whose names begin \
             with a dot are left out.",
        ),
        text(
            "The language is TOML. Rules stand in [[rule]], in the order of the files and of their lines, and the first \
             that fits a program counts for it, and no other. [default] holds for everybody, as far as the tenant's rule \
             does not say otherwise; what a later file has in [default] counts more.",
        ),
        text(
            "The broker reads the files when it starts and on `avactl policy reload'. It takes all of them or none: with a \
             mistake it does not start, and a running broker keeps what is in force. `avactl policy check' finds \
             mistakes without a broker.",
        ),
        text("There may be 4096 rules in 256 files, and 1 MiB of text. A file that everybody can write is refused."),
        Part::Title("RULES"),
        entry(
            "match",
            "Whom the rule is for. Of several keys all must hold, of a list one: match = { user = [\"alice\", 1001], cgroup = \
             \"/system.slice/docker-*\" }. An empty table is for everybody.",
        ),
        entry(
            "match.user, match.group",
            "By name, as in /etc/passwd and /etc/group, or by number. A program is of all its groups.",
        ),
        entry(
            "match.cgroup",
            "The program's control group, as in /proc/PID/cgroup: a container, a job of a scheduler, a unit of systemd. `*' \
             stands for any text, slashes included. Users can make groups of any name below their own slice, so a pattern \
             that is to give more than others have begins with `/system.slice' or the like.",
        ),
        entry(
            "match.label",
            "The label that root gave the program's control group, or the nearest group around it that has one: avactl-label(1). \
             `*' stands for any text, and alone for any label. Users can neither give themselves a label nor lose one, unless \
             a group around the labelled one belongs to them. The label is the extended attribute security.ava.label of the \
             group's folder: at most 64 bytes, in the letters of tenants' names; anything else counts as none.",
        ),
        entry(
            "tenant",
            "Whom the program counts for. Without it that is the user, in its container if it is in one: alice, or \
             alice@libpod-0123. Programs of one tenant share its limits, and nothing else: each user sees only their own \
             sessions. Rules of one tenant may not disagree. If programs of a user match different rules without \
             tenants, the rule of the one that came last counts for all.",
        ),
        Part::Title("WHAT HOLDS FOR A TENANT"),
        text("In a [[rule]] or in [default]."),
    ];
    parts.extend(KEYS.iter().map(described));
    parts.extend([
        Part::Title("EXAMPLE"),
        Part::Lines(EXAMPLE.to_owned()),
        Part::Title("SEE ALSO"),
        text("avactl-policy(1), avactl-label(1), avactl-tenants(1), ava-broker(8)"),
    ]);
    file_page("ava.toml", "the policy of AvA's broker", &parts)
}

fn described(key: &Definition) -> Part {
    let later = match key.except {
        [] => String::new(),
        except => format!(" Not enforced yet for {}.", except.join(", ")),
    };
    let meaning = format!("{} It is {}.{later}", key.means, key.kind.means());
    Part::Entry(format!("{} = {}", key.name, key.example), meaning)
}
