#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[tag(what, otherwise = TOY_GONE)]
keys! {
    #[tag(what)]
    enum ToyInfo: u32 {
        u32: TOY_SIZE = 1;
    }

    enum ToySetting: toy_key {
        u32: TOY_WEIGHT = 2;
    }
}
#[tag]
keys! {
    enum ToyAnswer: u32 {}
}
#[tag(what, default = TOY_GONE)]
keys! {
    enum ToyMore: u32 {}
}
types! {
    u32: toy_word;
}
