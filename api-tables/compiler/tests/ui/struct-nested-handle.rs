#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_box = Handle;
struct toy_place {
    parent: Option<toy_box>,
}
struct toy_shape {
    width: u32,
    place: toy_place,
}

extern "C" {
    fn toy_draw(shape: &toy_shape) -> toy_status;
}
