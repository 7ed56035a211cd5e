#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[params(Waiting)]
#[onewya]
struct Waiting {
    #[since("1.0")]
    count: u32,
}
#[params]
struct Pair(u32, u32);

extern "C" {
    fn toy_wait(count: usize, _: Waiting, _: Pair) -> toy_status;
}
