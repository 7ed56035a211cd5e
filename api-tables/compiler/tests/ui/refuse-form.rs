#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_model = Opaque;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;

extern "C" {
    fn toy_count(model: &toy_model) -> u32;

    fn toy_load(model: &toy_model) -> toy_status;

    #[refuse(unless = index < toy_count(model))]
    fn toy_get(model: &toy_model, index: u32) -> toy_status;

    #[refuse(unless = index < toy_cuont(model))]
    fn toy_put(model: &toy_model, index: u32) -> toy_status;

    #[refuse(unless = index < toy_count(4))]
    fn toy_add(model: &toy_model, index: u32) -> toy_status;

    #[refuse(unless = index < toy_count(index))]
    fn toy_drop(model: &toy_model, index: u32) -> toy_status;

    #[refuse(unless = index < toy_count(model))]
    fn toy_find(model: Option<&toy_model>, index: u32) -> toy_status;

    #[refuse(unless = index < toy_load(model))]
    fn toy_sort(model: &toy_model, index: u32) -> toy_status;

    #[refuse(unless = index < 4)]
    fn toy_free(index: u32) -> toy_status;

    #[about(others)]
    #[refuse(unless = index < 4)]
    fn toy_many(model: &toy_model, others: &[toy_buffer; 4], index: u32) -> toy_status;

    #[custom]
    #[refuse(unless = index < 4)]
    fn toy_hand(model: &toy_model, index: u32) -> toy_status;

    #[when(data = size < toy_count(model))]
    fn toy_fill(model: &toy_model, size: usize, data: &[c_void; size]) -> toy_status;
}
