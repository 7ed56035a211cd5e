#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;

#[says(version = 3, otherwise = TOY_GONE)]
struct toy_point {
    version: u32,
}

extern "C" {
    fn toy_where(point: Out<toy_point>) -> toy_status;
}
