//! What was measured.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cpus::{Mode, Pins};
use super::statistics::median;
use super::units::{Unit, readable};

/// Everything, as `--format json` shows it: base units (seconds, bytes, counts).
#[derive(Debug, Serialize)]
pub struct Results {
    pub schema: u32,
    pub machine: Machine,
    pub repeat: u32,
    pub quick: bool,
    pub groups: Vec<Group>,
    pub skipped: Vec<Skipped>,
    pub errors: Vec<String>,
    pub targets: Vec<Verdict>,
}

#[derive(Debug, Serialize)]
pub struct Machine {
    pub processor: String,
    /// How many this process may use.
    pub cpus: usize,
    /// Those of pinned runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program_cpu: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broker_cpu: Option<usize>,
}

impl Machine {
    pub fn this(cpus: usize, pins: Option<Pins>) -> Self {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let processor = model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned());
        let [program_cpu, broker_cpu] = [pins.map(|pins| pins.program), pins.map(|pins| pins.broker)];
        Self { processor, cpus, program_cpu, broker_cpu }
    }
}

/// One vendor under one condition. What needs no vendor is in a group without one.
#[derive(Debug, Serialize)]
pub struct Group {
    pub vendor: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    pub mode: Mode,
    /// How many processes that only compute there were beside.
    pub busy: u32,
    /// The programs that ran at once, if some did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<&'static str>,
    pub figures: Vec<Figure>,
    pub programs: Vec<Program>,
}

impl Group {
    pub fn new(vendor: Option<&'static str>, mode: Mode, busy: u32) -> Self {
        let (together, figures, programs) = (Vec::new(), Vec::new(), Vec::new());
        Self { vendor, device: None, mode, busy, together, figures, programs }
    }

    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}

/// Medians of one figure.
#[derive(Debug, Serialize)]
pub struct Figure {
    pub name: String,
    pub unit: Unit,
    #[serde(flatten)]
    pub sides: Sides,
}

/// How a program comes to the vendor library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Native,
    Ava,
    /// Through AvA, with `AVA_TRANSPORT=socket`.
    AvaSocket,
    /// PKCS#11 through p11-kit's server, the other way to have a module in another process.
    P11Kit,
}

/// A value natively and through AvA, and the ratios to the native one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Sides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ava: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ava_socket: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p11_kit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio_socket: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio_p11_kit: Option<f64>,
}

impl Sides {
    pub fn new(native: Option<f64>, ava: Option<f64>, ava_socket: Option<f64>) -> Self {
        let ratio = |value: Option<f64>| Some(value? / native.filter(|native| *native > 0.0)?);
        let (ratio, ratio_socket) = (ratio(ava), ratio(ava_socket));
        Self { native, ava, ava_socket, ratio, ratio_socket, ..Self::default() }
    }

    /// With what it takes through p11-kit's server.
    fn beside(self, p11_kit: Option<f64>) -> Self {
        Self { p11_kit, ratio_p11_kit: Self::new(self.native, p11_kit, None).ratio, ..self }
    }

    /// AvA's value and its ratio: that of the default transport if it was measured, else that of sockets.
    pub fn measured(&self) -> (Option<f64>, Option<f64>) {
        if self.ava.is_some() { (self.ava, self.ratio) } else { (self.ava_socket, self.ratio_socket) }
    }
}

/// A whole program: wall time in seconds, and whether it computed the same.
#[derive(Debug, Serialize)]
pub struct Program {
    pub name: &'static str,
    pub unit: Unit,
    #[serde(flatten)]
    pub sides: Sides,
    /// Of what it said, natively and through AvA.
    pub checksum_native: String,
    pub checksum_ava: String,
    pub checksums_equal: bool,
}

/// Whether a target is met.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    pub vendor: Option<&'static str>,
    pub mode: Mode,
    pub busy: u32,
    /// A figure, `programs_mean` or `programs_worst`.
    pub figure: String,
    /// The limit for people.
    pub target: String,
    pub unit: Unit,
    pub value: f64,
    pub limit: f64,
    pub met: bool,
    /// How far beyond the limit it is, in its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missed_by: Option<f64>,
}

impl Verdict {
    /// Whether it is about this group.
    pub fn is_of(&self, group: &Group) -> bool {
        (self.vendor, self.mode, self.busy) == (group.vendor, group.mode, group.busy)
    }

    /// `met` or `missed by 7.99 us`.
    pub fn says(&self) -> String {
        self.missed_by.map_or_else(|| "met".to_owned(), |by| format!("missed by {}", readable(self.unit, by)))
    }
}

/// What is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub name: String,
    pub why: String,
}

/// Measurements that come run by run, in the order in which their names come first.
#[derive(Debug, Default)]
pub struct Samples {
    order: Vec<(String, Unit)>,
    values: BTreeMap<(String, Side), Vec<f64>>,
}

impl Samples {
    pub fn add(&mut self, side: Side, name: &str, unit: Unit, value: f64) {
        if !self.order.iter().any(|(known, _)| known == name) {
            self.order.push((name.to_owned(), unit));
        }
        self.values.entry((name.to_owned(), side)).or_default().push(value);
    }

    /// The median of each figure and side.
    pub fn figures(self) -> Vec<Figure> {
        let median_of = |name: &str, side| self.values.get(&(name.to_owned(), side)).and_then(|values| median(values));
        let figure = |(name, unit): &(String, Unit)| {
            let sides = [Side::Native, Side::Ava, Side::AvaSocket, Side::P11Kit];
            let [native, ava, socket, p11_kit] = sides.map(|side| median_of(name, side));
            Figure { name: name.clone(), unit: *unit, sides: Sides::new(native, ava, socket).beside(p11_kit) }
        };
        self.order.iter().map(figure).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_become_medians_and_ratios() {
        let mut samples = Samples::default();
        for (native, ava) in [(2.0, 10.0), (1.0, 4.0), (3.0, 8.0)] {
            samples.add(Side::Native, "b", Unit::Seconds, native);
            samples.add(Side::Ava, "b", Unit::Seconds, ava);
            samples.add(Side::AvaSocket, "a", Unit::Bytes, ava);
        }
        let figures = samples.figures();
        assert_eq!(figures.iter().map(|figure| &*figure.name).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(figures[0].sides, Sides::new(Some(2.0), Some(8.0), None));
        assert_eq!(figures[0].sides.measured(), (Some(8.0), Some(4.0)));
        assert_eq!(figures[1].sides.measured(), (Some(8.0), None));
    }
}
