#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
type toy_window = *mut c_void;

keys! {
    #[tag(param)]
    enum ToyInfo: u32 {
        toy_window: TOY_WINDOW = 1;
    }
}
