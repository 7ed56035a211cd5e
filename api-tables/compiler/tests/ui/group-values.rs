#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
types! {
    u32: toy_flags, toy_count = 1;
}
consts! {
    toy_flags: TOY_SIZE = 1, TOY_BITS;
}
