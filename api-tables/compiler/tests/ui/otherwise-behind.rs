#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
keys! {
    #[tag(kind, otherwise = TOY_GONE)]
    enum ToyValue: u32 {
        u32: TOY_SIZE = 1;
    }
}
struct toy_attribute {
    kind: u32,
    value: Option<&[ToyValue; len]>,
    len: u64,
}
