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
    #[waits(what)]
    fn toy_wait(what: toy_info) -> toy_status;

    #[empties(events)]
    fn toy_finish(count: u32, events: &[toy_event; count]) -> toy_status;
}
