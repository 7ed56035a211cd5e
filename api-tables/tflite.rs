//! TensorFlow Lite 2.9 to 2.17, every function that its C library exports, and external delegates.
//!
//! Tensors are structs whose fields programs read, so the shim serves functions about a tensor. `push` and `pull` copy
//! tensors to the interpreter and back. Functions that would run the program's code in the worker are refused.

#![api(tflite = 5)]
#![library("libtensorflowlite_c.so")]
#![also("libexternal_delegate_obj.so")]
#![install("it comes in wheels and npm packages: tools/setup takes it from one of each")]
#![versions("VERS_1.0")]
#![header("tensorflow/lite/core/c/c_api.h")]
#![header("tensorflow/lite/core/c/c_api_experimental.h")]
#![header("tensorflow/lite/core/c/c_api_opaque.h")]
#![header("tensorflow/lite/core/c/common.h")]
#![lost(kTfLiteError)]
// The library's log level.
#![environment("TF_CPP_*", "TFLITE_*")]
// Coral's accelerators, on PCI Express and on USB, whose delegate lists them before it opens one.
#![sandbox(read("/dev/bus/usb", "/sys/bus/usb", "/sys/class/apex"), device("/dev/apex_*", "/dev/bus/usb/*/*"))]

#[status(ok = 0)]
type TfLiteStatus = u32;
types! {
    u32: TfLiteAllocationStrategy, TfLiteAllocationType, TfLiteBuiltinOperator, TfLiteDimensionType, TfLiteRunStability,
        TfLiteRunStep, TfLiteType;
    c_int: TfLiteBufferHandle, TfLiteQuantizationType;
}

const kTfLiteError: TfLiteStatus = 1;
const kTfLiteDimSparseCSR: TfLiteDimensionType = 1;

#[handle(release = TfLiteModelDelete, invalid = kTfLiteError)]
type TfLiteModel = Opaque;
#[handle(release = TfLiteInterpreterOptionsDelete, invalid = kTfLiteError)]
type TfLiteInterpreterOptions = Opaque;
#[handle(release = TfLiteInterpreterDelete, invalid = kTfLiteError)]
type TfLiteInterpreter = Opaque;
#[handle(release = TfLiteSignatureRunnerDelete, invalid = kTfLiteError)]
type TfLiteSignatureRunner = Opaque;
/// XNNPACK's or an external delegate; `TfLiteOpaqueDelegate` is the same type. The program's own are not live handles.
#[handle(release = TfLiteXNNPackDelegateDelete, invalid = kTfLiteError)]
type TfLiteDelegate = Opaque;

// Structs that are used only by address, in functions that are by hand or refused.
types! {
    Opaque: TfLiteAsyncKernel, TfLiteCustomAllocation, TfLiteExternalDelegateOptions, TfLiteOpaqueContext,
        TfLiteOpaqueDelegateBuilder, TfLiteOpaqueNode, TfLiteOpaqueTensorBuilder, TfLiteOperator, TfLiteRegistration,
        TfLiteRegistration_V1, TfLiteRegistration_V2, TfLiteRegistration_V3, TfLiteXNNPackDelegateOptions;
}

struct TfLiteQuantizationParams {
    scale: f32,
    zero_point: i32,
}

struct TfLiteIntArray {
    size: c_int,
    data: [c_int; size],
}

struct TfLiteFloatArray {
    size: c_int,
    data: [f32; size],
}

struct TfLiteQuantization {
    r#type: TfLiteQuantizationType,
    params: Option<&QuantizationDetails>,
}

keys! {
    #[tag(r#type)]
    enum QuantizationDetails: TfLiteQuantizationType {
        TfLiteAffineQuantization: kTfLiteAffineQuantization = 1;
    }
}

struct TfLiteAffineQuantization {
    scale: Option<&TfLiteFloatArray>,
    zero_point: Option<&TfLiteIntArray>,
    quantized_dimension: i32,
}

struct TfLiteSparsity {
    traversal_order: *mut TfLiteIntArray,
    block_map: *mut TfLiteIntArray,
    dim_metadata: *mut TfLiteDimensionMetadata,
    dim_metadata_size: c_int,
}

/// The arrays are there if the format is the sparse one.
struct TfLiteDimensionMetadata {
    format: TfLiteDimensionType,
    dense_size: c_int,
    array_segments: *mut TfLiteIntArray,
    array_indices: *mut TfLiteIntArray,
}

/// The same in 2.9 and 2.17. Signature runners have their interpreter's.
#[mirror(owner = TfLiteInterpreter, invalid = kTfLiteError, input = is_variable)]
struct TfLiteTensor {
    r#type: TfLiteType,
    data: Option<&mut [c_void; bytes]>,
    dims: Option<&TfLiteIntArray>,
    params: TfLiteQuantizationParams,
    allocation_type: TfLiteAllocationType,
    bytes: usize,
    allocation: *mut c_void,
    name: Option<&CStr>,
    delegate: *mut c_void,
    buffer_handle: TfLiteBufferHandle,
    data_is_stale: bool,
    is_variable: bool,
    quantization: TfLiteQuantization,
    sparsity: *mut c_void,
    dims_signature: Option<&TfLiteIntArray>,
}

type TfLiteOpaqueTensor = TfLiteTensor;

// Versions.

extern "C" {
    #[afresh]
    fn TfLiteVersion() -> &CStr;

    #[since("2.17")]
    fn TfLiteExtensionApisVersion() -> &CStr;

    #[since("2.17")]
    fn TfLiteSchemaVersion() -> c_int;
}

// Models.

