//! `avactl top`

mod app;
mod screen;
#[cfg(test)]
mod tests;
mod tree;

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ava_cli::{Example, example};
use ava_protocol::admin::{Answer, Request};
use crossterm::event::{self, Event, KeyEventKind};
use ratatui::DefaultTerminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGTERM};

use super::rates::Reading;
use super::shown::user_name;
use super::stats::interval;
use crate::error::{Failure, Kind};
use crate::output::{Format, TableArgs, print_styled};
use crate::reach::Broker;

use app::{Action, App};
use tree::{Key, Order, table, tree};

pub const EXAMPLES: &[Example] = &[
    example("Watch who uses the devices", "avactl top"),
    example("Once, as text, those with most memory first", "avactl top --once --sort memory"),
];

/// Watch who uses the devices: a tree of devices, tenants and sessions
///
/// DEVICE % is the time on the device: 100 % is one device, or one processor of a CPU device, all the time. SHARE % is which part of a
/// device's use that is, DUE % what the tenant's weight makes due to it while others of its priority use the device as well; who wants less
/// uses less. HELD % is the part of the time for which work is held back so that others get their share or a limit is kept. A session that
/// uses several devices is listed below all their names.
///
/// Keys: arrows select a line, s sorts by the next column, r reverses the order, / shows only what contains a text, k ends the
/// selected session after a question, ? explains the keys, q quits.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show it once, as text
    #[arg(long)]
    once: bool,

    /// Seconds between two readings
    #[arg(short, long, value_name = "SECONDS", default_value = "2", value_parser = interval)]
    interval: Duration,

    /// Sort by this: the largest first, names from a to z
    #[arg(short, long, value_enum, value_name = "KEY", default_value = "device")]
    sort: Key,

    /// Reverse the order
    #[arg(short, long)]
    reverse: bool,

    /// Show only sessions whose program, user, tenant, API or device contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    filter: String,

    #[command(flatten)]
    table: TableArgs,
}

/// Shows the screen until a key ends it, or one table.
pub fn run(args: Args, format: Format) -> Result<(), Failure> {
    if format != Format::Table {
        return Err(Failure::new(Kind::Usage, "`top` is for people").hint("`avactl stats --json` is for programs"));
    }
    let order = Order::new(args.sort, args.reverse, args.filter);
    let on_terminal = io::stdout().is_terminal() && io::stdin().is_terminal();
    if !(args.once || on_terminal) {
        return Err(Failure::new(Kind::Usage, "there is no terminal").hint("`avactl top --once` writes text"));
    }
    let broker = Broker::reach()?;
    let first = Reading::take(&broker)?;
    if args.once {
        // A rate is over a time.
        thread::sleep(args.interval);
        let now = Reading::take(&broker)?;
        return print_styled(&table(&tree(&now, &first, &order, user_name), args.table.view()));
    }
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
    }
    // Restores the terminal also in a panic.
    let mut terminal = ratatui::try_init()?;
    let outcome = watch(&mut terminal, App::new(first, order, user_name), broker, args.interval, &ended);
    ratatui::try_restore()?;
    outcome
}

fn watch(
    terminal: &mut DefaultTerminal,
    mut app: App,
    mut broker: Broker,
    interval: Duration,
    ended: &AtomicBool,
) -> Result<(), Failure> {
    /// How soon a signal is noticed.
    const SOON: Duration = Duration::from_millis(250);
    let mut next = Instant::now() + interval.min(SOON);
    while !ended.load(Ordering::Relaxed) {
        terminal.draw(|frame| screen::draw(frame, &app))?;
        let now = Instant::now();
        if now >= next {
            next = now + interval;
            match Reading::take(&broker) {
                Ok(reading) => app.read(reading),
                // Another broker may have taken over.
                Err(failure) => match Broker::reach() {
                    Ok(another) => broker = another,
                    Err(_) => app.message = failure.message,
                },
            }
            continue;
        }
        match wait_for_keys((next - now).min(SOON)) {
            Keys::Gone => return Ok(()),
            Keys::None => continue,
            Keys::Some if !event::poll(Duration::ZERO)? => continue,
            Keys::Some => {}
        }
        if let Event::Key(key) = event::read()?
            && key.kind != KeyEventKind::Release
        {
            match app.press(key) {
                Action::Nothing => {}
                Action::Quit => return Ok(()),
                Action::End(session) => app.message = end(session),
            }
        }
    }
    Ok(())
}

/// What there is to read of a terminal.
enum Keys {
    None,
    Some,
    /// There is no terminal any more. Not everybody gets a signal then, and crossterm would look for keys for ever.
    Gone,
}

fn wait_for_keys(most: Duration) -> Keys {
    let time = Timespec { tv_sec: most.as_secs().cast_signed(), tv_nsec: most.subsec_nanos().into() };
    let input = io::stdin();
    let mut terminal = [PollFd::new(&input, PollFlags::IN)];
    // A signal ends the wait, too.
    let _ = poll(&mut terminal, Some(&time));
    match terminal[0].revents() {
        ready if ready.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => Keys::Gone,
        ready if ready.contains(PollFlags::IN) => Keys::Some,
        _ => Keys::None,
    }
}

/// Ends a session, and says what became of it.
fn end(session: u64) -> String {
    match Broker::reach().and_then(|broker| broker.ask(Request::Kill { session })) {
        Ok(Answer::Killed { reason, .. }) => format!("session {session} {reason}"),
        Ok(_) => "the broker sent an unexpected answer".to_owned(),
        Err(failure) => failure.message,
    }
}
