#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;
#[handle(invalid = TOY_GONE)]
type toy_event = Handle;

extern "C" {
    fn toy_map(buffer: toy_buffer) -> Mapped<[c_void; 8]>;

    #[maps(buffer, event = event, unless = 1, shows = 1, reads = 1, writes = 1)]
    fn toy_touch(buffer: toy_buffer, event: Out<New<toy_event>>) -> toy_status;
}