extern "C" {
    #[afresh]
    #[until(model_data = released)]
    #[charge(device_memory = model_size, bytes_in = model_data)]
    fn TfLiteModelCreate(model_data: Option<&[c_void; model_size]>, model_size: usize) -> New<TfLiteModel>;

    #[afresh]
    #[since("2.17")]
    #[until(model_data = released)]
    #[until(reporter = released)]
    #[charge(device_memory = model_size, bytes_in = model_data)]
    fn TfLiteModelCreateWithErrorReporter(
        model_data: Option<&[c_void; model_size]>,
        model_size: usize,
        reporter: Option<fn(user_data: UserData, format: &CStr, args: VaList)>,
        user_data: UserData,
    ) -> New<TfLiteModel>;

    /// The shim opens the file, with the program's rights, and calls `TfLiteModelCreate`.
    #[local]
    fn TfLiteModelCreateFromFile(model_path: &CStr) -> New<TfLiteModel>;

    #[since("2.17")]
    #[local]
    fn TfLiteModelCreateFromFileWithErrorReporter(
        model_path: &CStr,
        reporter: Option<fn(user_data: UserData, format: &CStr, args: VaList)>,
        user_data: UserData,
    ) -> New<TfLiteModel>;

    #[release(TfLiteModel)]
    fn TfLiteModelDelete(model: Option<&mut TfLiteModel>);
}

// Options.

extern "C" {
    #[afresh]
    fn TfLiteInterpreterOptionsCreate() -> New<TfLiteInterpreterOptions>;

    #[since("2.17")]
    fn TfLiteInterpreterOptionsCopy(from: &TfLiteInterpreterOptions) -> New<TfLiteInterpreterOptions>;

    #[release(TfLiteInterpreterOptions)]
    fn TfLiteInterpreterOptionsDelete(options: Option<&mut TfLiteInterpreterOptions>);

    fn TfLiteInterpreterOptionsSetNumThreads(options: &mut TfLiteInterpreterOptions, num_threads: i32);
    fn TfLiteInterpreterOptionsSetUseNNAPI(options: &mut TfLiteInterpreterOptions, enable: bool);
    fn TfLiteInterpreterOptionsSetEnableDelegateFallback(options: &mut TfLiteInterpreterOptions, enable: bool);

    #[since("2.17")]
    fn TfLiteInterpreterOptionsEnableCancellation(options: &mut TfLiteInterpreterOptions, enable: bool)
    -> TfLiteStatus;

    /// The program's own delegate is not a live handle, and is refused.
    #[custom(shim)]
    fn TfLiteInterpreterOptionsAddDelegate(options: &mut TfLiteInterpreterOptions, delegate: &mut TfLiteDelegate);

    #[custom(shim)]
    #[until(reporter = released)]
    fn TfLiteInterpreterOptionsSetErrorReporter(
        options: &mut TfLiteInterpreterOptions,
        reporter: Option<fn(user_data: UserData, format: &CStr, args: VaList)>,
        user_data: UserData,
    );
}

// Interpreters.

extern "C" {
    /// An interpreter uses the data of a model and the reporter of options even after both are deleted: they are kept as
    /// long as the interpreter.
    #[custom(shim)]
    fn TfLiteInterpreterCreate(
        model: Option<&TfLiteModel>,
        optional_options: Option<&TfLiteInterpreterOptions>,
    ) -> New<TfLiteInterpreter>;

    #[custom(shim)]
    fn TfLiteInterpreterCreateWithSelectedOps(
        model: Option<&TfLiteModel>,
        options: Option<&TfLiteInterpreterOptions>,
    ) -> New<TfLiteInterpreter>;

    #[release(TfLiteInterpreter)]
    fn TfLiteInterpreterDelete(interpreter: Option<&mut TfLiteInterpreter>);

    #[pull(interpreter)]
    fn TfLiteInterpreterAllocateTensors(interpreter: &mut TfLiteInterpreter) -> TfLiteStatus;

    #[refuse(unless = input_index < TfLiteInterpreterGetInputTensorCount(interpreter))]
    #[pull(interpreter)]
    fn TfLiteInterpreterResizeInputTensor(
        interpreter: &mut TfLiteInterpreter,
        input_index: i32,
        input_dims: Option<&[c_int; input_dims_size]>,
        input_dims_size: i32,
    ) -> TfLiteStatus;

    #[pull(interpreter)]
    fn TfLiteInterpreterResetVariableTensors(interpreter: &mut TfLiteInterpreter) -> TfLiteStatus;

    #[custom(shim)]
    #[pull(interpreter)]
    fn TfLiteInterpreterModifyGraphWithDelegate(
        interpreter: &TfLiteInterpreter,
        delegate: &mut TfLiteDelegate,
    ) -> TfLiteStatus;

    /// The library does not check the index.
    #[since("2.17")]
    #[refuse(unless = TfLiteInterpreterGetTensor(interpreter, tensor_index) != 0)]
    #[pull(interpreter)]
    fn TfLiteInterpreterEnsureTensorDataIsReadable(
        interpreter: &mut TfLiteInterpreter,
        tensor_index: c_int,
    ) -> TfLiteStatus;

    #[push(interpreter)]
    #[pull(interpreter)]
    #[charge(commands = 1)]
    fn TfLiteInterpreterInvoke(interpreter: &mut TfLiteInterpreter) -> TfLiteStatus;

    /// Called while another thread waits in `TfLiteInterpreterInvoke`.
    #[since("2.17")]
    fn TfLiteInterpreterCancel(interpreter: &TfLiteInterpreter) -> TfLiteStatus;

    fn TfLiteInterpreterGetInputTensorCount(interpreter: &TfLiteInterpreter) -> i32;
    fn TfLiteInterpreterGetOutputTensorCount(interpreter: &TfLiteInterpreter) -> i32;

    #[since("2.17")]
    fn TfLiteInterpreterGetVariableTensorCount(interpreter: &TfLiteInterpreter) -> i32;

    #[refuse(unless = input_index < TfLiteInterpreterGetInputTensorCount(interpreter))]
    fn TfLiteInterpreterGetInputTensorIndex(interpreter: &TfLiteInterpreter, input_index: i32) -> i32;

    #[refuse(unless = output_index < TfLiteInterpreterGetOutputTensorCount(interpreter))]
    fn TfLiteInterpreterGetOutputTensorIndex(interpreter: &TfLiteInterpreter, output_index: i32) -> i32;

    #[since("2.17")]
    #[local]
    fn TfLiteInterpreterInputTensorIndices(interpreter: &TfLiteInterpreter) -> *const c_int;

    #[since("2.17")]
    #[local]
    fn TfLiteInterpreterOutputTensorIndices(interpreter: &TfLiteInterpreter) -> *const c_int;
}

// Tensors of an interpreter: a real `TfLiteTensor`, the same each time, in the memory of the program.

