#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[params]
struct Waiting {
    count: u32,
}

extern "C" {
    fn toy_wait(_: Waiting) -> toy_status;
    fn toy_flush(_: Waitign, _: &Waiting) -> toy_status;
}
