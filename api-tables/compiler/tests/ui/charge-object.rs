#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;

extern "C" {
    #[charge(device_memory = size)]
    fn toy_grow(buffer: toy_buffer, size: usize) -> toy_status;

    #[charge(device_memory = size)]
    fn toy_make(size: usize, buffer: Out<New<toy_buffer>>) -> toy_status;
}