extern "C" {
    #[refuse(unless = input_index < TfLiteInterpreterGetInputTensorCount(interpreter))]
    #[input(count = TfLiteInterpreterGetInputTensorCount)]
    fn TfLiteInterpreterGetInputTensor(interpreter: &TfLiteInterpreter, input_index: i32) -> Option<&mut TfLiteTensor>;

    #[refuse(unless = output_index < TfLiteInterpreterGetOutputTensorCount(interpreter))]
    fn TfLiteInterpreterGetOutputTensor(interpreter: &TfLiteInterpreter, output_index: i32) -> Option<&TfLiteTensor>;

    #[since("2.17")]
    fn TfLiteInterpreterGetTensor(interpreter: &TfLiteInterpreter, index: c_int) -> Option<&mut TfLiteTensor>;

    #[since("2.17")]
    #[refuse(unless = variable_index < TfLiteInterpreterGetVariableTensorCount(interpreter))]
    fn TfLiteInterpreterGetVariableTensor(
        interpreter: &TfLiteInterpreter,
        variable_index: i32,
    ) -> Option<&mut TfLiteTensor>;
}

// Signatures.

#[since("2.17")]
extern "C" {
    fn TfLiteInterpreterGetSignatureCount(interpreter: &TfLiteInterpreter) -> i32;
    fn TfLiteInterpreterGetSignatureKey(interpreter: &TfLiteInterpreter, signature_index: i32) -> Option<&CStr>;

    fn TfLiteInterpreterGetSignatureRunner(
        interpreter: &TfLiteInterpreter,
        signature_key: Option<&CStr>,
    ) -> New<TfLiteSignatureRunner>;

    #[release(TfLiteSignatureRunner)]
    fn TfLiteSignatureRunnerDelete(signature_runner: Option<&mut TfLiteSignatureRunner>);

    fn TfLiteSignatureRunnerGetInputCount(signature_runner: &TfLiteSignatureRunner) -> usize;
    fn TfLiteSignatureRunnerGetInputName(signature_runner: &TfLiteSignatureRunner, input_index: i32) -> Option<&CStr>;
    fn TfLiteSignatureRunnerGetOutputCount(signature_runner: &TfLiteSignatureRunner) -> usize;

    fn TfLiteSignatureRunnerGetOutputName(signature_runner: &TfLiteSignatureRunner, output_index: i32)
    -> Option<&CStr>;

    #[pull(signature_runner)]
    fn TfLiteSignatureRunnerAllocateTensors(signature_runner: &mut TfLiteSignatureRunner) -> TfLiteStatus;

    #[pull(signature_runner)]
    fn TfLiteSignatureRunnerResizeInputTensor(
        signature_runner: &mut TfLiteSignatureRunner,
        input_name: &CStr,
        input_dims: Option<&[c_int; input_dims_size]>,
        input_dims_size: i32,
    ) -> TfLiteStatus;

    #[push(signature_runner)]
    #[pull(signature_runner)]
    #[charge(commands = 1)]
    fn TfLiteSignatureRunnerInvoke(signature_runner: &mut TfLiteSignatureRunner) -> TfLiteStatus;

    fn TfLiteSignatureRunnerCancel(signature_runner: &mut TfLiteSignatureRunner) -> TfLiteStatus;

    #[input]
    fn TfLiteSignatureRunnerGetInputTensor(
        signature_runner: &mut TfLiteSignatureRunner,
        input_name: &CStr,
    ) -> Option<&mut TfLiteTensor>;

    fn TfLiteSignatureRunnerGetOutputTensor(
        signature_runner: &TfLiteSignatureRunner,
        output_name: &CStr,
    ) -> Option<&TfLiteTensor>;
}

// Tensors.

extern "C" {
    #[answers(tensor.r#type)]
    fn TfLiteTensorType(tensor: &TfLiteTensor) -> TfLiteType;

    #[answers(tensor.dims.size, otherwise = -1)]
    fn TfLiteTensorNumDims(tensor: &TfLiteTensor) -> i32;

    #[answers(tensor.dims.data[dim_index])]
    fn TfLiteTensorDim(tensor: &TfLiteTensor, dim_index: i32) -> i32;

    #[answers(tensor.bytes)]
    fn TfLiteTensorByteSize(tensor: &TfLiteTensor) -> usize;

    #[answers(tensor.data)]
    fn TfLiteTensorData(tensor: &TfLiteTensor) -> *mut c_void;

    #[answers(tensor.name)]
    fn TfLiteTensorName(tensor: &TfLiteTensor) -> *const c_char;

    #[answers(tensor.params)]
    fn TfLiteTensorQuantizationParams(tensor: &TfLiteTensor) -> TfLiteQuantizationParams;

    #[local]
    fn TfLiteTensorCopyFromBuffer(
        tensor: *mut TfLiteTensor,
        input_data: *const c_void,
        input_data_size: usize,
    ) -> TfLiteStatus;

    #[local]
    fn TfLiteTensorCopyToBuffer(
        output_tensor: *const TfLiteTensor,
        output_data: *mut c_void,
        output_data_size: usize,
    ) -> TfLiteStatus;

    #[local]
    fn TfLiteTensorCopy(src: *const TfLiteTensor, dst: *mut TfLiteTensor) -> TfLiteStatus;

    #[since("2.17")]
    fn TfLiteTensorGetAllocationStrategy(t: &TfLiteTensor) -> TfLiteAllocationStrategy;

    #[since("2.17")]
    fn TfLiteTensorGetBufferAddressStability(t: &TfLiteTensor) -> TfLiteRunStability;

    #[since("2.17")]
    fn TfLiteTensorGetDataStability(t: &TfLiteTensor) -> TfLiteRunStability;

    #[since("2.17")]
    fn TfLiteTensorGetDataKnownStep(t: &TfLiteTensor) -> TfLiteRunStep;

    #[since("2.17")]
    fn TfLiteTensorGetShapeKnownStep(t: &TfLiteTensor) -> TfLiteRunStep;

    /// Sets the size of string inputs. Returns nothing in 2.9.
    #[custom(shim)]
    #[pull(tensor)]
    fn TfLiteTensorRealloc(num_bytes: usize, tensor: &mut TfLiteTensor) -> TfLiteStatus;

    #[since("2.17")]
    #[local]
    fn TfLiteTensorResizeMaybeCopy(num_bytes: usize, tensor: *mut TfLiteTensor, preserve_data: bool) -> TfLiteStatus;

    #[unsupported(status = kTfLiteError, why = "the interpreter owns its tensors: resize inputs and allocate there")]
    fn TfLiteTensorDataFree(t: *mut TfLiteTensor);

    #[unsupported(status = kTfLiteError, why = "the interpreter owns its tensors: resize inputs and allocate there")]
    fn TfLiteTensorFree(t: *mut TfLiteTensor);

    #[unsupported(status = kTfLiteError, why = "the interpreter owns its tensors: resize inputs and allocate there")]
    fn TfLiteTensorReset(
        tensor_type: TfLiteType,
        name: *const c_char,
        dims: *mut TfLiteIntArray,
        quantization: TfLiteQuantizationParams,
        buffer: *mut c_char,
        size: usize,
        allocation_type: TfLiteAllocationType,
        allocation: *const c_void,
        is_variable: bool,
        tensor: *mut TfLiteTensor,
    );
}

