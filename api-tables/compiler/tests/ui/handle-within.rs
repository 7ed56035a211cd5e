#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_module = Handle;
#[handle(invalid = TOY_GONE, within = toy_module)]
type toy_function = Handle;
#[handle(invalid = TOY_GONE, within = toy_tree)]
type toy_tree = Handle;
#[handle(invalid = TOY_GONE, within = [toy_context, toy_status, toy_context])]
type toy_queue = Handle;
#[handle(release = toy_release, invalid = TOY_GONE)]
type toy_context = Handle;
#[handle(retain = toy_retain_event, release = toy_release_event, invalid = TOY_GONE, within = toy_context)]
#[event(status = toy_ask_event(TOY_EVENT_STATUS), wait = toy_wait)]
type toy_event = Handle;
type toy_info = u32;

keys! {
    #[tag(what, otherwise = TOY_GONE)]
    enum EventInfo: toy_info {
        i32: TOY_EVENT_STATUS = 0x20;
    }
}

extern "C" {
    #[release(toy_context)]
    fn toy_release(one: toy_context) -> toy_status;

    #[waits(event)]
    fn toy_wait(event: toy_event) -> toy_status;

    #[written(value = size_ret)]
    fn toy_ask_event(
        event: toy_event,
        what: toy_info,
        size: usize,
        value: Option<Out<[EventInfo; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;

    #[retain(toy_event)]
    fn toy_retain_event(event: toy_event) -> toy_status;

    #[release(toy_event)]
    fn toy_release_event(event: toy_event) -> toy_status;
}
