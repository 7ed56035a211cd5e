//! The tables that the echo serves, and what is by hand for each.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use ava_tables::emit::echo::{self, ByHand};
use ava_tests::{Program, built, vendor};

/// What the echo of one table takes.
pub struct Table {
    pub name: &'static str,
    /// What `tests/echo/NAME` has.
    pub by_hand: ByHand<'static>,
    /// What shim and worker ask the vendor themselves, and what the driver calls to wait: the vendor may see more of these
    /// than the driver has written down.
    pub asked: &'static [&'static str],
    /// Compared by the driver itself, which writes nothing down.
    pub unwritten: &'static [&'static str],
    /// The C compiler, with the options that its headers take.
    compiler: fn() -> (&'static str, Vec<String>),
    /// Makes what the vendor needs in a directory. The variable that leads it there, and the vendor's log.
    prepare: fn(&Path) -> (&'static str, PathBuf, PathBuf),
    /// Whether workers may write to that directory only because the broker is told so.
    pub is_told: bool,
    /// The vendor's library is also a plugin that workers may load.
    pub has_plugin: bool,
}

/// Launches, and what the programs in `tests/cuda` compare.
const CUDA_BY_HAND: &[&str] = &[
    "cuLaunchKernel",
    "cuLaunchKernel_ptsz",
    "cuLaunchCooperativeKernel",
    "cuLaunchCooperativeKernel_ptsz",
    "cuLaunchKernelEx",
    "cuLaunchKernelEx_ptsz",
    "cuDriverGetVersion",
    "cuFuncGetParamInfo",
    "cuLibraryLoadData",
    "cuModuleLoadDataEx",
    "cuLinkCreate_v2",
    "cuLinkAddData_v2",
    "cuLinkComplete",
    "cuMemAlloc_v2",
    "cuMemAllocPitch_v2",
    "cuMemFree_v2",
    "cuStreamAttachMemAsync",
    "cuStreamAttachMemAsync_ptsz",
    "cuPointerGetAttribute",
    "cuPointerGetAttributes",
    "cuMemAllocHost_v2",
    "cuMemFreeHost",
    "cuMemHostAlloc",
    "cuMemHostGetDevicePointer_v2",
    "cuMemRetainAllocationHandle",
    "cuModuleGetGlobal_v2",
    "cuLibraryGetGlobal",
    "cuLibraryGetManaged",
    "cuMemHostRegister_v2",
    "cuMemHostUnregister",
    "cuMemAllocManaged",
    "cuMemcpy",
    "cuMemcpy_ptds",
    "cuMemcpyAsync",
    "cuMemcpyAsync_ptsz",
    "cuMemcpy2D_v2",
    "cuMemcpy2D_v2_ptds",
    "cuMemcpy2DUnaligned_v2",
    "cuMemcpy2DUnaligned_v2_ptds",
    "cuMemcpy3D_v2",
    "cuMemcpy3D_v2_ptds",
    "cuMemcpy2DAsync_v2",
    "cuMemcpy2DAsync_v2_ptsz",
    "cuMemcpy3DAsync_v2",
    "cuMemcpy3DAsync_v2_ptsz",
    "cuMemcpy3DPeer",
    "cuMemcpy3DPeer_ptds",
    "cuMemcpy3DPeerAsync",
    "cuMemcpy3DPeerAsync_ptsz",
    "cuMemcpyBatchAsync",
    "cuMemcpyBatchAsync_ptsz",
    "cuMemcpyBatchAsync_v2",
    "cuMemcpyBatchAsync_v2_ptsz",
    "cuMemAllocAsync",
    "cuMemAllocAsync_ptsz",
    "cuMemAllocFromPoolAsync",
    "cuMemAllocFromPoolAsync_ptsz",
    "cuStreamBeginCapture",
    "cuStreamBeginCapture_ptsz",
    "cuStreamBeginCapture_v2",
    "cuStreamBeginCapture_v2_ptsz",
    "cuStreamBeginCaptureToGraph",
    "cuStreamBeginCaptureToGraph_ptsz",
    "cuStreamEndCapture",
    "cuStreamEndCapture_ptsz",
    "cuStreamGetCaptureInfo_v2",
    "cuStreamGetCaptureInfo_v2_ptsz",
    "cuStreamGetCaptureInfo_v3",
    "cuStreamGetCaptureInfo_v3_ptsz",
    "cuGraphAddKernelNode",
    "cuGraphKernelNodeGetParams",
    "cuGraphKernelNodeSetParams",
    "cuGraphExecKernelNodeSetParams",
    "cuGraphAddKernelNode_v2",
    "cuGraphKernelNodeGetParams_v2",
    "cuGraphKernelNodeSetParams_v2",
    "cuGraphExecKernelNodeSetParams_v2",
    "cuGraphAddMemcpyNode",
    "cuGraphMemcpyNodeGetParams",
    "cuGraphMemcpyNodeSetParams",
    "cuGraphExecMemcpyNodeSetParams",
    "cuGraphAddHostNode",
    "cuGraphHostNodeGetParams",
    "cuGraphHostNodeSetParams",
    "cuGraphExecHostNodeSetParams",
    "cuGraphAddBatchMemOpNode",
    "cuGraphBatchMemOpNodeGetParams",
    "cuGraphBatchMemOpNodeSetParams",
    "cuGraphExecBatchMemOpNodeSetParams",
    "cuGraphAddMemAllocNode",
    "cuGraphMemAllocNodeGetParams",
    "cuGraphAddNode",
    "cuGraphAddNode_v2",
    "cuGraphNodeSetParams",
    "cuGraphExecNodeSetParams",
    "cuGraphExecUpdate_v2",
    "cuGraphInstantiateWithParams",
    "cuGraphInstantiateWithParams_ptsz",
    "cuStreamBatchMemOp",
    "cuStreamBatchMemOp_ptsz",
    "cuStreamBatchMemOp_v2",
    "cuStreamBatchMemOp_v2_ptsz",
    "cuStreamGetAttribute",
    "cuStreamGetAttribute_ptsz",
    "cuStreamSetAttribute",
    "cuStreamSetAttribute_ptsz",
    "cuGraphKernelNodeGetAttribute",
    "cuGraphKernelNodeSetAttribute",
    "cuOccupancyMaxPotentialClusterSize",
    "cuOccupancyMaxActiveClusters",
];

/// What of these the echo does not compare.
const CUDA_UNWRITTEN: &[&str] = CUDA_BY_HAND.split_at(6).1;

pub const CUDA: Table = Table {
    name: "cuda",
    by_hand: ByHand { vendor: CUDA_BY_HAND, driver: CUDA_BY_HAND },
    // Which context is current, before any is; whether a function of the program will be called again; how large a new array is, and
    // whether memory has ended with its context; what a kernel is called that is launched.
    asked: &[
        "cuCtxGetCurrent",
        "cuStreamIsCapturing",
        "cuStreamIsCapturing_ptsz",
        "cuArray3DGetDescriptor_v2",
        "cuMipmappedArrayGetLevel",
        "cuPointerGetAttribute",
        "cuFuncGetName",
        "cuKernelGetName",
    ],
    unwritten: CUDA_UNWRITTEN,
    compiler: || {
        let headers = vendor::cuda().join("13.0/include");
        ("cc", vec!["-isystem".into(), headers.display().to_string()])
    },
    prepare: |directory| ("CUDA_ECHO_LOG", directory.join("vendor.log"), directory.join("vendor.log")),
    is_told: true,
    has_plugin: false,
};

pub const NVML: Table = Table {
    name: "nvml",
    by_hand: ByHand { vendor: &[], driver: &[] },
    // What the devices are called that the program has seen.
    asked: &["nvmlDeviceGetName"],
    unwritten: &[],
    compiler: || ("cc", vec!["-isystem".into(), vendor::nvml().join("include").display().to_string()]),
    prepare: |directory| ("NVIDIA_ECHO_LOG", directory.join("vendor.log"), directory.join("vendor.log")),
    is_told: true,
    has_plugin: false,
};

pub const OPENCL: Table = Table {
    name: "opencl",
    by_hand: ByHand {
        vendor: &[
            "clEnqueueMapBuffer",
            "clEnqueueMapImage",
            "clEnqueueUnmapMemObject",
            "clGetExtensionFunctionAddress",
            "clGetExtensionFunctionAddressForPlatform",
            "clSetKernelArg",
        ],
        driver: &[
            "clEnqueueMapBuffer",
            "clEnqueueMapImage",
            "clEnqueueUnmapMemObject",
            "clGetExtensionFunctionAddress",
            "clGetExtensionFunctionAddressForPlatform",
            "clSetKernelArg",
        ],
    },
    asked: &[
        "clFinish",
        "clGetCommandQueueInfo",
        "clGetDeviceIDs",
        "clGetDeviceInfo",
        "clGetEventInfo",
        "clGetImageInfo",
        "clGetKernelInfo",
        "clGetMemObjectInfo",
        "clGetPlatformIDs",
        "clGetPlatformInfo",
        "clGetProgramInfo",
        "clReleaseEvent",
        "clRetainEvent",
        "clSetMemObjectDestructorCallback",
        "callback-clSetMemObjectDestructorCallback",
        "clWaitForEvents",
    ],
    unwritten: &["clGetExtensionFunctionAddress", "clGetExtensionFunctionAddressForPlatform"],
    compiler: || ("cc", Vec::new()),
    prepare: |directory| ("POCL_ECHO_LOG", directory.join("vendor.log"), directory.join("vendor.log")),
    is_told: true,
    has_plugin: false,
};

pub const PKCS11: Table = Table {
    name: "pkcs11",
    by_hand: ByHand { vendor: &["C_Initialize", "C_GetFunctionList"], driver: &["C_Initialize", "C_GetFunctionList"] },
    asked: &[],
    unwritten: &[],
    compiler: || ("cc", Vec::new()),
    // A worker may write where the vendor's configuration says, by what the table says of it.
    prepare: |directory| {
        let (configuration, tokens) = (directory.join("echo.conf"), directory.join("tokens"));
        fs::create_dir_all(&tokens).expect("a folder for tokens");
        fs::write(&configuration, format!("directories.tokendir = {}\n", tokens.display())).expect("a configuration");
        ("SOFTHSM2_CONF", configuration, tokens.join("vendor.log"))
    },
    is_told: false,
    has_plugin: false,
};

pub const TFLITE: Table = Table {
    name: "tflite",
    by_hand: ByHand {
        vendor: &[
            "TfLiteVersion",
            "TfLiteInterpreterGetInputTensorCount",
            "TfLiteInterpreterGetOutputTensorCount",
            "TfLiteInterpreterGetVariableTensorCount",
            "TfLiteInterpreterGetInputTensor",
            "TfLiteInterpreterGetOutputTensor",
            "TfLiteInterpreterGetVariableTensor",
            "TfLiteInterpreterGetTensor",
            "TfLiteInterpreterAllocateTensors",
            "TfLiteInterpreterInvoke",
            "TfLiteSignatureRunnerGetInputTensor",
            "TfLiteSignatureRunnerGetOutputTensor",
            "TfLiteSignatureRunnerAllocateTensors",
            "TfLiteSignatureRunnerInvoke",
            "TfLiteTensorRealloc",
            "TfLiteTensorGetAllocationStrategy",
            "TfLiteTensorGetBufferAddressStability",
            "TfLiteTensorGetDataStability",
            "TfLiteTensorGetDataKnownStep",
            "TfLiteTensorGetShapeKnownStep",
            "TfLiteXNNPackDelegateCreate",
            "TfLiteXNNPackDelegateDelete",
            "TfLiteExternalDelegateCreate",
        ],
        driver: &[
            "TfLiteVersion",
            "TfLiteInterpreterEnsureTensorDataIsReadable",
            "TfLiteInterpreterGetInputTensor",
            "TfLiteInterpreterGetOutputTensor",
            "TfLiteInterpreterGetVariableTensor",
            "TfLiteInterpreterGetTensor",
            "TfLiteInterpreterAllocateTensors",
            "TfLiteInterpreterInvoke",
            "TfLiteSignatureRunnerGetInputTensor",
            "TfLiteSignatureRunnerGetOutputTensor",
            "TfLiteSignatureRunnerAllocateTensors",
            "TfLiteSignatureRunnerInvoke",
            "TfLiteTensorRealloc",
            "TfLiteTensorGetAllocationStrategy",
            "TfLiteTensorGetBufferAddressStability",
            "TfLiteTensorGetDataStability",
            "TfLiteTensorGetDataKnownStep",
            "TfLiteTensorGetShapeKnownStep",
            "TfLiteXNNPackDelegateCreate",
            "TfLiteXNNPackDelegateDelete",
            "TfLiteExternalDelegateCreate",
        ],
    },
    // Which library it is; how many tensors there are, and where they are now.
    asked: &[
        "TfLiteVersion",
        "TfLiteInterpreterGetInputTensorCount",
        "TfLiteInterpreterGetOutputTensorCount",
        "TfLiteInterpreterGetVariableTensorCount",
        "TfLiteInterpreterGetInputTensor",
        "TfLiteInterpreterGetOutputTensor",
        "TfLiteInterpreterGetVariableTensor",
        "TfLiteInterpreterGetTensor",
        "TfLiteSignatureRunnerGetInputTensor",
        "TfLiteSignatureRunnerGetOutputTensor",
    ],
    unwritten: &[],
    // Enums of a given width, which gcc before 13 does not know.
    compiler: || ("clang", vec!["-isystem".into(), vendor::tflite("2.17").join("include").display().to_string()]),
    prepare: |directory| ("TFLITE_ECHO_LOG", directory.join("vendor.log"), directory.join("vendor.log")),
    is_told: true,
    has_plugin: true,
};

/// The library's directory and the program.
pub struct Echo {
    pub table: &'static Table,
    pub library: PathBuf,
    pub driver: PathBuf,
    pub api: ava_tables::model::Api,
}

/// The table of this name.
pub fn api(name: &str) -> ava_tables::model::Api {
    ava_tables::read(&built::root().join(format!("api-tables/{name}.rs"))).expect("the table is right")
}

impl Echo {
    /// With the extensions in their newest versions, or in their first.
    pub fn new(table: &'static Table, newest: bool) -> Self {
        let mut api = api(table.name);
        let version = if newest { "newest" } else { "first" };
        if !newest {
            api.functions.iter_mut().for_each(|f| f.params.retain(|p| p.since.is_none()));
        }
        let files = echo::emit(&api, &table.by_hand).unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
        let place = format!("echo/{}/{version}", table.name);
        let out = built::directory().join("ava-tests").join(&place);
        fs::create_dir_all(&out).expect("a directory for what is emitted");
        for (name, text) in
            [("echo_table.h", files.table), ("echo_vendor.c", files.vendor), ("echo_driver.c", files.driver)]
        {
            // Tests run side by side: a compiler may be reading it.
            if fs::read_to_string(out.join(name)).is_ok_and(|before| before == text) {
                continue;
            }
            let mut fresh = tempfile::NamedTempFile::new_in(&out).expect("a file");
            fresh.write_all(text.as_bytes()).expect("what is emitted is written");
            fresh.persist(out.join(name)).expect("what is emitted is in its place");
        }
        let compiled = |name: &str, emitted: &str, own: &[String], more: &[&str]| {
            let directory = built::tests().join("echo");
            let (compiler, mut flags) = (table.compiler)();
            let sources = own.iter().map(|file| directory.join(file)).chain([out.join(emitted)]);
            flags.extend(sources.map(|path| path.display().to_string()));
            flags.extend([&directory, &out].map(|directory| format!("-I{}", directory.display())));
            flags.extend(more.iter().chain(&["-std=gnu11", "-Wno-deprecated-declarations"]).map(ToString::to_string));
            built::compiled_by(compiler, &format!("{place}/{name}"), "echo/log.c", &flags)
        };
        let own = |files: &[&str], by_hand: &str| -> Vec<String> {
            let by_hand = ["both.c", by_hand].map(|file| format!("{}/{file}", table.name));
            files.iter().map(ToString::to_string).chain(by_hand).collect()
        };
        let soname = format!("-Wl,-soname,{}", api.library);
        let library = compiled(
            &format!("lib/{}", api.library),
            "echo_vendor.c",
            &own(&["files.c", "rows.c", "vendor.c"], "vendor.c"),
            // What is by hand and is not there is missed here, by its name.
            &["-shared", "-fPIC", "-Wl,-z,defs", &soname, "-lpthread"],
        );
        let driver = own(&["arguments.c", "driver.c", "files.c", "handles.c", "rows.c"], "driver.c");
        let driver = compiled("driver", "echo_driver.c", &driver, &["-ldl", "-lpthread"]);
        Self { table, library: library.parent().expect("its directory").to_owned(), driver, api }
    }

    /// The driver, with its log in `directory`; and the vendor's log.
    pub fn program(&self, directory: &Path) -> (Program, PathBuf) {
        let (variable, value, log) = (self.table.prepare)(directory);
        (Program::new(&self.driver).env("ECHO_LOG", directory.join("driver.log")).env(variable, value), log)
    }

    /// What its broker is told besides.
    pub fn arguments(&self) -> Vec<PathBuf> {
        let library = self.library.join(&self.api.library);
        if self.table.has_plugin { vec!["--plugin".into(), library] } else { Vec::new() }
    }
}
