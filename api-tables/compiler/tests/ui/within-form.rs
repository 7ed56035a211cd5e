#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_model = Opaque;

extern "C" {
    fn toy_count(model: &toy_model) -> u32;

    #[within(name = toy_count)]
    fn toy_name(model: &toy_model, name: &CStr) -> toy_status;

    #[within(index = 4)]
    fn toy_get(model: &toy_model, index: u32) -> toy_status;

    #[within(index = toy_cuont)]
    fn toy_put(model: &toy_model, index: u32) -> toy_status;
}
