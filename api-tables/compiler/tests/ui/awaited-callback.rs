#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_queue = Handle;
#[handle(invalid = TOY_GONE)]
type toy_box = Handle;

extern "C" {
    #[awaited(size)]
    fn toy_run(queue: toy_queue, size: u32) -> toy_status;
}
