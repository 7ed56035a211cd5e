#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;
#[handle(invalid = TOY_GONE)]
#[pixels(size = toy_ask(TOY_NAME), rows = toy_ask(TOY_SIZE) == 1)]
type toy_image = Handle;
#[handle(invalid = TOY_GONE)]
#[pixels(size = toy_ask(TOY_SIZE), rows = toy_ask(TOY_SIZE))]
type toy_texture = Handle;
#[pixels(size = toy_ask(TOY_SIZE), rows = toy_ask(TOY_SIZE) == 1)]
type toy_size = u32;

keys! {
    #[tag(what, otherwise = TOY_GONE)]
    enum Info: toy_size {
        [c_char]: TOY_NAME = 0x10;
        usize: TOY_SIZE = 0x11;
    }
}

extern "C" {
    #[written(value = size_ret)]
    fn toy_ask(
        image: toy_image,
        what: toy_size,
        size: usize,
        value: Option<Out<[Info; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;

    fn toy_copy(
        buffer: toy_buffer,
        region: &[usize; 3],
        data: Out<[c_void; pixels(buffer, region, 0, 0)]>,
    ) -> toy_status;
}
