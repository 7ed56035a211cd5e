//! What of the vendor's devices the program sees: those that a pattern of its tenant's fits, and of each a part of its compute units.
//!
//! Who may see some only has functions in the place of the vendor's that list devices. So nothing else of the worker ever learns of
//! another device, and a program can name none: what it says in place of one is refused as anything that is no device. In the same way
//! a part stands in the place of its device.

use ava_protocol::glob::Glob;

/// The patterns, and the part.
#[derive(Debug, Clone)]
pub struct Visible {
    patterns: Vec<Glob>,
    part: Option<Part>,
}

/// How many of a device's compute units there are for the program, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part(u8);

impl Part {
    /// A part that is none, or no less than the whole, is no part.
    #[must_use]
    pub fn new(percent: u8) -> Option<Self> {
        (1..100).contains(&percent).then_some(Self(percent))
    }

    /// How many of so many units: no more than its part, so that all parts together are no more than the whole, but one at least.
    #[must_use]
    pub fn of(self, units: u32) -> u32 {
        let part = u64::from(units) * u64::from(self.0) / 100;
        u32::try_from(part).unwrap_or(units).max(1)
    }
}

impl Visible {
    /// Devices that one of these fits, or all if there is none; whole ones, if no part is named.
    #[must_use]
    pub fn new(patterns: &[Glob], part: Option<Part>) -> Self {
        Self { patterns: patterns.to_vec(), part }
    }

    /// Whether all devices are shown.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The part of each device that is shown in its place.
    #[must_use]
    pub fn part(&self) -> Option<Part> {
        self.part
    }

    /// Whether a device is shown that is known by these names.
    #[must_use]
    pub fn shows(&self, names: &[String]) -> bool {
        self.is_all() || names.iter().any(|name| self.patterns.iter().any(|pattern| pattern.matches(name)))
    }
}

/// A UUID as it is written.
pub fn uuid(bytes: [u8; 16]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    [&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..]].map(hex).join("-")
}

/// A PCI address as it is written: domain, bus, device, function.
pub fn pci([domain, bus, device, function]: [u32; 4]) -> String {
    format!("{domain:04x}:{bus:02x}:{device:02x}.{function:x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_that_fits_is_enough() {
        let of = |patterns: &[&str]| {
            Visible::new(&patterns.iter().map(|pattern| Glob::new(pattern).unwrap()).collect::<Vec<_>>(), None)
        };
        let names = [uuid(*b"0123456789abcdef"), pci([0, 0x41, 0, 1]), "opencl:1".to_owned()];
        assert_eq!(names[..2], ["30313233-3435-3637-3839-616263646566", "0000:41:00.1"]);
        assert!(of(&[]).shows(&names) && of(&[]).shows(&[]));
        assert!(of(&["opencl:0", "*:41:*"]).shows(&names) && of(&["30313233-*"]).shows(&names));
        assert!(!of(&["opencl:0", "opencl:10"]).shows(&names) && !of(&["*"]).shows(&[]));
    }

    #[test]
    fn parts_are_no_more_than_the_whole() {
        let of = |percent, units| Part::new(percent).unwrap().of(units);
        assert_eq!([of(50, 2), of(50, 3), of(33, 3), of(10, 4), of(99, u32::MAX)], [1, 1, 1, 1, 4_252_017_622]);
        assert_eq!([0, 100, 101].map(Part::new), [None; 3]);
    }
}
