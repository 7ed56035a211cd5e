#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[list(end = 0)]
#[otherwise(-1)]
#[repr(isize)]
enum ToyProperty {
    TOY_SIZE(u32) = 1,
}

extern "C" {
    fn toy_open(properties: Out<[ToyProperty]>) -> toy_status;
}
