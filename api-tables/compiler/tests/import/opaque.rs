//! The API of libopaque.so.1, drafted from opaque.h.

#![api(opaque = 9)]
#![library("libopaque.so.1")]
#![header("opaque.h")]
#![lost(kOpaqueError)]

// Drafted from a header: every shape and every fact is a guess.
// Of 6 functions 2 are refused until somebody describes them: nothing says what an address leads to (1); a struct has
// addresses in it, or a form that the language lacks (1).

#[status(ok = 0)]
type OpaqueStatus = c_uint;

#[handle(release = OpaqueModelDelete, invalid = kOpaqueError)]
type OpaqueModel = Opaque;

consts! {
    OpaqueStatus: kOpaqueOk = 0, kOpaqueError = 1;
}

types! {
    Opaque: OpaqueTensor;
}

extern "C" {
    fn OpaqueModelCreate(model_data: Option<&[c_void; model_size]>, model_size: usize) -> New<OpaqueModel>;

    #[release(OpaqueModel)]
    fn OpaqueModelDelete(model: Option<&mut OpaqueModel>);

    fn OpaqueModelRun(model: Option<&OpaqueModel>, twice: bool) -> OpaqueStatus;

    fn OpaqueModelResize(model: Option<&mut OpaqueModel>, dims: Option<&[i32; num_dims]>, num_dims: i32)
    -> OpaqueStatus;
}

#[unsupported(status = kOpaqueError, why = "draft: nothing says what an address leads to")]
extern "C" {
    /// Draft: look at what it returns.
    fn OpaqueModelGetTensor(model: Option<&OpaqueModel>, index: i32) -> *const OpaqueTensor;
}

#[unsupported(status = kOpaqueError, why = "draft: a struct has addresses in it, or a form that the language lacks")]
extern "C" {
    /// Draft: look at `tensor`.
    fn OpaqueTensorName(tensor: *const OpaqueTensor) -> OpaqueStatus;
}
