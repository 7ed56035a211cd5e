#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;

extern "C" {
    #[when(data = size > 4)]
    fn toy_get(buffer: toy_buffer, size: usize, data: Out<[c_void; size]>) -> toy_status;

    #[when(name = size > 4)]
    fn toy_name(buffer: toy_buffer, size: usize, name: &CStr) -> toy_status;
}
