#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_model = Opaque;

struct toy_numbers {
    count: i32,
    values: [i32; count],
}

#[mirror(owner = toy_model, invalid = TOY_GONE)]
struct toy_tensor {
    data: Option<&mut [c_void; bytes]>,
    bytes: usize,
    dims: Option<&toy_numbers>,
}

extern "C" {
    #[answers]
    fn toy_nothing(tensor: &toy_tensor) -> usize;

    #[answers(tensor.bytes + 1)]
    fn toy_more(tensor: &toy_tensor) -> usize;

    #[answers(tensor.size)]
    fn toy_size(tensor: &toy_tensor) -> usize;

    #[answers(tensor.dims.values)]
    fn toy_values(tensor: &toy_tensor) -> i32;

    #[answers(model.bytes)]
    fn toy_bytes(model: &toy_model) -> usize;

    #[answers(count = tensor.dims.count)]
    fn toy_count(tensor: &toy_tensor, count: *mut u64) -> toy_status;

    #[answers(tensor.bytes, otherwise = 0, 1)]
    fn toy_all(tensor: &toy_tensor) -> usize;

    #[answers(tensor.bytes)]
    #[charge(commands = 1)]
    fn toy_charged(tensor: &toy_tensor) -> usize;
}