// Tensors under their other type: a `TfLiteOpaqueTensor` is a `TfLiteTensor`.

#[since("2.17")]
extern "C" {
    #[same_as(TfLiteTensorType)]
    fn TfLiteOpaqueTensorType(opaque_tensor: *const TfLiteOpaqueTensor) -> TfLiteType;

    #[same_as(TfLiteTensorNumDims)]
    fn TfLiteOpaqueTensorNumDims(opaque_tensor: *const TfLiteOpaqueTensor) -> i32;

    #[same_as(TfLiteTensorDim)]
    fn TfLiteOpaqueTensorDim(opaque_tensor: *const TfLiteOpaqueTensor, dim_index: i32) -> i32;

    #[answers(num_dims = opaque_tensor.dims_signature.size, otherwise = -1)]
    fn TfLiteOpaqueTensorGetNumDimsSignature(opaque_tensor: &TfLiteOpaqueTensor, num_dims: *mut i32) -> TfLiteStatus;

    #[answers(dim_length = opaque_tensor.dims_signature.data[dim_index], otherwise = -1)]
    fn TfLiteOpaqueTensorGetDimSignature(
        opaque_tensor: &TfLiteOpaqueTensor,
        dim_index: i32,
        dim_length: *mut i32,
    ) -> TfLiteStatus;

    #[same_as(TfLiteTensorByteSize)]
    fn TfLiteOpaqueTensorByteSize(opaque_tensor: *const TfLiteOpaqueTensor) -> usize;

    #[same_as(TfLiteTensorData)]
    fn TfLiteOpaqueTensorData(opaque_tensor: *const TfLiteOpaqueTensor) -> *mut c_void;

    #[same_as(TfLiteTensorName)]
    fn TfLiteOpaqueTensorName(opaque_tensor: *const TfLiteOpaqueTensor) -> *const c_char;

    #[answers(opaque_tensor.is_variable)]
    fn TfLiteOpaqueTensorIsVariable(opaque_tensor: &TfLiteOpaqueTensor) -> c_int;

    #[answers(opaque_tensor.allocation_type)]
    fn TfLiteOpaqueTensorGetAllocationType(opaque_tensor: &TfLiteOpaqueTensor) -> TfLiteAllocationType;

    #[same_as(TfLiteTensorGetAllocationStrategy)]
    fn TfLiteOpaqueTensorGetAllocationStrategy(t: *const TfLiteOpaqueTensor) -> TfLiteAllocationStrategy;

    #[same_as(TfLiteTensorGetBufferAddressStability)]
    fn TfLiteOpaqueTensorGetBufferAddressStability(t: *const TfLiteOpaqueTensor) -> TfLiteRunStability;

    #[same_as(TfLiteTensorGetDataStability)]
    fn TfLiteOpaqueTensorGetDataStability(t: *const TfLiteOpaqueTensor) -> TfLiteRunStability;

    #[same_as(TfLiteTensorGetDataKnownStep)]
    fn TfLiteOpaqueTensorGetDataKnownStep(t: *const TfLiteOpaqueTensor) -> TfLiteRunStep;

    #[same_as(TfLiteTensorGetShapeKnownStep)]
    fn TfLiteOpaqueTensorGetShapeKnownStep(t: *const TfLiteOpaqueTensor) -> TfLiteRunStep;

    #[answers(opaque_tensor.quantization)]
    fn TfLiteOpaqueTensorGetQuantization(opaque_tensor: &TfLiteOpaqueTensor) -> TfLiteQuantization;

    #[same_as(TfLiteTensorQuantizationParams)]
    fn TfLiteOpaqueTensorGetQuantizationParams(opaque_tensor: *const TfLiteOpaqueTensor) -> TfLiteQuantizationParams;

    #[same_as(TfLiteTensorCopyFromBuffer)]
    fn TfLiteOpaqueTensorCopyFromBuffer(
        opaque_tensor: *mut TfLiteOpaqueTensor,
        input_data: *const c_void,
        input_data_size: usize,
    ) -> TfLiteStatus;

    #[same_as(TfLiteTensorCopyToBuffer)]
    fn TfLiteOpaqueTensorCopyToBuffer(
        opaque_tensor: *const TfLiteOpaqueTensor,
        output_data: *mut c_void,
        output_data_size: usize,
    ) -> TfLiteStatus;

    #[local]
    fn TfLiteOpaqueTensorGetStringCount(tensor: *const TfLiteOpaqueTensor) -> c_int;

    #[local]
    fn TfLiteOpaqueTensorGetString(
        tensor: *const TfLiteOpaqueTensor,
        index: c_int,
        str: *mut *const c_char,
        len: *mut c_int,
    ) -> TfLiteStatus;

    #[local]
    fn TfLiteOpaqueTensorWriteString(tensor: *mut TfLiteOpaqueTensor, str: *const c_char, len: c_int) -> TfLiteStatus;

    #[local]
    fn TfLiteOpaqueTensorWriteStrings(
        tensor: *mut TfLiteOpaqueTensor,
        str_array: *const *const c_char,
        str_array_len: c_int,
        str_n_len: *const c_int,
    ) -> TfLiteStatus;

    #[unsupported(status = kTfLiteError, why = "the interpreter owns its tensors: resize inputs and allocate there")]
    fn TfLiteOpaqueTensorSetAllocationTypeToDynamic(tensor: *mut TfLiteOpaqueTensor);
}

