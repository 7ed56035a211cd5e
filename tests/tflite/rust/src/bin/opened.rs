//! The crate `tflite-c-rs`, which opens the library at run time: `opened DIR [LIBRARY]`, with the models in DIR.
//!
//! Without LIBRARY it is looked for under its usual names, so LD_LIBRARY_PATH has a say.

use std::path::Path;

use tflite_c::{Interpreter, InterpreterOptions, Model, TfLiteLibrary};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("usage: opened DIRECTORY-OF-MODELS [LIBRARY]")?;
    let library = match arguments.next() {
        Some(path) => TfLiteLibrary::load_from_path(path)?,
        None => TfLiteLibrary::load_default()?,
    };
    let open = |name: &str| -> Result<Interpreter> {
        let model = Model::from_file(Path::new(&directory).join(name), library.clone())?;
        let mut options = InterpreterOptions::new(library.clone());
        options.num_threads(2);
        Ok(Interpreter::new(model, options)?)
    };

    let mut fc = open("fc.tflite")?;
    for x in [[1f32, 2., 3., 4.], [-1., -1., -1., -1.]] {
        let bytes: Vec<u8> = x.iter().flat_map(|value| value.to_le_bytes()).collect();
        fc.input_mut(0)?.data_mut()?.copy_from_slice(&bytes);
        fc.invoke()?;
        let y = fc.output(0)?;
        println!("fc {:?} {:?} {x:?} -> {:?}", y.name(), y.dims(), y.to_vec_f32()?);
    }
    println!("one input too many: {}", fc.input(1).is_err());

    let mut fcq = open("fcq.tflite")?;
    fcq.input_mut(0)?.data_mut()?.copy_from_slice(&[2, 4, 6, 8]);
    fcq.invoke()?;
    let y = fcq.output(0)?;
    let of = y.quantization();
    println!("fcq scale {} zero point {} -> {:?}", of.scale, of.zero_point, y.as_slice_i8()?);

    println!("no model: {}", open("missing.tflite").is_err());
    Ok(())
}
