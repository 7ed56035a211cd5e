#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_model = Opaque;

#[mirror(owner = toy_model)]
struct toy_tensor {
    data: Option<&mut [c_void; bytes]>,
    bytes: usize,
}

#[miror(owner = toy_model, invalid = TOY_GONE)]
struct toy_other {
    bytes: usize,
}

struct toy_led {
    other: Option<&toy_status>,
}
