//! Drafts of real headers, held against them and against the tables that people have made of the same headers.

use ava_tables::emit::header;
use ava_tables::import::{FLAGS, Head, Naming, table};
use ava_tables::model::{Api, Buffer, Direction, Element, Function, Ret, Shape};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A table, and the header whose draft it is compared with.
struct Known {
    table: &'static str,
    header: &'static str,
    defines: &'static [&'static str],
}

const OPENCL: Known = Known {
    table: "opencl",
    header: "CL/cl.h",
    defines: &[
        "CL_TARGET_OPENCL_VERSION=300",
        "CL_USE_DEPRECATED_OPENCL_1_0_APIS",
        "CL_USE_DEPRECATED_OPENCL_1_1_APIS",
        "CL_USE_DEPRECATED_OPENCL_1_2_APIS",
        "CL_USE_DEPRECATED_OPENCL_2_0_APIS",
        "CL_USE_DEPRECATED_OPENCL_2_1_APIS",
        "CL_USE_DEPRECATED_OPENCL_2_2_APIS",
    ],
};

const PKCS11: Known = Known { table: "pkcs11", header: "p11-kit-1/p11-kit/pkcs11.h", defines: &["CRYPTOKI_COMPAT"] };

impl Known {
    fn api(&self) -> Api {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(format!("{}.rs", self.table));
        ava_tables::read(&path).unwrap_or_else(|report| panic!("{report:?}"))
    }

    /// Compiles a text, which goes through a pipe: tests run at the same time.
    fn compile(&self, flags: &[&str], text: &str) -> Output {
        let mut compiler = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()));
        compiler.args(["-std=c11", "-x", "c"]).args(flags).arg("-");
        let mut compiler = compiler
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("there is a C compiler");
        let mut input = compiler.stdin.take().expect("a pipe");
        input.write_all(text.as_bytes()).expect("the compiler reads all before it says anything");
        drop(input);
        compiler.wait_with_output().expect("the compiler ends")
    }

    /// The table that is drafted of the header.
    fn drafted(&self) -> Api {
        let head = Head {
            api: (self.table.to_owned(), 1),
            library: "lib.so".to_owned(),
            headers: vec![self.header.to_owned()],
            defines: self.defines.iter().map(|define| (*define).to_owned()).collect(),
        };
        let defines: String =
            self.defines.iter().map(|define| format!("#define {}\n", define.replacen('=', " ", 1))).collect();
        let output = self.compile(FLAGS, &format!("{defines}#include <{}>\n", self.header));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = table(&String::from_utf8_lossy(&output.stdout), &head, &Naming::default())
            .unwrap_or_else(|error| panic!("{error}"));
        ava_tables::read_text("draft.rs", &text).unwrap_or_else(|report| panic!("{report:?}"))
    }
}

/// The functions that both have.
fn pairs<'a>(known: &'a Api, drafted: &'a Api) -> Vec<(&'a Function, &'a Function)> {
    drafted.functions.iter().filter_map(|function| Some((known.function(&function.name)?, function))).collect()
}

/// Which parameters hold new objects, and whether one is returned.
fn births(function: &Function) -> Vec<usize> {
    let is_new = |shape: &Shape| matches!(shape, Shape::Buffer(Buffer { element: Element::New(_), .. }));
    let made = function.params.iter().enumerate().filter(|(_, param)| is_new(&param.shape)).map(|(at, _)| at);
    made.chain(matches!(function.ret, Ret::New { .. }).then_some(usize::MAX)).collect()
}

/// Which way memory goes, of each parameter.
fn directions(function: &Function) -> Vec<Option<Direction>> {
    let direction = |shape: &Shape| match shape {
        Shape::Buffer(buffer) => Some(buffer.direction),
        Shape::Text { .. } | Shape::Texts { .. } => Some(Direction::In),
        _ => None,
    };
    function.params.iter().map(|param| direction(&param.shape)).collect()
}

/// The shapes of a function, but for the names of parameters and scalars, and for values by key, of which a draft knows
/// nothing.
fn shapes(function: &Function) -> Vec<String> {
    let place = |text: String| {
        let places = function.params.iter().enumerate();
        places.fold(text, |text, (at, param)| text.replace(&format!("{:?}", param.name), &at.to_string()))
    };
    let said = |shape: &Shape| place(said(shape));
    function.params.iter().map(|param| said(&param.shape)).collect()
}

fn said(shape: &Shape) -> String {
    match shape {
        Shape::Value { scalar, .. } => format!("{scalar:?}"),
        Shape::Callback { params, ret, null } => {
            let params: Vec<String> = params.iter().map(|param| said(&param.shape)).collect();
            format!("{params:?} {ret:?} {null}")
        }
        Shape::Buffer(Buffer { direction, element, len, null }) => {
            let element = match element {
                Element::Tagged(_) => "Bytes".to_owned(),
                Element::Scalar { scalar, .. } => format!("{scalar:?}"),
                other => format!("{other:?}"),
            };
            format!("{direction:?} {element} {len:?} {null}")
        }
        other => format!("{other:?}"),
    }
}

