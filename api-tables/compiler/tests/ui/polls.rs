#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
const TOY_BUSY: toy_status = 1;
#[handle(invalid = TOY_GONE)]
type toy_queue = Handle;
#[handle(invalid = TOY_GONE)]
type toy_mark = Handle;

extern "C" {
    #[polls(number = TOY_BUSY)]
    fn toy_no_object(number: u32) -> toy_status;

    #[polls(mark)]
    fn toy_no_status(mark: toy_mark) -> toy_status;

    #[polls(mark = TOY_BUSY)]
    fn toy_stores(mark: toy_mark, progress: Out<u32>) -> toy_status;

    #[polls(queue = TOY_BUSY)]
    fn toy_query(queue: toy_queue) -> toy_status;

    #[empties(queue)]
    fn toy_finish(queue: toy_queue) -> toy_status;

    #[oneway]
    #[polls(mark = TOY_BUSY)]
    fn toy_goes(mark: toy_mark) -> toy_status;
}
