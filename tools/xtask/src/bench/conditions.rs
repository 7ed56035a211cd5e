//! Under which conditions things are measured: pinned or not, and beside how many busy processes.

use super::cpus::{Mode, Pins};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// Where program and broker run; none stands for wherever the kernel puts them.
    pub pins: Option<Pins>,
    /// How many processes compute beside them.
    pub busy: u32,
    /// Whether whole programs are measured: they take long, and pinned, a device would have only half of the CPUs.
    pub programs: bool,
    /// Whether that is measured which does not depend on conditions.
    pub independent: bool,
}

impl Condition {
    pub fn mode(&self) -> Mode {
        if self.pins.is_some() { Mode::Pinned } else { Mode::Unpinned }
    }

    /// `unpinned` or `unpinned, beside 2 busy processes`.
    pub fn name(&self) -> String {
        self.mode().beside(self.busy)
    }
}

/// All conditions: first pinned, if there are pins, without busy processes; then unpinned, beside so many of them each.
/// Only one of the two, if somebody asks for it.
pub fn conditions(pins: Option<Pins>, pinned: bool, unpinned: bool, busy: &[u32]) -> Vec<Condition> {
    let both = pinned == unpinned;
    let mut conditions = Vec::new();
    if both || pinned {
        let idle = pins.map(|pins| Condition { pins: Some(pins), busy: 0, programs: !both, independent: !both });
        conditions.extend(idle);
    }
    if both || unpinned {
        let beside =
            |(at, busy): (usize, &u32)| Condition { pins: None, busy: *busy, programs: true, independent: at == 0 };
        conditions.extend(busy.iter().enumerate().map(beside));
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as its name, and whether it has programs and what depends on no condition.
    fn named(pins: Option<Pins>, pinned: bool, unpinned: bool, busy: &[u32]) -> Vec<(String, bool, bool)> {
        let conditions = conditions(pins, pinned, unpinned, busy);
        conditions.iter().map(|condition| (condition.name(), condition.programs, condition.independent)).collect()
    }

    #[test]
    fn programs_are_measured_once_for_each_number_of_busy_processes() {
        let pins = Some(Pins { program: 0, broker: 1 });
        let pinned = |programs| ("pinned".to_owned(), programs, programs);
        let unpinned = |beside: &str, first| (format!("unpinned{beside}"), true, first);
        assert_eq!(named(pins, false, false, &[0]), [pinned(false), unpinned("", true)]);
        assert_eq!(named(pins, true, false, &[0]), [pinned(true)]);
        let beside = [unpinned(", beside 2 busy processes", true), unpinned(", beside 1 busy process", false)];
        assert_eq!(named(pins, false, true, &[2, 1]), beside);
        assert_eq!(named(None, false, false, &[0]), [unpinned("", true)]);
    }
}
