#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
type toy_info = u32;
const TOY_GONE: toy_status = -1;
const TOY_USE: u64 = 1;
#[handle(invalid = TOY_GONE)]
type toy_queue = Handle;
#[handle(invalid = TOY_GONE)]
#[memory(
    create = toy_create,
    read = toy_read,
    write = toy_read,
    destroyed = toy_destroyed,
    flush = toy_flush,
    size = toy_ask(TOY_NAME),
    flags = toy_ask(TOY_SIZE),
    use_host = TOY_USE,
    alloc_host = TOY_USE,
    copy_host = TOY_USE,
    exhausted = TOY_GONE,
    failed = TOY_GONE,
)]
type toy_buffer = Handle;
#[handle(invalid = TOY_GONE)]
#[memory(create = toy_create)]
type toy_image = Handle;
#[handle(release = toy_release, invalid = TOY_GONE)]
#[memory(
    create = toy_make,
    read = 1,
    write = toy_write,
    destroyed = toy_destroyed,
    flush = toy_flush,
    size = toy_size,
    flags = toy_ask(TOY_FLAGS),
    use_host = TOY_USES,
    alloc_host = TOY_USE,
    copy_host = TOY_USE,
    exhausted = TOY_GONE,
    failed = TOY_GONE,
)]
type toy_pipe = Handle;

keys! {
    #[tag(what, otherwise = TOY_GONE)]
    enum BufferInfo: toy_info {
        usize: TOY_SIZE = 0x10;
        [c_char]: TOY_NAME = 0x11;
    }
}

extern "C" {
    fn toy_create(size: usize) -> New<toy_buffer>;

    fn toy_read(queue: toy_queue, buffer: toy_buffer, size: usize, data: Out<[c_void; size]>) -> toy_status;

    #[written(value = size_ret)]
    fn toy_ask(
        buffer: toy_buffer,
        what: toy_info,
        size: usize,
        value: Option<Out<[BufferInfo; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;

    fn toy_destroyed(
        buffer: toy_buffer,
        tell: Option<fn(status: i32, word: UserData)>,
        word: UserData,
    ) -> toy_status;

    fn toy_flush(queue: toy_queue) -> toy_status;

    #[release(toy_pipe)]
    fn toy_release(pipe: toy_pipe) -> toy_status;
}
