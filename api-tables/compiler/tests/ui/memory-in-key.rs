#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
struct toy_source {
    data: Option<&[c_void; len]>,
    len: u64,
}
#[tag(what)]
#[otherwise(TOY_GONE)]
#[repr(u32)]
enum ToyInfo {
    TOY_SOURCE(toy_source) = 1,
}

extern "C" {
    #[written(value = size_ret)]
    fn toy_ask(what: u32, size: usize, value: Out<[ToyInfo; size]>, size_ret: Out<usize>) -> toy_status;
}
