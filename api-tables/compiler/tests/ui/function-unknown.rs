#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(release = toy_drop, invalid = TOY_GONE)]
type toy_buffer = Handle;

extern "C" {
    #[release(toy_buffer)]
    fn toy_drop_(buffer: toy_buffer) -> toy_status;
}
