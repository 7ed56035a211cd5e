#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
struct toy_name_version {
    name: [c_char; 64],
    version: u32,
}

keys! {
    #[tag(param)]
    enum ToyInfo: u32 {
        #[names] [toy_name_version]: TOY_NAMES = 1;
    }
}
