#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[tag(what)]
#[repr(u32)]
#[otherwise(TOY_GONE)]
enum ToySetting {
    TOY_SIZE(u32) = 1,
    #[refused(TOY_GONE)]
    TOY_WINDOW(c_void) = 2,
    TOY_NAMES([&CStr]) = 3,
}

extern "C" {
    fn toy_set(what: u32, size: usize, value: &[ToySetting; size]) -> toy_status;
}
