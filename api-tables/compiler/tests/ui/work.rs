#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_queue = Handle;

extern "C" {
    #[oneway]
    #[submits(silently)]
    fn toy_start(queue: toy_queue) -> toy_status;

    #[settled]
    fn toy_copy(queue: toy_queue) -> toy_status;

    #[submits]
    fn toy_uncounted(queue: toy_queue) -> toy_status;

    #[charge(commands = 1)]
    #[occupies(size)]
    fn toy_fill(queue: toy_queue, size: usize) -> toy_status;

    #[occupies]
    fn toy_fill_now(size: usize) -> toy_status;

    #[local]
    #[submits]
    fn toy_here(queue: toy_queue) -> toy_status;
}