fn is_served(function: &Function) -> bool {
    function.facts.unsupported.is_none()
}

/// The functions of which a person says something else than the draft.
fn differences<T: PartialEq>(known: &Api, drafted: &Api, said: impl Fn(&Function) -> T) -> Vec<String> {
    let pairs = pairs(known, drafted).into_iter().filter(|(known, drafted)| is_served(known) && is_served(drafted));
    pairs.filter(|(known, drafted)| said(known) != said(drafted)).map(|(known, _)| known.name.clone()).collect()
}

#[test]
fn drafts_agree_with_their_headers() {
    for known in [OPENCL, PKCS11] {
        let drafted = known.drafted();
        let flags = ["-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations", "-fsyntax-only"];
        let output = known.compile(&flags, &header::emit(&drafted));
        assert!(output.status.success(), "{}: {}", known.table, String::from_utf8_lossy(&output.stderr));
        let pairs = pairs(&known.api(), &drafted).len();
        assert_eq!(pairs, drafted.functions.len(), "{}: the table has all of them", known.table);
    }
}

/// What a person says otherwise of the 114 functions of OpenCL's core header.
#[test]
fn a_draft_of_opencl_is_nearly_its_table() {
    let (known, drafted) = (OPENCL.api(), OPENCL.drafted());
    assert_eq!(drafted.functions.len(), 114);
    assert_eq!(differences(&known, &drafted, births), [""; 0]);
    // A status for each binary, of which the vendor need not write all.
    assert_eq!(differences(&known, &drafted, directions), ["clCreateProgramWithBinary"]);
    assert_eq!(differences(&known, &drafted, |f| format!("{:?}", f.facts.written)), [""; 0]);
    // Not the platform is unloaded, but its compiler.
    assert_eq!(differences(&known, &drafted, |f| f.facts.release.clone()), ["clUnloadPlatformCompiler"]);
    assert_eq!(differences(&known, &drafted, |f| f.facts.retain.clone()), [""; 0]);
    let expected = [
        // A platform and a device that may be null.
        "clGetPlatformInfo",
        "clGetDeviceIDs",
        "clGetKernelWorkGroupInfo",
        "clGetKernelSubGroupInfo",
        "clUnloadPlatformCompiler",
        // Property lists end with a zero, which no type tells.
        "clCreateSubDevices",
        "clCreateContext",
        "clCreateContextFromType",
        "clCreateCommandQueueWithProperties",
        "clCreatePipe",
        "clCreateBufferWithProperties",
        "clCreateSamplerWithProperties",
        "clCreateProgramWithBinary",
        // Places and sizes in images have three numbers.
        "clEnqueueCopyBufferRect",
        "clEnqueueCopyImage",
        "clEnqueueCopyImageToBuffer",
        "clEnqueueCopyBufferToImage",
    ];
    assert_eq!(sorted(differences(&known, &drafted, shapes)), sorted(expected.map(str::to_owned)));
}

fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort();
    names
}

/// What a person serves and a draft refuses: memory whose length is no parameter, addresses of mappings and of functions.
#[test]
fn a_draft_of_opencl_refuses_what_nothing_tells() {
    let (known, drafted) = (OPENCL.api(), OPENCL.drafted());
    let refused =
        pairs(&known, &drafted).into_iter().filter(|(known, drafted)| is_served(known) && !is_served(drafted));
    let refused: Vec<&str> = refused.map(|(known, _)| known.name.as_str()).collect();
    let expected = [
        "clCreateSubBuffer",
        "clCreateImage",
        "clCreateImageWithProperties",
        "clEnqueueReadBufferRect",
        "clEnqueueWriteBufferRect",
        "clEnqueueReadImage",
        "clEnqueueWriteImage",
        "clEnqueueFillImage",
        "clEnqueueMapBuffer",
        "clEnqueueMapImage",
        "clEnqueueUnmapMemObject",
        "clGetExtensionFunctionAddressForPlatform",
        "clCreateImage2D",
        "clCreateImage3D",
        "clGetExtensionFunctionAddress",
        "clCompileProgram",
    ];
    assert_eq!(refused, expected);
}

/// PKCS#11's header never says `const`, and its handles are numbers.
#[test]
fn a_draft_of_pkcs11_is_nearly_its_table() {
    let (known, drafted) = (PKCS11.api(), PKCS11.drafted());
    assert_eq!(drafted.functions.len(), 68);
    // Two-way, of a fixed length, and random data that comes out though its length is a value.
    let otherwise = ["C_GetMechanismInfo", "C_InitToken", "C_GenerateRandom"];
    assert_eq!(differences(&known, &drafted, directions), otherwise);
    let shapes = differences(&known, &drafted, shapes);
    // A place for the count that is never null.
    assert_eq!(shapes, ["C_GetMechanismInfo", "C_InitToken", "C_FindObjects", "C_GenerateRandom"]);
}
