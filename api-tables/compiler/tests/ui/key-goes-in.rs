#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
keys! {
    #[tag(what, otherwise = TOY_GONE)]
    enum ToySetting: u32 {
        u32: TOY_SIZE = 1;
        #[refused(TOY_GONE)] c_void: TOY_WINDOW = 2;
        [&CStr]: TOY_NAMES = 3;
    }
}

extern "C" {
    fn toy_set(what: u32, size: usize, value: &[ToySetting; size]) -> toy_status;
}
