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
#[params]
struct Answer<T> {
    value: Out<T>,
}
#[params]
struct Two<T, U> {
    value: Out<T>,
    other: Out<U>,
}

extern "C" {
    fn toy_wait(_: Waiting<u32>) -> toy_status;
    fn toy_ask(_: Answer) -> toy_status;
    fn toy_say(_: Answer<toy_nothing>) -> toy_status;
    fn toy_both(_: Two<u32, u32>) -> toy_status;
}
