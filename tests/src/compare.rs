//! Runs a program natively and through AvA, and reports unexpected differences.

use similar::TextDiff;

use crate::program::{Answer, Ended, Program};
use crate::vendor::Vendor;
use crate::world::World;

/// How often a program is run at most, where the vendor fails it.
const RUNS: u32 = 3;

/// What PoCL says when it cannot start its linker, in one of some thousand builds: one of its threads sets a variable of
/// the environment while another starts a process with it.
const VENDOR_FAILS: &str = "unable to execute command: posix_spawn failed";

/// Changes an output before the comparison.
pub type Filter = fn(&str) -> String;

/// A program whose two results must be equal.
#[derive(Debug, Clone)]
pub struct Case {
    program: Program,
    status: i32,
    both: Filter,
    native: Filter,
    stderr: bool,
}

impl Case {
    /// `program` succeeds natively, and every byte is compared.
    #[must_use]
    pub fn new(program: Program) -> Self {
        Self { program, status: 0, both: str::to_owned, native: str::to_owned, stderr: true }
    }

    /// The native exit status.
    #[must_use]
    pub fn ending_with(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// Only what `filter` leaves of both outputs is compared, without times and the like.
    #[must_use]
    pub fn masking(mut self, filter: Filter) -> Self {
        self.both = filter;
        self
    }

    /// Removes what AvA hides on purpose from the native output.
    #[must_use]
    pub fn hiding(mut self, filter: Filter) -> Self {
        self.native = filter;
        self
    }

    /// Standard error differs from run to run and is not compared.
    #[must_use]
    pub fn without_stderr(mut self) -> Self {
        self.stderr = false;
        self
    }

    /// The differences between two results; `None` if they are equal.
    #[must_use]
    pub fn differences(&self, native: &Answer, remote: &Answer) -> Option<String> {
        let mut all = String::new();
        if native.ended != remote.ended {
            all += &format!("natively: {}; through AvA: {}\n", native.ended, remote.ended);
        }
        let stdout = |text: &str| (self.both)(text);
        all += &difference("stdout", &stdout(&(self.native)(&native.stdout)), &stdout(&remote.stdout));
        if self.stderr {
            all += &difference("stderr", &native.stderr, &remote.stderr);
        }
        (!all.is_empty()).then_some(all)
    }
}

/// Runs the case natively and through AvA.
///
/// # Panics
/// With the differences, if there are any; or if the program fails natively.
pub fn assert_same(vendor: Vendor, case: &Case) {
    for run in 1..=RUNS {
        let world = World::new(vendor);
        let native = natively(&world, case);
        let remote = world.remote(&case.program);
        let Some(differences) = case.differences(&native, &remote) else { return };
        let log = world.log();
        if run < RUNS && [&remote.stdout, &remote.stderr, &log].iter().any(|text| text.contains(VENDOR_FAILS)) {
            continue;
        }
        let stderr = if case.stderr { "" } else { &remote.stderr };
        panic!("{} on {vendor:?} differs:\n{differences}{stderr}\nthe broker's log:\n{log}", case.program);
    }
}

/// The native result, which must be a success; the vendor's own races may fail a run or two.
///
/// # Panics
/// If no run is one.
#[must_use]
pub fn natively(world: &World, case: &Case) -> Answer {
    let mut native = world.native(&case.program);
    for _ in 1..RUNS {
        if matches!(native.ended, Ended::By(_)) || native.stderr.contains(VENDOR_FAILS) {
            native = world.native(&case.program);
        }
    }
    assert_eq!(native.ended, Ended::With(case.status), "{} fails natively: {native}", case.program);
    assert!(!(case.both)(&native.stdout).is_empty(), "{} says nothing natively: {native}", case.program);
    native
}

/// A unified diff, native on the left; empty if there is none.
fn difference(name: &str, native: &str, remote: &str) -> String {
    if native == remote {
        return String::new();
    }
    let diff = TextDiff::from_lines(native, remote);
    let header = (format!("{name}, natively"), format!("{name}, through AvA"));
    diff.unified_diff().context_radius(2).header(&header.0, &header.1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(stdout: &str, status: i32) -> Answer {
        Answer { stdout: stdout.to_owned(), stderr: String::new(), ended: Ended::With(status) }
    }

    #[test]
    fn what_differs_is_shown() {
        let case = Case::new(Program::new("p"));
        assert_eq!(case.differences(&answer("a\nb\n", 0), &answer("a\nb\n", 0)), None);
        let shown = case.differences(&answer("a\nb\n", 0), &answer("a\nc\n", 1)).unwrap();
        assert!(shown.contains("natively: exit status 0; through AvA: exit status 1"), "{shown}");
        assert!(shown.contains("-b\n+c\n"), "{shown}");
    }

    #[test]
    fn filters_apply_to_the_right_side() {
        let case =
            Case::new(Program::new("p")).masking(|text| text.replace('7', "N")).hiding(|text| text.replace("SVM", ""));
        assert_eq!(case.differences(&answer("7 SVM", 0), &answer("N ", 0)), None);
        assert!(case.differences(&answer("7", 0), &answer("7 SVM", 0)).is_some());
    }
}
