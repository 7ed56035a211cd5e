//! `avactl man`, for packages.

use std::path::PathBuf;
use std::process::Command;

use ava_cli::{Example, Page};

use super::{manual, policy_file};
use crate::error::{Failure, Kind};
use crate::locate::BROKER;

/// Write the manual pages
///
/// One for avactl, one for each subcommand, that of the policy's file, and the broker's, in the folders man1, man5 and man8 of
/// a directory such as /usr/local/share/man.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The directory to write them to
    directory: PathBuf,
}

/// Writes one page for avactl, one for each subcommand, one for the policy's file, and one for the broker. `examples` are those of a subcommand.
pub fn run(args: Args, command: clap::Command, examples: fn(&str) -> &'static [Example]) -> Result<(), Failure> {
    let volumes = ["man1", "man5", "man8"].map(|volume| args.directory.join(volume));
    volumes.iter().try_for_each(std::fs::create_dir_all)?;
    let [man1, man5, man8] = volumes;
    let mut avactl = command.term_width(100);
    avactl.build();
    let verbs = shown(&avactl);
    let names: Vec<_> = verbs.iter().map(|verb| format!("{}(1)", name(verb))).collect();
    let see_also = |own: &str| {
        let others = ["avactl(1)".to_owned()].into_iter().chain(names.iter().cloned());
        others
            .filter(|other| other != own)
            .chain(["ava.toml(5)".to_owned(), "ava-broker(8)".to_owned()])
            .collect::<Vec<_>>()
    };
    for one in verbs.into_iter().chain([&avactl]) {
        let name = name(one);
        let page = Page {
            volume: "1",
            examples: examples(one.get_name()),
            sections: &manual::SECTIONS,
            see_also: &see_also(&format!("{name}(1)")),
        };
        std::fs::write(man1.join(format!("{name}.1")), ava_cli::page(one, &page)?)?;
    }
    std::fs::write(man5.join("ava.toml.5"), policy_file::page()?)?;
    // Only the broker knows its options.
    let broker = BROKER.find()?;
    let written = Command::new(&broker).arg("--manual").output()?;
    if !written.status.success() {
        return Err(Failure::new(Kind::General, format!("{} does not write its page", broker.display())));
    }
    Ok(std::fs::write(man8.join("ava-broker.8"), written.stdout)?)
}

/// The subcommands that have a page, each behind the one that it belongs to.
fn shown(command: &clap::Command) -> Vec<&clap::Command> {
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help");
    verbs.flat_map(|verb| std::iter::once(verb).chain(shown(verb))).collect()
}

/// The name of a page.
fn name(command: &clap::Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}