// Values: arrays, names, quantization; none belongs to an interpreter.

extern "C" {
    #[array(create, TfLiteIntArray)]
    fn TfLiteIntArrayCreate(size: c_int) -> *mut TfLiteIntArray;

    #[array(copy, TfLiteIntArray)]
    fn TfLiteIntArrayCopy(src: *const TfLiteIntArray) -> *mut TfLiteIntArray;

    #[array(equal, TfLiteIntArray)]
    fn TfLiteIntArrayEqual(a: *const TfLiteIntArray, b: *const TfLiteIntArray) -> c_int;

    #[array(holds, TfLiteIntArray)]
    fn TfLiteIntArrayEqualsArray(a: *const TfLiteIntArray, b_size: c_int, b_data: *const c_int) -> c_int;

    #[array(bytes, TfLiteIntArray)]
    fn TfLiteIntArrayGetSizeInBytes(size: c_int) -> usize;

    #[array(free, TfLiteIntArray)]
    fn TfLiteIntArrayFree(a: *mut TfLiteIntArray);

    #[same_as(TfLiteIntArrayCreate)]
    fn TfLiteFloatArrayCreate(size: c_int) -> *mut TfLiteFloatArray;

    #[since("2.17")]
    #[same_as(TfLiteIntArrayCopy)]
    fn TfLiteFloatArrayCopy(src: *const TfLiteFloatArray) -> *mut TfLiteFloatArray;

    #[array(bytes, TfLiteFloatArray)]
    fn TfLiteFloatArrayGetSizeInBytes(size: c_int) -> c_int;

    #[same_as(TfLiteIntArrayFree)]
    fn TfLiteFloatArrayFree(a: *mut TfLiteFloatArray);

    fn TfLiteTypeGetName(tensor_type: TfLiteType) -> &CStr;

    #[local]
    fn TfLiteQuantizationFree(quantization: *mut TfLiteQuantization);

    #[local]
    fn TfLiteSparsityFree(sparsity: *mut TfLiteSparsity);
}

// XNNPACK, declared in delegates/xnnpack/xnnpack_delegate.h.

#[undocumented]
extern "C" {
    /// Options are 32 bytes in 2.17 and returned through `result`; in 2.9 they are 8, returned in a register, and
    /// `result` is not there. On x86-64 one function can do both.
    #[local]
    fn TfLiteXNNPackDelegateOptionsDefault(result: *mut TfLiteXNNPackDelegateOptions) -> usize;

    #[afresh]
    #[custom]
    fn TfLiteXNNPackDelegateCreate(options: *const TfLiteXNNPackDelegateOptions) -> New<TfLiteDelegate>;

    #[custom(worker)]
    #[release(TfLiteDelegate)]
    fn TfLiteXNNPackDelegateDelete(delegate: Option<&mut TfLiteDelegate>);

    #[since("2.17")]
    fn TfLiteXNNPackDelegateGetFlags(delegate: Option<&mut TfLiteDelegate>) -> c_int;

    #[since("2.17")]
    #[local]
    fn TfLiteXNNPackDelegateGetOptions(delegate: *mut TfLiteDelegate) -> *const TfLiteXNNPackDelegateOptions;

    #[unsupported(status = kTfLiteError, why = "thread pools and caches stay in the worker: set num_threads instead")]
    fn TfLiteXNNPackDelegateGetThreadPool();
}

#[undocumented]
#[since("2.17")]
#[unsupported(status = kTfLiteError, why = "thread pools and caches stay in the worker: set num_threads instead")]
extern "C" {
    fn TfLiteXNNPackDelegateCreateWithThreadpool();
    fn TfLiteXNNPackDelegateWeightsCacheCreate();
    fn TfLiteXNNPackDelegateWeightsCacheCreateWithSize();
    fn TfLiteXNNPackDelegateWeightsCacheFinalizeSoft();
    fn TfLiteXNNPackDelegateWeightsCacheFinalizeHard();
    fn TfLiteXNNPackDelegateWeightsCacheDelete();
}

// External delegates, declared in delegates/external/external_delegate.h: of a library of its own.

#[beside("libexternal_delegate_obj.so")]
#[undocumented]
extern "C" {
    /// Options are 4120 bytes, returned through `result`.
    #[local]
    fn TfLiteExternalDelegateOptionsDefault(
        result: *mut TfLiteExternalDelegateOptions,
        lib_path: *const c_char,
    ) -> *mut TfLiteExternalDelegateOptions;

    /// Reached through a field of the options.
    #[local]
    fn TfLiteExternalDelegateOptionsInsert(
        options: *mut TfLiteExternalDelegateOptions,
        key: *const c_char,
        value: *const c_char,
    ) -> TfLiteStatus;

    #[afresh]
    #[custom]
    fn TfLiteExternalDelegateCreate(options: *const TfLiteExternalDelegateOptions) -> New<TfLiteDelegate>;

    #[same_as(TfLiteXNNPackDelegateDelete)]
    fn TfLiteExternalDelegateDelete(delegate: Option<&mut TfLiteDelegate>);
}

// Delegates of the program's own.

extern "C" {
    /// All zeroes, 48 bytes in 2.9 and 56 in 2.17, returned through `result`.
    #[undocumented]
    #[local]
    fn TfLiteDelegateCreate(result: *mut TfLiteDelegate) -> *mut TfLiteDelegate;
}

#[since("2.17")]
#[unsupported(status = kTfLiteError, why = "a delegate would run in the program: use XNNPACK or an external one")]
extern "C" {
    fn TfLiteOpaqueDelegateCreate(opaque_delegate_builder: *const TfLiteOpaqueDelegateBuilder) -> New<TfLiteDelegate>;
    fn TfLiteOpaqueDelegateDelete(delegate: &mut TfLiteDelegate);
    fn TfLiteOpaqueDelegateGetData(delegate: &TfLiteDelegate) -> *mut c_void;
}

