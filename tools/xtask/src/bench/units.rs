//! Figures for people.

use serde::Serialize;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Seconds,
    BytesPerSecond,
    Bytes,
    Instructions,
    Ratio,
}

/// A figure with its unit.
pub fn readable(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Seconds => seconds(value),
        Unit::BytesPerSecond => format!("{:.2} GB/s", value / 1e9),
        Unit::Bytes if value >= 1_048_576.0 => format!("{:.2} MiB", value / 1_048_576.0),
        Unit::Bytes => format!("{:.0} KiB", value / 1024.0),
        Unit::Instructions => format!("{value:.0}"),
        // What little is missing is not nothing.
        Unit::Ratio if value < 0.01 => format!("{value:.4}x"),
        Unit::Ratio => format!("{value:.2}x"),
    }
}

fn seconds(value: f64) -> String {
    let ns = value * 1e9;
    match ns {
        ..100.0 => format!("{ns:.1} ns"),
        ..1e3 => format!("{ns:.0} ns"),
        ..1e6 => format!("{:.2} us", ns / 1e3),
        ..1e9 => format!("{:.2} ms", ns / 1e6),
        _ => format!("{value:.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_suit_their_figures() {
        let times = [3.14e-9, 150e-9, 1.5e-6, 0.02, 3.0].map(|time| readable(Unit::Seconds, time));
        assert_eq!(times, ["3.1 ns", "150 ns", "1.50 us", "20.00 ms", "3.00 s"]);
        assert_eq!(readable(Unit::BytesPerSecond, 12.5e9), "12.50 GB/s");
        assert_eq!(readable(Unit::Bytes, 3.0 * 1_048_576.0), "3.00 MiB");
        assert_eq!(readable(Unit::Bytes, 2048.0), "2 KiB");
        assert_eq!(readable(Unit::Instructions, 41.7), "42");
        assert_eq!(readable(Unit::Ratio, 1.3), "1.30x");
        assert_eq!(readable(Unit::Ratio, 0.004), "0.0040x");
    }
}
