#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
keys! {
    #[tag(what)]
    enum ToyInfo: u32 {
        u32: TOY_SIZE = 1;
    }
}

extern "C" {
    #[written(value = size_ret)]
    fn toy_ask(what: u32, size: usize, value: Out<[ToyInfo; size]>, size_ret: Out<usize>) -> toy_status;
}
