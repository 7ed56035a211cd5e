#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;
struct toy_source {
    buffer: Option<toy_buffer>,
}

extern "C" {
    fn toy_from(source: &toy_source) -> toy_status;
    fn toy_which(source: Out<toy_source>) -> toy_status;
    fn toy_swap(source: &mut toy_source) -> toy_status;
}
