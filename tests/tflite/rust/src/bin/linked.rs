//! The crate `tflitec`, linked against the library: `linked-2-9 DIR`, `linked-2-17 DIR`, with the models in DIR.

#[cfg(feature = "linked-2-9")]
use tflitec_0_6 as tflitec;
#[cfg(feature = "linked-2-17")]
use tflitec_0_7 as tflitec;

use std::path::Path;

use tflitec::interpreter::{Interpreter, Options};
use tflitec::model::Model;
use tflitec::tensor::{Shape, Tensor};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let directory = std::env::args().nth(1).ok_or("usage: linked DIRECTORY-OF-MODELS")?;
    let model = |name: &str| Path::new(&directory).join(name).to_string_lossy().into_owned();
    #[cfg(feature = "linked-2-17")]
    println!("version {}", tflitec::tf_lite_version());
    fully_connected(&model("fc.tflite"), false)?;
    fully_connected(&model("fc.tflite"), true)?;
    from_bytes(&std::fs::read(model("fc.tflite"))?)?;
    resized(&model("add.tflite"))?;
    #[cfg(feature = "linked-2-17")]
    {
        quantized(&model("fcq.tflite"))?;
        signature(&model("signature.tflite"))?;
    }
    println!("no model: {}", Model::new(&model("missing.tflite")).is_err());
    Ok(())
}

fn options(xnnpack: bool) -> Options {
    Options { thread_count: 2, is_xnnpack_enabled: xnnpack, ..Options::default() }
}

fn say(tensor: &Tensor) {
    println!("  {} {:?} {:?}", tensor.name(), tensor.data_type(), tensor.shape().dimensions());
}

fn fully_connected(path: &str, xnnpack: bool) -> Result<()> {
    println!("fc{}", if xnnpack { " with XNNPACK" } else { "" });
    let model = Model::new(path)?;
    let interpreter = Interpreter::new(&model, Some(options(xnnpack)))?;
    interpreter.allocate_tensors()?;
    say(&interpreter.input(0)?);
    say(&interpreter.output(0)?);
    for x in [[1f32, 2., 3., 4.], [-1., -1., -1., -1.]] {
        interpreter.copy(&x, 0)?;
        interpreter.invoke()?;
        println!("  {x:?} -> {:?}", interpreter.output(0)?.data::<f32>());
    }
    println!("  one input too many: {}", interpreter.input(1).is_err());
    println!("  a copy too short: {}", interpreter.copy(&[1f32], 0).is_err());
    Ok(())
}

fn from_bytes(bytes: &[u8]) -> Result<()> {
    println!("fc from memory");
    let model = Model::from_bytes(bytes)?;
    let interpreter = Interpreter::new(&model, None)?;
    interpreter.allocate_tensors()?;
    interpreter.input(0)?.set_data(&[1f32, 2., 3., 4.])?;
    interpreter.invoke()?;
    println!("  -> {:?}", interpreter.output(0)?.data::<f32>());
    Ok(())
}

fn resized(path: &str) -> Result<()> {
    println!("add");
    let model = Model::new(path)?;
    let interpreter = Interpreter::new(&model, Some(options(false)))?;
    for rows in [1, 3, 2] {
        interpreter.resize_input(0, Shape::new(vec![rows, 4]))?;
        interpreter.allocate_tensors()?;
        let x: Vec<f32> = (0..rows * 4).map(|i| i as f32).collect();
        interpreter.input(0)?.set_data(&x)?;
        interpreter.invoke()?;
        say(&interpreter.output(0)?);
        println!("  -> {:?}", interpreter.output(0)?.data::<f32>());
    }
    Ok(())
}

/// The crate for 2.9 knows no int8.
#[cfg(feature = "linked-2-17")]
fn quantized(path: &str) -> Result<()> {
    println!("fcq");
    let model = Model::new(path)?;
    let interpreter = Interpreter::new(&model, Some(options(false)))?;
    interpreter.allocate_tensors()?;
    interpreter.copy(&[2i8, 4, 6, 8], 0)?;
    interpreter.invoke()?;
    let y = interpreter.output(0)?;
    let of = y.quantization_parameters().ok_or("no parameters")?;
    println!("  scale {} zero point {} -> {:?}", of.scale, of.zero_point, y.data::<i8>());
    Ok(())
}

#[cfg(feature = "linked-2-17")]
fn signature(path: &str) -> Result<()> {
    println!("signature");
    let model = Model::new(path)?;
    let interpreter = Interpreter::new(&model, Some(options(false)))?;
    for index in 0..interpreter.signature_count() {
        let key = interpreter.get_signature_key(index)?;
        let runner = interpreter.get_signature_runner(key)?;
        runner.allocate_tensors()?;
        println!("  {key}: {} inputs, {} outputs", runner.input_count(), runner.output_count());
        for input in 0..runner.input_count() {
            let name = runner.get_input_name(input);
            let x = runner.get_input_tensor(name)?;
            println!("  {name} is {}", x.name());
            x.set_data(&[input as f32 + 1., 2., 3., 4.])?;
        }
        runner.invoke()?;
        for output in 0..runner.output_count() {
            let name = runner.get_output_name(output);
            println!("  {name} -> {:?}", runner.get_output_tensor(name)?.data::<f32>());
        }
    }
    Ok(())
}
