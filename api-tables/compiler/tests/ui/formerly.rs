#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![lookup(toy_find)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;

extern "C" {
    #[local]
    fn toy_find(name: &CStr) -> *mut c_void;
    fn toy_open(count: u32) -> toy_status;
    #[formerly(toy_open)]
    fn toy_start(count: u32) -> toy_status;
    #[extension("toy_more")]
    fn toy_begin(count: u32, size: u32) -> toy_status;
    #[formerly(toy_begin)]
    fn toy_go(count: u32) -> toy_status;
}
