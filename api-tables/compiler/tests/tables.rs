//! Every table against what is installed: the vendor's headers and the vendor's libraries.

use ava_tables::build::TABLES;
use ava_tables::emit::header;
use ava_tables::import::{FLAGS, Naming};
use ava_tables::model::{Api, Buffer, Element, Function, Shape};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a table is held against.
struct Vendor {
    table: &'static str,
    /// The Debian packages that have the headers and the library.
    packages: &'static str,
    /// The compiler that reads the headers, with the options it takes for them.
    compiler: fn() -> Command,
    /// Functions that no header of the table declares.
    undeclared: &'static [&'static str],
    /// Functions that one does declare, and the table cannot say how: with a variable number of arguments, or a struct by
    /// value. They are `undocumented` there.
    unsaid: &'static [&'static str],
    /// A header that declares nothing but what is in the table, and a function in it.
    whole: (&'static str, &'static str),
    /// The libraries whose exports the table describes, by the soname that it gives.
    libraries: fn(&str) -> Vec<PathBuf>,
    /// Exports that begin otherwise belong to no API.
    prefix: &'static str,
}

const VENDORS: &[Vendor] = &[
    Vendor {
        table: "opencl",
        packages: "opencl-c-headers and ocl-icd-libopencl1",
        compiler: c11,
        undeclared: &[
            "clSetContentSizeBufferPoCL",
            "clGetKernelSuggestedLocalWorkSize",
            "clGetKernelMaxConcurrentWorkGroupCountINTEL",
            "clGetICDLoaderInfoOCLICD",
        ],
        unsaid: &[],
        whole: ("CL/cl.h", "clFinish"),
        libraries: of_linker,
        prefix: "",
    },
    Vendor {
        table: "pkcs11",
        packages: "libp11-kit-dev and softhsm2",
        compiler: c11,
        undeclared: &[],
        unsaid: &[],
        whole: ("p11-kit/pkcs11.h", "C_Finalize"),
        libraries: of_softhsm,
        prefix: "C_",
    },
    Vendor {
        table: "tflite",
        packages: "clang; the rest is what tools/setup fetches",
        compiler: tensorflow,
        undeclared: &[],
        unsaid: &[
            "TfLiteDelegateCreate",
            "TfLiteOpaqueContextReportError",
            "TfLiteInterpreterOptionsSetTelemetryProfiler",
        ],
        whole: ("tensorflow/lite/core/c/c_api.h", "TfLiteVersion"),
        libraries: of_tensorflow,
        prefix: "",
    },
    Vendor {
        table: "cuda",
        packages: "what tools/setup fetches",
        compiler: cuda,
        undeclared: &[],
        unsaid: &[
            "cuGraphKernelNodeGetAttribute",
            "cuGraphKernelNodeSetAttribute",
            "cuStreamBatchMemOp",
            "cuStreamBatchMemOp_ptsz",
            "cuStreamBatchMemOp_v2",
            "cuStreamBatchMemOp_v2_ptsz",
            "cuStreamGetAttribute",
            "cuStreamGetAttribute_ptsz",
            "cuStreamSetAttribute",
            "cuStreamSetAttribute_ptsz",
        ],
        whole: ("cuda.h", "cuInit"),
        // No driver can be assumed: the header has all of its functions.
        libraries: |_| Vec::new(),
        prefix: "cu",
    },
    Vendor {
        table: "nvml",
        packages: "what tools/setup fetches",
        compiler: nvml,
        undeclared: &[],
        unsaid: &[],
        whole: ("nvml.h", "nvmlShutdown"),
        libraries: |_| Vec::new(),
        prefix: "nvml",
    },
];

#[test]
fn no_table_is_forgotten() {
    let held: Vec<&str> = VENDORS.iter().map(|vendor| vendor.table).collect();
    assert_eq!(held, TABLES, "each table is held against its vendor");
}

#[test]
fn says_what_the_headers_say() {
    for vendor in VENDORS {
        let file = vendor.write("check.c", &header::emit(&vendor.api()));
        let flags = ["-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations", "-fsyntax-only"];
        let output = vendor.compile(&flags, &file);
        assert!(output.status.success(), "{} differs from the headers:\n{}", vendor.table, text(&output.stderr));
    }
}

/// What the check above is worth: a table that says otherwise does not compile.
#[test]
fn says_what_is_not_as_the_headers_say() {
    for vendor in VENDORS {
        let mut api = vendor.api();
        let constant = api.constants.values_mut().next().expect("a constant");
        constant.value += 1;
        let wrong = constant.name.clone();
        let output = vendor.compile(&["-fsyntax-only"], &vendor.write("wrong.c", &header::emit(&api)));
        assert!(!output.status.success() && text(&output.stderr).contains(&wrong), "{}", text(&output.stderr));
    }
}

