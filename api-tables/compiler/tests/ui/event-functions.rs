#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
type toy_info = u32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_queue = Handle;
#[handle(retain = toy_retain, release = toy_release, invalid = TOY_GONE)]
#[event(
    status = toy_ask(TOY_TIME),
    wait = toy_wait,
    notify = toy_notify,
    unordered = toy_ask_queue(TOY_NAME) & 1,
)]
type toy_event = Handle;
#[handle(invalid = TOY_GONE)]
#[event(status = toy_ask(TOY_STATUS), wait = toy_retain)]
type toy_marker = Handle;
#[handle(retain = toy_retain_fence, release = toy_release_fence, invalid = TOY_GONE)]
#[event(status = toy_size(TOY_STATUS), wait = toy_wait_fence)]
type toy_fence = Handle;

keys! {
    #[tag(what, otherwise = TOY_GONE)]
    enum EventInfo: toy_info {
        i32: TOY_STATUS = 0x10;
        u64: TOY_TIME = 0x11;
        [c_char]: TOY_NAME = 0x12;
    }
}

extern "C" {
    #[retain(toy_event)]
    fn toy_retain(event: toy_event) -> toy_status;

    #[release(toy_event)]
    fn toy_release(event: toy_event) -> toy_status;

    #[retain(toy_fence)]
    fn toy_retain_fence(fence: toy_fence) -> toy_status;

    #[release(toy_fence)]
    fn toy_release_fence(fence: toy_fence) -> toy_status;

    #[written(value = size_ret)]
    fn toy_ask(
        event: toy_event,
        what: toy_info,
        size: usize,
        value: Option<Out<[EventInfo; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;

    #[written(value = size_ret)]
    fn toy_ask_queue(
        queue: toy_queue,
        what: toy_info,
        size: usize,
        value: Option<Out<[EventInfo; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;

    fn toy_size(fence: toy_fence, size: Out<usize>) -> toy_status;

    #[waits(event)]
    fn toy_wait(event: toy_event, flags: u32) -> toy_status;

    #[waits(fences)]
    fn toy_wait_fence(count: u32, fences: Option<&[toy_fence; count]>) -> toy_status;

    fn toy_notify(
        event: toy_event,
        status: i32,
        tell: Option<fn(status: i32, event: toy_event, word: UserData)>,
        word: UserData,
    ) -> toy_status;
}
