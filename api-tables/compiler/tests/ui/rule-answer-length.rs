#![api(bad = 9)]
#![library("libbad.so.1")]
#![lost(0)]

#[tag(what)]
#[otherwise(0)]
#[repr(u32)]
enum Info {
    BAD_KEY(u32) = 1,
}

extern "C" {
    fn bad_ask(what: u32, size: usize, value: Option<Out<[Info; size]>>, size_ret: Option<Out<usize>>) -> u32;
}