#[since("2.17")]
#[undocumented]
#[unsupported(status = kTfLiteError, why = "NNAPI is Android's: use XNNPACK or an external delegate")]
extern "C" {
    fn TfLiteNnapiDelegateOptionsDefault();
    fn TfLiteNnapiDelegateCreate();
    fn TfLiteNnapiDelegateDelete();
}

// Operators and resolvers.

#[unsupported(status = kTfLiteError, why = "an operator would run in the program: use an external delegate")]
extern "C" {
    fn TfLiteInterpreterOptionsAddBuiltinOp(
        options: &mut TfLiteInterpreterOptions,
        op: TfLiteBuiltinOperator,
        registration: *const TfLiteRegistration,
        min_version: i32,
        max_version: i32,
    );

    fn TfLiteInterpreterOptionsAddCustomOp(
        options: &mut TfLiteInterpreterOptions,
        name: *const c_char,
        registration: *const TfLiteRegistration,
        min_version: i32,
        max_version: i32,
    );

    fn TfLiteInterpreterOptionsSetOpResolver(
        options: &mut TfLiteInterpreterOptions,
        find_builtin_op: Option<
            fn(user_data: *mut c_void, op: TfLiteBuiltinOperator, version: c_int) -> *const TfLiteRegistration,
        >,
        find_custom_op: Option<
            fn(user_data: *mut c_void, custom_op: *const c_char, version: c_int) -> *const TfLiteRegistration,
        >,
        op_resolver_user_data: *mut c_void,
    );
}

#[since("2.17")]
#[unsupported(status = kTfLiteError, why = "an operator would run in the program: use an external delegate")]
extern "C" {
    fn TfLiteInterpreterOptionsAddOperator(options: &mut TfLiteInterpreterOptions, registration: *mut TfLiteOperator);

    fn TfLiteInterpreterOptionsSetOpResolverV1(
        options: &mut TfLiteInterpreterOptions,
        find_builtin_op_v1: Option<
            fn(user_data: *mut c_void, op: TfLiteBuiltinOperator, version: c_int) -> *const TfLiteRegistration_V1,
        >,
        find_custom_op_v1: Option<
            fn(user_data: *mut c_void, op: *const c_char, version: c_int) -> *const TfLiteRegistration_V1,
        >,
        op_resolver_user_data: *mut c_void,
    );

    fn TfLiteInterpreterOptionsSetOpResolverV2(
        options: &mut TfLiteInterpreterOptions,
        find_builtin_op_v2: Option<
            fn(user_data: *mut c_void, op: TfLiteBuiltinOperator, version: c_int) -> *const TfLiteRegistration_V2,
        >,
        find_custom_op_v2: Option<
            fn(user_data: *mut c_void, op: *const c_char, version: c_int) -> *const TfLiteRegistration_V2,
        >,
        op_resolver_user_data: *mut c_void,
    );

    fn TfLiteInterpreterOptionsSetOpResolverV3(
        options: &mut TfLiteInterpreterOptions,
        find_builtin_op_v3: Option<
            fn(user_data: *mut c_void, op: TfLiteBuiltinOperator, version: c_int) -> *const TfLiteRegistration_V3,
        >,
        find_custom_op_v3: Option<
            fn(user_data: *mut c_void, op: *const c_char, version: c_int) -> *const TfLiteRegistration_V3,
        >,
        op_resolver_user_data: *mut c_void,
    );

    fn TfLiteInterpreterOptionsSetOpResolverExternal(
        options: &mut TfLiteInterpreterOptions,
        find_builtin_op: Option<fn(user_data: *mut c_void, op: c_int, version: c_int) -> *const TfLiteOperator>,
        find_custom_op: Option<
            fn(user_data: *mut c_void, custom_op: *const c_char, version: c_int) -> *const TfLiteOperator,
        >,
        op_resolver_user_data: *mut c_void,
    );

    fn TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(
        options: &mut TfLiteInterpreterOptions,
        find_builtin_op_external: Option<
            fn(user_data: *mut c_void, op: c_int, version: c_int) -> *const TfLiteOperator,
        >,
        find_custom_op_external: Option<
            fn(user_data: *mut c_void, custom_op: *const c_char, version: c_int) -> *const TfLiteOperator,
        >,
        find_builtin_op: Option<
            fn(user_data: *mut c_void, op: TfLiteBuiltinOperator, version: c_int) -> *const TfLiteRegistration,
        >,
        find_custom_op: Option<
            fn(user_data: *mut c_void, op: *const c_char, version: c_int) -> *const TfLiteRegistration,
        >,
        op_resolver_user_data: *mut c_void,
    );

    fn TfLiteOperatorCreate(
        builtin_code: TfLiteBuiltinOperator,
        custom_name: *const c_char,
        version: c_int,
        user_data: *mut c_void,
    ) -> *mut TfLiteOperator;

    #[undocumented]
    fn TfLiteOperatorCreateWithData();

    fn TfLiteOperatorDelete(registration: *mut TfLiteOperator);
    fn TfLiteOperatorGetBuiltInCode(registration: *const TfLiteOperator) -> TfLiteBuiltinOperator;
    fn TfLiteOperatorGetCustomName(registration: *const TfLiteOperator) -> *const c_char;
    fn TfLiteOperatorGetVersion(registration: *const TfLiteOperator) -> c_int;
    fn TfLiteOperatorGetUserData(registration: *const TfLiteOperator) -> *mut c_void;

    fn TfLiteOperatorSetInit(
        registration: *mut TfLiteOperator,
        init: Option<fn(context: *mut TfLiteOpaqueContext, buffer: *const c_char, length: usize) -> *mut c_void>,
    );

    fn TfLiteOperatorSetInitWithData(
        registration: *mut TfLiteOperator,
        init: Option<
            fn(
                user_data: *mut c_void,
                context: *mut TfLiteOpaqueContext,
                buffer: *const c_char,
                length: usize,
            ) -> *mut c_void,
        >,
    ) -> TfLiteStatus;

    fn TfLiteOperatorSetFree(
        registration: *mut TfLiteOperator,
        free: Option<fn(context: *mut TfLiteOpaqueContext, data: *mut c_void)>,
    );

    fn TfLiteOperatorSetFreeWithData(
        registration: *mut TfLiteOperator,
        free: Option<fn(user_data: *mut c_void, context: *mut TfLiteOpaqueContext, data: *mut c_void)>,
    ) -> TfLiteStatus;

    fn TfLiteOperatorSetPrepare(
        registration: *mut TfLiteOperator,
        prepare: Option<fn(context: *mut TfLiteOpaqueContext, node: *mut TfLiteOpaqueNode) -> TfLiteStatus>,
    );

    fn TfLiteOperatorSetPrepareWithData(
        registration: *mut TfLiteOperator,
        prepare: Option<
            fn(user_data: *mut c_void, context: *mut TfLiteOpaqueContext, node: *mut TfLiteOpaqueNode) -> TfLiteStatus,
        >,
    ) -> TfLiteStatus;

    fn TfLiteOperatorSetInvoke(
        registration: *mut TfLiteOperator,
        invoke: Option<fn(context: *mut TfLiteOpaqueContext, node: *mut TfLiteOpaqueNode) -> TfLiteStatus>,
    );

    fn TfLiteOperatorSetInvokeWithData(
        registration: *mut TfLiteOperator,
        invoke: Option<
            fn(user_data: *mut c_void, context: *mut TfLiteOpaqueContext, node: *mut TfLiteOpaqueNode) -> TfLiteStatus,
        >,
    ) -> TfLiteStatus;

    fn TfLiteOperatorSetAsyncKernel(
        registration: *mut TfLiteOperator,
        async_kernel: Option<
            fn(context: *mut TfLiteOpaqueContext, node: *mut TfLiteOpaqueNode) -> *mut TfLiteAsyncKernel,
        >,
    );

    fn TfLiteOperatorSetAsyncKernelWithData(
        registration: *mut TfLiteOperator,
        async_kernel: Option<
            fn(
                user_data: *mut c_void,
                context: *mut TfLiteOpaqueContext,
                node: *mut TfLiteOpaqueNode,
            ) -> *mut TfLiteAsyncKernel,
        >,
    ) -> TfLiteStatus;

    fn TfLiteOperatorSetInplaceOperator(registration: *mut TfLiteOperator, inplace_operator: u64);
}

