#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;

extern "C" {
    #[creates(buffer)]
    fn toy_make(buffer: Out<New<toy_buffer>>) -> toy_status;
}
