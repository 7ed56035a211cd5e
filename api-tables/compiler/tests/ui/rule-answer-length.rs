#![api(bad = 9)]
#![library("libbad.so.1")]
#![lost(0)]

keys! {
    #[tag(what, otherwise = 0)]
    enum Info: u32 {
        u32: BAD_KEY = 1;
    }
}

extern "C" {
    fn bad_ask(what: u32, size: usize, value: Option<Out<[Info; size]>>, size_ret: Option<Out<usize>>) -> u32;
}
