//! Runs kernels on memory of this process.

use crate::engine::texture::{Image, Texture};
use crate::engine::{Fault, Kernel, Launch, Memory, Module};
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// Ranges that kernels may access.
pub struct Ranges(pub Vec<Range<u64>>);

impl Memory for Ranges {
    fn range(&self, address: u64) -> Option<Range<u64>> {
        self.0.iter().find(|range| range.contains(&address)).cloned()
    }

    fn texture(&self, _: u64) -> Option<Arc<Texture>> {
        None
    }

    fn surface(&self, _: u64) -> Option<Image> {
        None
    }
}

pub fn range<T>(values: &mut [T]) -> Range<u64> {
    let range = values.as_mut_ptr_range();
    range.start as u64..range.end as u64
}

/// PTX around the body of a kernel that has one parameter, an address; `%p`, `%h`, `%r`, `%f`, `%rd` and `%fd` are registers.
pub fn ptx(body: &str) -> String {
    format!(
        ".version 8.4\n.target sm_75\n.address_size 64\n.visible .entry k(.param .u64 data) {{
        .reg .pred %p<20>; .reg .b16 %h<20>; .reg .b32 %r<40>; .reg .f32 %f<20>; .reg .b64 %rd<40>; .reg .f64 %fd<20>;
        {body}\n}}"
    )
}

pub fn kernel(text: &str) -> Kernel {
    let module = Module::parse(text).expect("PTX");
    module.compile("k", &|_| None).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// How a kernel is launched.
#[derive(Clone, Copy)]
pub struct Shape {
    pub grid: u32,
    pub block: u32,
    pub dynamic_shared: usize,
    pub cooperative: bool,
}

pub const WARP: Shape = Shape { grid: 1, block: 32, dynamic_shared: 0, cooperative: false };

/// Runs a kernel with the address of `data` as its parameter; what it printed.
pub fn launch<T>(kernel: &Kernel, shape: Shape, data: &mut [T]) -> Result<String, Fault> {
    let memory = Ranges(vec![range(data)]);
    let printed = Mutex::new(Vec::new());
    let launch = Launch {
        grid: [shape.grid, 1, 1],
        block: [shape.block, 1, 1],
        dynamic_shared: shape.dynamic_shared,
        parameters: &(data.as_mut_ptr() as u64).to_le_bytes(),
        cooperative: shape.cooperative,
        stop: &AtomicBool::new(false),
        print: &|text| printed.lock().expect("no panic").extend(text),
    };
    kernel.run(&launch, &memory)?;
    Ok(String::from_utf8(printed.into_inner().expect("no panic")).expect("UTF-8"))
}

/// Runs the body of a kernel on one warp.
pub fn run<T>(body: &str, data: &mut [T]) -> Result<String, Fault> {
    launch(&kernel(&ptx(body)), WARP, data)
}

/// What each lane of a warp stores when it runs `body`, which leaves its value in `%r0`; the lane is in `%r1`.
pub fn lanes(body: &str) -> [u32; 32] {
    let mut data = [0u32; 32];
    let head = "mov.u32 %r1, %laneid;";
    let tail = "ld.param.u64 %rd30, [data]; mad.wide.u32 %rd30, %r1, 4, %rd30; st.global.u32 [%rd30], %r0;";
    run(&format!("{head}\n{body}\n{tail}"), &mut data).expect("no fault");
    data
}

/// The result of an instruction of sources of bits: `type:value` each, `f32:3f800000` in hexadecimal.
pub fn result(instruction: &str, kind: &str, sources: &[(&str, u64)]) -> u64 {
    let mut data = [0u64; 8];
    let mut body = String::from("ld.param.u64 %rd30, [data];\n");
    let bits = |kind: &str| match kind {
        "pred" => 0,
        "u8" | "s8" | "u16" | "s16" | "b16" | "f16" | "bf16" => 16,
        "u64" | "s64" | "b64" | "f64" => 64,
        _ => 32,
    };
    body += &format!(".reg .b{} %d;\n", bits(kind).max(16));
    let mut names = vec![if kind == "pred" { "%p0" } else { "%d" }];
    for (at, (kind, value)) in sources.iter().enumerate() {
        data[at] = *value;
        let name = ["%a", "%b", "%c", "%e"][at];
        let width = bits(kind);
        if width == 0 {
            body += &format!(".reg .pred {name}; setp.ne.u32 {name}, {value}, 0;\n");
        } else {
            body += &format!(".reg .b{width} {name}; ld.global.b{width} {name}, [%rd30+{}];\n", 8 * at);
        }
        names.push(name);
    }
    body += &format!("{instruction} {};\n", names.join(", "));
    if kind == "pred" {
        body += "selp.b16 %d, 1, 0, %p0;\n";
    }
    body += "mov.u64 %rd31, 0; st.global.u64 [%rd30+56], %rd31;\n";
    body += &format!("st.global.b{} [%rd30+56], %d;", bits(kind).max(16));
    run(&body, &mut data).expect("no fault");
    data[7]
}

pub fn single(instruction: &str, sources: &[f32]) -> f32 {
    let sources: Vec<_> = sources.iter().map(|value| ("f32", u64::from(value.to_bits()))).collect();
    f32::from_bits(result(instruction, "f32", &sources) as u32)
}

pub fn double(instruction: &str, sources: &[f64]) -> f64 {
    let sources: Vec<_> = sources.iter().map(|value| ("f64", value.to_bits())).collect();
    f64::from_bits(result(instruction, "f64", &sources))
}

/// The result of an instruction of 32-bit sources.
pub fn word(instruction: &str, sources: &[u32]) -> u32 {
    let sources: Vec<_> = sources.iter().map(|value| ("b32", u64::from(*value))).collect();
    result(instruction, "b32", &sources) as u32
}

/// Why PTX is not compiled.
pub fn refusal(body: &str) -> String {
    let module = Module::parse(&ptx(body)).expect("PTX");
    module.compile("k", &|_| None).map(|_| ()).expect_err("a refusal").to_string()
}

/// Why a text is no PTX.
pub fn error(body: &str) -> String {
    Module::parse(&ptx(body)).map(|_| ()).expect_err("it is no PTX").to_string()
}
