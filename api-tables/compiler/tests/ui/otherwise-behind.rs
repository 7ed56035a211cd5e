#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[tag(kind)]
#[repr(u32)]
#[otherwise(TOY_GONE)]
enum ToyValue {
    TOY_SIZE(u32) = 1,
}
struct toy_attribute {
    kind: u32,
    value: Option<&[ToyValue; len]>,
    len: u64,
}