#[test]
fn every_function_is_declared() {
    for vendor in VENDORS {
        let api = vendor.api();
        let headers = vendor.preprocessed(&["-E", "-P"], &api);
        let words: BTreeSet<&str> = headers.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let (undocumented, documented): (Vec<_>, Vec<_>) = api.functions.iter().partition(|f| f.facts.undocumented);
        let undeclared: Vec<&str> =
            documented.iter().map(|f| f.name.as_str()).filter(|name| !words.contains(name)).collect();
        assert_eq!(undeclared, vendor.undeclared, "{}", vendor.table);
        let unsaid: BTreeSet<&str> =
            undocumented.iter().map(|f| f.name.as_str()).filter(|name| words.contains(name)).collect();
        assert_eq!(unsaid, vendor.unsaid.iter().copied().collect(), "{}", vendor.table);
    }
}

#[test]
fn lacks_nothing_of_a_whole_header() {
    for vendor in VENDORS {
        let mut api = vendor.api();
        let (name, one) = vendor.whole;
        let declared = vendor.preprocessed(FLAGS, &api);
        let import = |api: &Api| {
            ava_tables::import(&declared, &[name.to_owned()], &Naming::default(), api)
                .unwrap_or_else(|error| panic!("{error}"))
        };
        let draft = import(&api);
        assert!(draft.is_empty(), "{name} has more than the table {}:\n{draft}", vendor.table);
        api.functions.retain(|f| f.name != one);
        let draft = import(&api);
        assert!(draft.contains(&format!("fn {one}(")), "{one} is not seen to be missing:\n{draft}");
    }
}

#[test]
fn covers_the_whole_library() {
    for vendor in VENDORS.iter().filter(|vendor| !(vendor.libraries)("").is_empty()) {
        let (api, table) = (vendor.api(), vendor.table);
        let (functions, versions) = vendor.exports(&api);
        let exported: BTreeSet<&str> = functions.iter().map(String::as_str).collect();
        let exports = |f: &&Function| f.facts.extension.is_none() && f.facts.beside.is_none();
        let described: BTreeSet<&str> = api.functions.iter().filter(exports).map(|f| f.name.as_str()).collect();
        let missing: Vec<_> = exported.difference(&described).collect();
        // What came with a version that the library is older than may be missing.
        let older = |name: &&&str| {
            let since = api.function(name).and_then(|f| f.facts.since.as_deref());
            since.is_some_and(|since| api.versions.iter().any(|v| v.ends_with(since) && !versions.contains(v)))
        };
        let surplus: Vec<_> = described.difference(&exported).filter(|name| !older(name)).collect();
        assert!(missing.is_empty(), "{}'s library exports what the table lacks: {missing:?}", table);
        assert!(surplus.is_empty(), "{}'s library does not export what the table describes: {surplus:?}", table);
        let known: BTreeSet<_> = api.versions.iter().take(versions.len()).cloned().collect();
        assert_eq!(versions, known, "version nodes of {table}");
    }
}

/// A vendor newer than the table may answer with addresses by keys that are newer: no query of OpenCL passes those on.
#[test]
fn every_query_lists_its_keys() {
    let api = opencl().api();
    let queries =
        api.functions.iter().filter(|f| f.facts.unsupported.is_none()).filter_map(|f| Some((f, f.answer()?.0)));
    let open: Vec<_> = queries
        .filter(|(_, p)| !matches!(&p.shape, Shape::Buffer(Buffer { element: Element::Tagged(_), .. })))
        .map(|(f, _)| f.name.as_str())
        .collect();
    assert!(open.is_empty(), "these answer by any key: {open:?}");
}

/// Every key of a query that the core header has is in the table.
#[test]
fn no_key_of_the_core_header_is_left_out() {
    let vendor = opencl();
    let api = vendor.api();
    let output = vendor.compile(&["-E", "-dM"], &vendor.write("keys.c", &header::preamble(&api)));
    let prefixes = [
        "CL_PLATFORM_",
        "CL_DEVICE_",
        "CL_CONTEXT_",
        "CL_QUEUE_",
        "CL_MEM_",
        "CL_IMAGE_",
        "CL_PIPE_",
        "CL_SAMPLER_",
        "CL_PROGRAM_",
        "CL_KERNEL_",
        "CL_EVENT_",
        "CL_PROFILING_",
    ];
    // Values of keys, and what has the number of one that is in the table under another name.
    let known: BTreeSet<i128> = api.constants.values().map(|c| c.value).collect();
    let values = ["CL_KERNEL_ARG_A", "CL_MEM_OBJECT_", "CL_PROGRAM_BINARY_TYPE_"];
    let left: Vec<_> = text(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_once(' ').map(|(n, v)| (n.to_owned(), v.to_owned())))
        .filter(|(name, _)| prefixes.iter().any(|p| name.starts_with(p)) && !values.iter().any(|v| name.starts_with(v)))
        .filter_map(|(name, value)| Some((name, i128::from_str_radix(value.trim().strip_prefix("0x")?, 16).ok()?)))
        .filter(|(name, value)| !name.ends_with("_EXT") && (0x900..0x1300).contains(value) && !known.contains(value))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn dispatch_covers_what_is_exported() {
    for api in VENDORS.iter().map(Vendor::api).filter(|api| !api.dispatch.is_empty()) {
        let places: BTreeSet<&str> = api.dispatch.iter().flatten().map(String::as_str).collect();
        let exported = api.functions.iter().filter(|f| f.facts.extension.is_none());
        let without: Vec<&str> = exported.map(|f| f.name.as_str()).filter(|name| !places.contains(name)).collect();
        assert!(without.is_empty(), "no place in the dispatch table of {}: {without:?}", api.name);
    }
}

fn opencl() -> &'static Vendor {
    VENDORS.iter().find(|vendor| vendor.table == "opencl").expect("a row")
}

