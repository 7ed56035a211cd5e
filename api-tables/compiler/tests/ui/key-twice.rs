#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
const TOY_SIZE: u32 = 1;

#[tag(param)]
#[repr(u32)]
enum ToyInfo {
    TOY_SIZE(u32),
    TOY_SIZE(u64),
}
