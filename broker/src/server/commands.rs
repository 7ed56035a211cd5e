//! Commands that run for longer than their tenant may have any run: they end their session.

use std::time::{Duration, Instant};

use ava_policy::Value;

use super::{Due, Server};

/// Sessions are looked at so often while a command may run: in parts of how long it may, and within these bounds.
const LOOKS: u32 = 8;
const OFTEN: Duration = Duration::from_millis(20);
const RARELY: Duration = Duration::from_millis(500);
/// A worker looks a little later than the command ends.
const LATE: Duration = Duration::from_millis(100);

impl Server {
    /// Ends sessions whose command has been running for too long, and looks again later while there may be one.
    pub(super) fn watch_commands(&mut self, now: Instant) {
        let mut over = Vec::new();
        let mut again: Option<Duration> = None;
        for (number, session) in &mut self.sessions {
            let Some((most, by)) = self.tenancy.longest_command(&session.tenant) else { continue };
            let soon = (most / LOOKS).clamp(OFTEN, RARELY);
            again = Some(again.map_or(soon, |again| again.min(soon)));
            if session.longest_command(now) > most.saturating_add(soon).saturating_add(LATE) {
                let most = Value::Milliseconds(u64::try_from(most.as_millis()).unwrap_or(u64::MAX));
                over.push((*number, format!("a command ran for longer than {most} (longest_command, {by})")));
            }
        }
        for (number, reason) in over {
            self.end_session(number, reason);
            self.kill(number);
        }
        match again {
            Some(again) => self.deadlines.set(Due::Commands, now + again),
            None => self.deadlines.cancel(Due::Commands),
        }
    }
}
