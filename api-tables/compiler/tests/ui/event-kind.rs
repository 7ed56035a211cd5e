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
    #[waits(event)]
    fn toy_wait(event: toy_event) -> toy_status;

    #[until(data = event)]
    fn toy_read(
        buffer: toy_buffer,
        size: usize,
        data: Out<[c_void; size]>,
        event: Option<Out<New<toy_event>>>,
    ) -> toy_status;
}
