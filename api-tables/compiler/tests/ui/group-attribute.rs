#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[status(ok = 0)]
types! {
    #[status(ok = 0)] u32: toy_flags;
}
consts! {
    /// Not here.
    #[hide(1)] u32: TOY_SIZE = 1;
}