impl Vendor {
    fn api(&self) -> Api {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(format!("{}.rs", self.table));
        ava_tables::read(&path).unwrap_or_else(|report| panic!("{report:?}"))
    }

    fn write(&self, name: &str, contents: &str) -> PathBuf {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", self.table));
        std::fs::write(&path, contents).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        path
    }

    fn compile(&self, flags: &[&str], file: &Path) -> Output {
        run((self.compiler)().args(flags).arg(file), self.packages)
    }

    /// All that the headers declare.
    fn preprocessed(&self, flags: &[&str], api: &Api) -> String {
        let output = self.compile(flags, &self.write("headers.c", &header::preamble(api)));
        assert!(output.status.success(), "{}(Debian has it in {})", text(&output.stderr), self.packages);
        text(&output.stdout)
    }

    /// The functions that the libraries export, and their version nodes.
    fn exports(&self, api: &Api) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut functions, mut versions) = (BTreeSet::new(), BTreeSet::new());
        for library in (self.libraries)(&api.library) {
            assert!(library.is_absolute(), "{} is not installed: Debian has it in {}", api.library, self.packages);
            let nm = run(Command::new("nm").args(["-D", "--defined-only"]).arg(&library), "binutils");
            assert!(nm.status.success(), "{}(Debian has it in {})", text(&nm.stderr), self.packages);
            for line in text(&nm.stdout).lines() {
                let mut words = line.split_whitespace().skip(1);
                let (Some(kind), Some(symbol)) = (words.next(), words.next()) else { continue };
                let (name, version) = symbol.split_once('@').unwrap_or((symbol, ""));
                match kind {
                    "A" => versions.extend([name.to_owned()]),
                    "T" | "W" | "i" if name.starts_with(self.prefix) => {
                        functions.insert(name.to_owned());
                        versions.insert(version.trim_start_matches('@').to_owned());
                    }
                    _ => {}
                }
            }
        }
        versions.remove("");
        (functions, versions)
    }
}

fn c11() -> Command {
    let mut compiler = Command::new(cc());
    compiler.arg("-std=c11");
    compiler
}

/// The library as the linker would find it.
fn of_linker(soname: &str) -> Vec<PathBuf> {
    let output = run(Command::new(cc()).arg(format!("-print-file-name={soname}")), "gcc");
    vec![PathBuf::from(text(&output.stdout).trim())]
}

/// The module, which lies in no place of the linker.
fn of_softhsm(soname: &str) -> Vec<PathBuf> {
    vec![Path::new("/usr/lib/softhsm").join(soname)]
}

/// Its headers have enums of a given width, which clang takes in any C, and gcc before 13 in none.
fn tensorflow() -> Command {
    let mut compiler = Command::new("clang");
    compiler.args(["-std=gnu11", "-I"]).arg(cached("tflite").join("2.17/include"));
    compiler
}

/// The headers that `tools/setup` puts beside its compiler.
fn cuda() -> Command {
    let mut compiler = c11();
    compiler.arg("-isystem").arg(cached("cuda").join("13.0/include"));
    compiler
}

fn nvml() -> Command {
    let mut compiler = c11();
    compiler.arg("-isystem").arg(cached("nvml").join("include"));
    compiler
}

/// Both versions: each has functions that the other lacks.
fn of_tensorflow(soname: &str) -> Vec<PathBuf> {
    ["2.9", "2.17"].map(|version| cached("tflite").join(version).join(soname)).into()
}

/// Where `tools/setup` puts a part.
fn cached(part: &str) -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || {
        let home = || named("HOME").expect("HOME is set").join(".cache");
        named("XDG_CACHE_HOME").unwrap_or_else(home).join("ava-tests")
    };
    named("AVA_TESTS_CACHE").unwrap_or_else(cache).join(part)
}

fn cc() -> String {
    std::env::var("CC").unwrap_or_else(|_| "cc".into())
}

fn run(command: &mut Command, package: &str) -> Output {
    command.output().unwrap_or_else(|error| panic!("cannot run {command:?} ({error}): Debian has it in {package}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
