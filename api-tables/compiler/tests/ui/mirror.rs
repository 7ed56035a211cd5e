#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_model = Opaque;

struct toy_numbers {
    values: [i32; count],
    count: u64,
}

#[mirror(owner = toy_model, invalid = TOY_GONE, input = bytes)]
struct toy_tensor {
    data: Option<&mut [c_void; bytes]>,
    bytes: u32,
    model: Option<toy_model>,
    dims: Option<&toy_numbers>,
}

#[mirror(owner = toy_model, invalid = TOY_GONE)]
struct toy_empty {
    name: Option<&CStr>,
}

extern "C" {
    fn toy_count(model: &toy_model) -> u32;

    fn toy_first(count: u32) -> Option<&toy_tensor>;

    fn toy_like(model: &toy_model, other: &toy_tensor) -> Option<&toy_tensor>;

    #[input(count = toy_count)]
    fn toy_run(model: &toy_model) -> toy_status;

    #[push(tensor)]
    fn toy_push(tensor: &mut toy_tensor) -> toy_status;
}
