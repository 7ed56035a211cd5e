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
    #[maps(size, event = size, unless = 1, shows = 1, reads = 1, writes = 1)]
    fn toy_map(size: usize) -> Mapped<[c_void; size]>;
}
