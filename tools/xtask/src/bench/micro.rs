//! Single calls: `tests/bench/clbench.c` and `tests/bench/calls.c`.

use anyhow::{Context, Result};
use serde_json::Value;

use super::results::{Group, Samples, Side};
use super::setting::{Setting, Turns};
use super::units::Unit;

/// Which test of clbench is which figure: its name there, its size, and the name here.
const OF_CLBENCH: &[(&str, u64, &str)] = &[
    ("query_device_info", 0, "device_info_single"),
    ("finish_idle", 0, "finish_idle"),
    ("write4_blocking", 0, "write_4"),
    ("read4_blocking", 0, "read_4"),
    ("kernel_finish", 0, "launch_finish"),
    ("async_kernel_enqueue", 0, "launches_1000_enqueue"),
    ("async_kernel_total", 0, "launches_1000"),
    ("bw_write", MIB, "write_1m"),
    ("bw_read", MIB, "read_1m"),
    ("bw_map_write", MIB, "map_1m"),
    ("bw_write", 256 * MIB, "write_256m"),
    ("bw_read", 256 * MIB, "read_256m"),
    ("bw_map_write", 256 * MIB, "map_256m"),
];

const MIB: u64 = 1 << 20;
const TESTS: &str = "query,finish,write4,read4,kernel,async,bw_write,bw_read,bw_map";

/// Runs clbench by turns; the device's name comes along.
pub fn clbench(setting: &Setting<'_>, turns: Turns, group: &mut Group) -> Result<()> {
    let program = setting.built.program("clbench")?;
    let amounts: [&str; 4] = if turns.quick { ["200", "2000", "32m", "2"] } else { ["2000", "20000", "512m", "4"] };
    let [iterations, launches, bytes, least] = amounts;
    let mut arguments = vec!["--tests", TESTS, "--sizes", "1m,256m", "--batch", "1000", "--warmup", "100"];
    arguments.extend(["--iters", iterations, "--async", launches, "--bw-bytes", bytes, "--bw-min", least]);
    let arguments: Vec<_> = arguments.into_iter().map(str::to_owned).collect();
    let mut samples = Samples::default();
    for _ in 0..turns.repeat {
        for side in turns.sides {
            let said = setting.run(*side, &program, &arguments)?.stdout;
            let answer: Value = serde_json::from_str(&said).with_context(|| format!("clbench said no JSON: {said}"))?;
            group.device = answer["device"].as_str().map(str::to_owned);
            for (name, unit, value) in of_clbench(&answer)? {
                samples.add(*side, name, unit, value);
            }
        }
    }
    group.figures.extend(samples.figures());
    Ok(())
}

/// Runs calls by turns.
pub fn calls(setting: &Setting<'_>, turns: Turns, group: &mut Group) -> Result<()> {
    let program = setting.built.program("calls")?;
    let rows = if turns.quick { "200" } else { "2000" }.to_owned();
    let mut samples = Samples::default();
    for _ in 0..turns.repeat {
        for side in turns.sides {
            let said = setting.run(*side, &program, std::slice::from_ref(&rows))?.stdout;
            add(&mut samples, *side, &said)?;
        }
    }
    group.figures.extend(samples.figures());
    Ok(())
}

/// The figures in clbench's answer: medians, and of transfers the bandwidth.
fn of_clbench(answer: &Value) -> Result<Vec<(&'static str, Unit, f64)>> {
    let results = answer["results"].as_array().context("clbench has no results")?;
    let mut figures = Vec::new();
    for result in results {
        let test = result["test"].as_str().context("a result of clbench without a test")?;
        let size = result["size"].as_u64().unwrap_or(0);
        let Some((.., name)) = OF_CLBENCH.iter().find(|known| (known.0, known.1) == (test, size)) else { continue };
        let median = result["median_ns"].as_f64().with_context(|| format!("clbench: {test} has no median"))?;
        let seconds = median.max(1.0) / 1e9;
        figures.push(match size {
            0 => (*name, Unit::Seconds, seconds),
            size => (*name, Unit::BytesPerSecond, size as f64 / seconds),
        });
    }
    Ok(figures)
}

/// What a program said on one side: lines of a name and a number of nanoseconds.
pub fn add(samples: &mut Samples, side: Side, said: &str) -> Result<()> {
    for (name, nanoseconds) in of_calls(said)? {
        samples.add(side, name, Unit::Seconds, nanoseconds / 1e9);
    }
    Ok(())
}

/// Lines of a name and a number.
pub fn of_calls(said: &str) -> Result<Vec<(&str, f64)>> {
    let figure = |line| {
        let parsed = str::split_once(line, ' ').and_then(|(name, value)| Some((name, value.parse().ok()?)));
        parsed.with_context(|| format!("the program said {line:?}, which is no name and number"))
    };
    said.lines().map(figure).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_answer_of_clbench_is_read() {
        let answer = json!({"device": "cpu", "results": [
            {"test": "setup", "build_ns": 1_500_000, "n": 1},
            {"test": "read4_blocking", "median_ns": 2000},
            {"test": "bw_write", "size": MIB, "median_ns": 1_000_000},
            {"test": "bw_write", "size": 4096, "median_ns": 100},
        ]});
        let expected = [("read_4", Unit::Seconds, 2e-6), ("write_1m", Unit::BytesPerSecond, 1_048_576_000.0)];
        let figures = of_clbench(&answer).unwrap();
        assert_eq!(figures.len(), expected.len());
        for (figure, expected) in figures.iter().zip(expected) {
            assert_eq!((figure.0, figure.1), (expected.0, expected.1));
            assert!((figure.2 / expected.2 - 1.0).abs() < 1e-9, "{figure:?}");
        }
        assert!(of_clbench(&json!({})).is_err());
        assert!(of_clbench(&json!({"results": [{"test": "finish_idle"}]})).is_err());
    }

    #[test]
    fn the_answer_of_calls_is_read() {
        assert_eq!(of_calls("round_trip 20.5\nenqueue 300\n").unwrap(), [("round_trip", 20.5), ("enqueue", 300.0)]);
        let error = of_calls("round_trip fast\n").unwrap_err().to_string();
        assert_eq!(error, "the program said \"round_trip fast\", which is no name and number");
    }
}
