//! Wall times of whole programs, and whether they compute the same on each side.

use std::path::PathBuf;

use anyhow::Result;

use super::catalogue::{Entry, Kind};
use super::results::{Program, Samples, Side, Sides};
use super::setting::{Setting, Turns};
use super::units::Unit;

/// How a program fared.
pub enum Fared {
    Measured(Program),
    /// It is not there: why.
    Missing(String),
    /// It said something else than natively. The program's times stand, but count for nothing.
    Differs(Program, String),
}

/// Runs a program by turns. A first run on each side is not timed: kernels are compiled and caches filled.
pub fn measure(setting: &Setting<'_>, entry: &Entry, turns: Turns) -> Result<Fared> {
    let program = match located(setting, entry)? {
        Ok(program) => program,
        Err(missing) => return Ok(Fared::Missing(missing)),
    };
    let arguments = entry.arguments(turns.quick);
    let mut samples = Samples::default();
    let mut natively: Option<String> = None;
    let mut through: Option<String> = None;
    let mut difference = None;
    for round in 0..=turns.repeat {
        for side in turns.sides {
            let finished = setting.run(*side, &program, &arguments)?;
            if round > 0 {
                samples.add(*side, entry.name, Unit::Seconds, finished.seconds);
            }
            let said = (entry.lasting)(&finished.stdout);
            let native = natively.get_or_insert_with(|| said.clone());
            if said != *native && difference.is_none() {
                difference = Some(first_difference(native, &said));
                through = Some(said);
            } else if *side != Side::Native {
                through.get_or_insert(said);
            }
        }
    }
    let [native, ava] = [natively, through].map(|said| checksum(&said.unwrap_or_default()));
    let sides = samples.figures().first().map_or_else(Sides::default, |figure| figure.sides);
    let program = Program {
        name: entry.name,
        unit: Unit::Seconds,
        sides,
        checksums_equal: difference.is_none(),
        checksum_native: native,
        checksum_ava: ava,
    };
    Ok(match difference {
        None => Fared::Measured(program),
        Some(difference) => Fared::Differs(program, difference),
    })
}

/// What is run for a program, or what is missing. Our own is compiled.
pub fn located(setting: &Setting<'_>, entry: &Entry) -> Result<Result<PathBuf, String>> {
    Ok(match entry.find() {
        Ok(_) if matches!(entry.kind, Kind::Ours) => Ok(setting.built.program(entry.name)?),
        found => found,
    })
}

/// The first line that is not the same.
pub fn first_difference(native: &str, other: &str) -> String {
    let mut lines = other.lines();
    for line in native.lines() {
        match lines.next() {
            Some(same) if same == line => {}
            Some(another) => return format!("natively {line:?}, then {another:?}"),
            None => return format!("natively {line:?}, then nothing more"),
        }
    }
    format!("natively nothing more, then {:?}", lines.next().unwrap_or_default())
}

/// FNV-1a of 64 bits: the same in each version of this program.
fn checksum(text: &str) -> String {
    let sum = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{sum:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_everybody() {
        assert_eq!(checksum(""), "cbf29ce484222325");
        assert_eq!(checksum("a"), "af63dc4c8601ec8c");
    }

    #[test]
    fn the_first_difference_is_shown() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), r#"natively "b", then "c""#);
        assert_eq!(first_difference("a\nb\n", "a\n"), r#"natively "b", then nothing more"#);
        assert_eq!(first_difference("a\n", "a\nb\n"), r#"natively nothing more, then "b""#);
    }
}