// Queries of operators and delegates about their context and nodes.

#[since("2.17")]
#[unsupported(status = kTfLiteError, why = "an operator would run in the program: use an external delegate")]
extern "C" {
    fn TfLiteOpaqueContextAcquireSubgraphContext(
        opaque_context: *mut TfLiteOpaqueContext,
        subgraph_index: c_int,
        acquired_opaque_context: *mut *mut TfLiteOpaqueContext,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextAddTensor(
        context: *mut TfLiteOpaqueContext,
        builder: *mut TfLiteOpaqueTensorBuilder,
        new_tensor_index: *mut c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextGetExecutionPlan(
        opaque_context: *mut TfLiteOpaqueContext,
        execution_plan: *mut *mut TfLiteIntArray,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextGetInputs(
        opaque_context: *const TfLiteOpaqueContext,
        inputs: *mut *const c_int,
        num_inputs: *mut c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextGetName(opaque_context: *const TfLiteOpaqueContext) -> *const c_char;

    fn TfLiteOpaqueContextGetNodeAndRegistration(
        opaque_context: *mut TfLiteOpaqueContext,
        node_index: c_int,
        node: *mut *mut TfLiteOpaqueNode,
        registration_external: *mut *mut TfLiteOperator,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextGetNodeInitDataMmapInfo(
        context: *const TfLiteOpaqueContext,
        node: *const TfLiteOpaqueNode,
        fd: *mut c_int,
        custom_initial_data_offset_in_file: *mut i64,
        custom_initial_data_size: *mut i64,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextGetNumNodes(opaque_context: *const TfLiteOpaqueContext) -> usize;
    fn TfLiteOpaqueContextGetNumTensors(opaque_context: *const TfLiteOpaqueContext) -> usize;

    fn TfLiteOpaqueContextGetOpaqueTensor(
        opaque_context: *const TfLiteOpaqueContext,
        index: c_int,
    ) -> *mut TfLiteOpaqueTensor;

    fn TfLiteOpaqueContextGetOutputs(
        opaque_context: *const TfLiteOpaqueContext,
        outputs: *mut *const c_int,
        num_outputs: *mut c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextGetSizeOfType(
        context: *mut TfLiteOpaqueContext,
        tensor_type: TfLiteType,
        bytes: *mut usize,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextGetVariables(
        opaque_context: *const TfLiteOpaqueContext,
        variables: *mut *const c_int,
        num_variables: *mut c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextMarkSubgraphAsDelegationSkippable(
        opaque_context: *mut TfLiteOpaqueContext,
        subgraph_index: c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextReleaseSubgraphContext(
        opaque_context: *mut TfLiteOpaqueContext,
        subgraph_index: c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueContextReplaceNodeSubsetsWithDelegateKernels(
        opaque_context: *mut TfLiteOpaqueContext,
        registration_external: *mut TfLiteOperator,
        nodes_to_replace: *const TfLiteIntArray,
        opaque_delegate: &mut TfLiteDelegate,
    ) -> TfLiteStatus;

    #[undocumented]
    fn TfLiteOpaqueContextReportError();

    fn TfLiteOpaqueContextReportErrorVa(opaque_context: *mut TfLiteOpaqueContext, format: *const c_char, vlist: VaList);

    fn TfLiteOpaqueContextResizeTensor(
        context: *mut TfLiteOpaqueContext,
        tensor: *mut TfLiteOpaqueTensor,
        new_size: *mut TfLiteIntArray,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueNodeGetBuiltinData(opaque_node: *const TfLiteOpaqueNode) -> *mut c_void;

    fn TfLiteOpaqueNodeGetCustomInitialData(
        opaque_node: *const TfLiteOpaqueNode,
        init_data: *mut *const c_void,
        size: *mut c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueNodeGetInput(
        opaque_context: *const TfLiteOpaqueContext,
        opaque_node: *const TfLiteOpaqueNode,
        index: c_int,
    ) -> *const TfLiteOpaqueTensor;

    fn TfLiteOpaqueNodeGetInputTensorIndex(opaque_node: *const TfLiteOpaqueNode, index_of_input: c_int) -> c_int;

    fn TfLiteOpaqueNodeGetOutput(
        opaque_context: *mut TfLiteOpaqueContext,
        opaque_node: *const TfLiteOpaqueNode,
        index: c_int,
    ) -> *mut TfLiteOpaqueTensor;

    fn TfLiteOpaqueNodeGetOutputTensorIndex(opaque_node: *const TfLiteOpaqueNode, index_of_output: c_int) -> c_int;
    fn TfLiteOpaqueNodeGetUserData(opaque_node: *const TfLiteOpaqueNode) -> *mut c_void;

    fn TfLiteOpaqueNodeInputs(
        opaque_node: *const TfLiteOpaqueNode,
        inputs: *mut *const c_int,
        num_inputs: *mut c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueNodeNumberOfInputs(opaque_node: *const TfLiteOpaqueNode) -> c_int;
    fn TfLiteOpaqueNodeNumberOfOutputs(opaque_node: *const TfLiteOpaqueNode) -> c_int;

    fn TfLiteOpaqueNodeOutputs(
        opaque_node: *const TfLiteOpaqueNode,
        outputs: *mut *const c_int,
        num_outputs: *mut c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueNodeSetTemporaries(
        opaque_node: *mut TfLiteOpaqueNode,
        temporaries: *const c_int,
        num_temporaries: c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueNodeTemporaries(
        opaque_node: *const TfLiteOpaqueNode,
        temporaries: *mut *const c_int,
        num_temporaries: *mut c_int,
    ) -> TfLiteStatus;

    fn TfLiteOpaqueTensorBuilderCreate() -> *mut TfLiteOpaqueTensorBuilder;
    fn TfLiteOpaqueTensorBuilderDelete(builder: *mut TfLiteOpaqueTensorBuilder);

    fn TfLiteOpaqueTensorBuilderSetAllocationType(
        builder: *mut TfLiteOpaqueTensorBuilder,
        allocation_type: TfLiteAllocationType,
    ) -> *mut TfLiteOpaqueTensorBuilder;

    fn TfLiteOpaqueTensorBuilderSetData(
        builder: *mut TfLiteOpaqueTensorBuilder,
        data: *mut c_void,
    ) -> *mut TfLiteOpaqueTensorBuilder;

    fn TfLiteOpaqueTensorBuilderSetQuantization(
        builder: *mut TfLiteOpaqueTensorBuilder,
        quantization: TfLiteQuantization,
    ) -> *mut TfLiteOpaqueTensorBuilder;

    fn TfLiteOpaqueTensorBuilderSetQuantizationParams(
        builder: *mut TfLiteOpaqueTensorBuilder,
        params: TfLiteQuantizationParams,
    ) -> *mut TfLiteOpaqueTensorBuilder;

    fn TfLiteOpaqueTensorBuilderSetType(
        builder: *mut TfLiteOpaqueTensorBuilder,
        tensor_type: TfLiteType,
    ) -> *mut TfLiteOpaqueTensorBuilder;
}

// Buffers and synchronization.

extern "C" {
    #[unsupported(status = kTfLiteError, why = "program memory cannot be a tensor: let the interpreter allocate it")]
    fn TfLiteSetAllowBufferHandleOutput(interpreter: &TfLiteInterpreter, allow_buffer_handle_output: bool);
}

#[since("2.17")]
#[unsupported(status = kTfLiteError, why = "program memory cannot be a tensor: let the interpreter allocate it")]
extern "C" {
    fn TfLiteInterpreterGetBufferHandle(
        interpreter: &mut TfLiteInterpreter,
        tensor_index: c_int,
        buffer_handle: *mut TfLiteBufferHandle,
        delegate: *mut *mut TfLiteDelegate,
    ) -> TfLiteStatus;

    fn TfLiteInterpreterSetBufferHandle(
        interpreter: &mut TfLiteInterpreter,
        tensor: *mut TfLiteTensor,
        buffer_handle: TfLiteBufferHandle,
        delegate: &mut TfLiteDelegate,
    ) -> TfLiteStatus;

    fn TfLiteInterpreterSetCustomAllocationForTensor(
        interpreter: &mut TfLiteInterpreter,
        tensor_index: c_int,
        allocation: *const TfLiteCustomAllocation,
        flags: i64,
    ) -> TfLiteStatus;
}

#[since("2.17")]
#[undocumented]
#[unsupported(status = kTfLiteError, why = "program memory cannot be a tensor: let the interpreter allocate it")]
extern "C" {
    fn TfLiteBackendBufferCreate();
    fn TfLiteBackendBufferDelete();
    fn TfLiteBackendBufferGetPtr();
    fn TfLiteBackendBufferSetPtr();
    fn TfLiteSynchronizationCreate();
    fn TfLiteSynchronizationDelete();
    fn TfLiteSynchronizationGetPtr();
    fn TfLiteSynchronizationSetPtr();
}

// Telemetry.

#[since("2.17")]
#[undocumented]
#[unsupported(status = kTfLiteError, why = "a profiler would run in the program: measure with avactl")]
extern "C" {
    // Its second parameter is a struct without a typedef.
    fn TfLiteInterpreterOptionsSetTelemetryProfiler(options: &mut TfLiteInterpreterOptions, profiler: *mut c_void);

    fn TfLiteTelemetryConversionMetadataGetModelOptimizationModes();
    fn TfLiteTelemetryConversionMetadataGetNumModelOptimizationModes();
    fn TfLiteTelemetryGpuDelegateSettingsGetBackend();
    fn TfLiteTelemetryGpuDelegateSettingsGetNumNodesDelegated();
    fn TfLiteTelemetryInterpreterSettingsGetConversionMetadata();
    fn TfLiteTelemetryInterpreterSettingsGetNumSubgraphInfo();
    fn TfLiteTelemetryInterpreterSettingsGetSubgraphInfo();
    fn TfLiteTelemetrySubgraphInfoGetNumQuantizations();
    fn TfLiteTelemetrySubgraphInfoGetQuantizations();
}
