//! Single calls of CUDA, `tests/bench/cuda.c`, on the software device: natively and through AvA.

use anyhow::{Context, Result};

use super::micro::of_calls;
use super::results::{Group, Samples};
use super::setting::{Setting, Turns};
use super::units::Unit;
use super::vendor::cache;

const MIB: f64 = 1_048_576.0;

/// Runs the program by turns.
pub fn measure(setting: &Setting<'_>, turns: Turns, group: &mut Group) -> Result<()> {
    let program = setting.built.compiled("cuda", "tests/bench/cuda.c", &flags())?;
    // Rounds, and the size of the largest copies in MiB.
    let amounts: [&str; 2] = if turns.quick { ["100", "32"] } else { ["2000", "256"] };
    let arguments = amounts.map(str::to_owned);
    let large = amounts[1].parse::<f64>().context("a size")? * MIB;
    let mut samples = Samples::default();
    for _ in 0..turns.repeat {
        for side in turns.sides {
            let said = setting.run(*side, &program, &arguments)?.stdout;
            for (name, nanoseconds) in of_calls(&said)? {
                let seconds = nanoseconds.max(1.0) / 1e9;
                let (unit, value) = match bytes(name, large) {
                    Some(bytes) => (Unit::BytesPerSecond, bytes / seconds),
                    None => (Unit::Seconds, seconds),
                };
                samples.add(*side, name, unit, value);
            }
        }
    }
    group.figures.extend(samples.figures());
    Ok(())
}

/// What compiles programs of the driver API, which they open themselves.
pub fn flags() -> [String; 2] {
    [format!("-I{}", cache().join("cuda/13.0/include").display()), "-ldl".to_owned()]
}

/// What a copy moves that is measured as a bandwidth.
fn bytes(name: &str, large: f64) -> Option<f64> {
    let sizes = [("_1m", MIB), ("_256m", large)];
    sizes.into_iter().find(|(size, _)| name.contains(size)).map(|(_, bytes)| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_copies_are_bandwidths() {
        let of = |name| bytes(name, 5.0);
        assert_eq!((of("copy_in_4_pinned"), of("cuda_launch")), (None, None));
        assert_eq!((of("copy_in_1m"), of("copy_out_256m_pinned")), (Some(MIB), Some(5.0)));
    }
}
