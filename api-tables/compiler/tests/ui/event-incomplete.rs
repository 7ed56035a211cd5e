#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
#[event(status = toy_ask(TOY_GONE))]
type toy_event = Handle;
#[handle(invalid = TOY_GONE)]
#[event(status = toy_ask, wait = 1)]
type toy_other = Handle;
#[handle(invalid = TOY_GONE)]
#[event(status = toy_ask(TOY_DONE), wait = toy_weit, unordered = toy_ask(TOY_GONE))]
type toy_third = Handle;
#[event(status = toy_ask(TOY_GONE), wait = toy_ask)]
type toy_number = u32;

extern "C" {
    fn toy_ask() -> toy_status;
}
