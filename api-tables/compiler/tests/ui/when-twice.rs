#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
extern "C" {
    #[when(data = flags == 1)]
    #[when(data = flags == 2)]
    fn toy_write(flags: u32, data: &[c_void; 8]) -> toy_status;
}
