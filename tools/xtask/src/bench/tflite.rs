//! Single calls of TensorFlow Lite, `tests/tflite/bench.cpp`: natively and through AvA.

use anyhow::{Context, Result};

use super::micro;
use super::results::{Group, Samples, Side};
use super::setting::{Setting, Turns};
use super::vendor::cache;

/// Runs the program by turns.
pub fn measure(setting: &Setting<'_>, turns: Turns, group: &mut Group) -> Result<()> {
    let libraries = setting.libraries.as_ref().context("the library's directory")?;
    let place = libraries.display();
    let (headers, library) = (format!("-I{place}/include"), format!("-L{place}"));
    let flags = [&*headers, "-std=c++17", &*library, "-ltensorflowlite_c", "-lstdc++"];
    let program = setting.built.compiled("tflite", "tests/tflite/bench.cpp", &flags)?;
    let scale = if turns.quick { "100" } else { "4" };
    let mut samples = Samples::default();
    for _ in 0..turns.repeat {
        for side in turns.sides {
            let mut command = setting.command(*side, &program)?;
            command.arg(scale).env("TFLITE_MODELS", cache().join("tflite/models"));
            if *side != Side::Native {
                // A linked program has to find something by the library's name: it does not find the library.
                command.env("LD_LIBRARY_PATH", setting.built.file("stubs"));
            }
            micro::add(&mut samples, *side, &setting.finish(*side, command)?.stdout)?;
        }
    }
    group.figures.extend(samples.figures());
    Ok(())
}
