#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
type toy_info = u32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_queue = Handle;
#[handle(invalid = TOY_GONE)]
type toy_stream = Handle;
#[handle(retain = toy_retain, release = toy_release, invalid = TOY_GONE)]
#[event(status = toy_ask(TOY_STATUS), wait = toy_wait)]
type toy_event = Handle;
#[handle(release = toy_free, invalid = TOY_GONE)]
#[memory(
    create = toy_create,
    read = toy_read,
    write = toy_write,
    destroyed = toy_destroyed,
    flush = toy_wait,
    size = toy_measure(TOY_SIZE),
    flags = toy_measure(TOY_FLAGS),
    use_host = 1,
    alloc_host = 2,
    copy_host = 4,
    exhausted = TOY_GONE,
    failed = TOY_GONE,
)]
type toy_buffer = Handle;

keys! {
    #[tag(what, otherwise = TOY_GONE)]
    enum Info: toy_info {
        i32: TOY_STATUS = 0x10;
        usize: TOY_SIZE = 0x11;
        u64: TOY_FLAGS = 0x12;
    }
}

extern "C" {
    #[until(data = released)]
    fn toy_create(
        queue: toy_queue,
        flags: u64,
        size: usize,
        data: Option<In<[c_void; size]>>,
        errcode_ret: Option<Out<toy_status>>,
    ) -> New<toy_buffer>;

    #[release(toy_buffer)]
    fn toy_free(buffer: toy_buffer) -> toy_status;

    #[oneway(unless = blocking != 0)]
    #[until(data = event)]
    fn toy_read(
        queue: toy_queue,
        buffer: toy_buffer,
        blocking: u32,
        offset: usize,
        size: usize,
        data: Option<Out<[c_void; size]>>,
        count: u32,
        events: Option<&[toy_event; count]>,
        event: Option<Out<New<toy_event>>>,
    ) -> toy_status;

    #[oneway(unless = blocking != 0)]
    #[until(data = event)]
    fn toy_write(
        stream: toy_stream,
        buffer: toy_buffer,
        blocking: u32,
        offset: usize,
        size: usize,
        data: Option<&[c_void; size]>,
        count: u32,
        events: Option<&[toy_event; count]>,
        event: Option<Out<New<toy_event>>>,
    ) -> toy_status;

    #[until(tell = released)]
    fn toy_destroyed(
        buffer: toy_buffer,
        tell: Option<fn(buffer: toy_buffer, word: UserData)>,
        word: UserData,
    ) -> toy_status;

    #[written(value = size_ret)]
    fn toy_measure(
        buffer: toy_buffer,
        what: toy_info,
        size: usize,
        value: Option<Out<[Info; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;

    #[written(value = size_ret)]
    fn toy_ask(
        event: toy_event,
        what: toy_info,
        size: usize,
        value: Option<Out<[Info; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;

    #[waits(event)]
    fn toy_wait(event: toy_event) -> toy_status;

    #[retain(toy_event)]
    fn toy_retain(event: toy_event) -> toy_status;

    #[release(toy_event)]
    fn toy_release(event: toy_event) -> toy_status;
}
