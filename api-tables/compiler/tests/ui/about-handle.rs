#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;

extern "C" {
    #[about(size)]
    fn toy_resize(buffer: toy_buffer, size: u32) -> toy_status;

    #[about(event)]
    fn toy_run(buffer: toy_buffer, event: Out<New<toy_buffer>>) -> toy_status;

    #[about(bufer)]
    fn toy_stop(buffer: toy_buffer) -> toy_status;

    #[local]
    #[about(buffer)]
    fn toy_find(buffer: toy_buffer) -> toy_status;
}
