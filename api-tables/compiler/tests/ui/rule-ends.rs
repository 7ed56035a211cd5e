#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
type toy_info = u32;
#[handle(invalid = TOY_GONE)]
type toy_event = Handle;
const TOY_GONE: toy_status = -1;
extern "C" {
    #[waits(event)]
    fn toy_wait(event: toy_event) -> u32;

    #[empties(event)]
    fn toy_finish(event: toy_event);

    #[cached(after = event)]
    #[written(value = size_ret)]
    fn toy_ask(
        event: toy_event,
        size: usize,
        value: Option<Out<[c_void; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;
}
