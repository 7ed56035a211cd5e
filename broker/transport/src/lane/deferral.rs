//! When a dozing worker need not be woken for a command: if the program is about to wait for it.
//!
//! On a busy machine a wake-up takes the processor from the program, and then one for the wait takes it again. A program that
//! launches and then waits does so over and over, and one that computes meanwhile does that. So after the program has waited
//! right after a command some times in a row, its next command wakes nobody; if it does not wait then, the worker sees the
//! command after its doze.

use std::time::Duration;

use super::contention::Time;

/// A wait that comes so soon after a command is right after it.
const SOON: Duration = Duration::from_micros(50);
/// After so many in a row, the next one is expected.
const EXPECTED: u32 = 4;

#[derive(Debug, Default)]
pub struct Deferral {
    /// When the first command was sent that no wait has followed yet.
    since: Option<Time>,
    /// The number of waits in a row that came right after a command.
    prompt: u32,
}

impl Deferral {
    /// A command is sent while the peer dozes. Whether it need not be woken.
    pub fn may_defer(&mut self, now: Time) -> bool {
        let since = *self.since.get_or_insert(now);
        self.prompt >= EXPECTED && now.since(since) < SOON
    }

    /// The program waits.
    pub fn waits(&mut self, now: impl FnOnce() -> Time) {
        if let Some(since) = self.since.take() {
            self.prompt = if now().since(since) < SOON { self.prompt.saturating_add(1) } else { 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Time {
        Time::from(Duration::from_micros(micros))
    }

    #[test]
    fn who_waits_right_after_commands_is_expected_to() {
        let mut deferral = Deferral::default();
        for start in [0, 1000, 2000, 3000] {
            assert!(!deferral.may_defer(at(start)));
            deferral.waits(|| at(start + 10));
        }
        assert!(deferral.may_defer(at(4000)));
        assert!(deferral.may_defer(at(4010)));
        // It goes on without a wait.
        assert!(!deferral.may_defer(at(4060)));
        deferral.waits(|| at(4070));
        assert!(!deferral.may_defer(at(5000)));
    }

    #[test]
    fn a_wait_without_a_command_says_nothing() {
        let mut deferral = Deferral::default();
        for start in [0, 1000, 2000, 3000] {
            deferral.may_defer(at(start));
            deferral.waits(|| at(start + 10));
            deferral.waits(|| unreachable!());
        }
        assert!(deferral.may_defer(at(9000)));
    }
}
