#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
struct toy_named {
    name: [c_char; 8],
    version: u32,
}
keys! {
    #[tag(what, otherwise = TOY_GONE)]
    enum ToyInfo: u32 {
        #[version] [c_char]: TOY_TEXT = 1;
        #[version] [toy_named]: TOY_NAMED = 2;
        #[version] toy_named: TOY_ONE = 3;
    }

    #[list(end = 0, otherwise = TOY_GONE)]
    enum ToyProperty: u32 {
        #[version] u32: TOY_LISTED = 4;
        [&CStr]: TOY_TEXTS = 5;
    }
}
