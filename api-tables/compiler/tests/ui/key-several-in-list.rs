#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
keys! {
    #[list(end = 0, otherwise = -1)]
    enum ToyProperty: isize {
        [u32]: TOY_SIZES = 1;
    }
}
