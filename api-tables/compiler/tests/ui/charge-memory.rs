#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
extern "C" {
    #[charge(bytes_in = size)]
    fn toy_write(size: usize, data: &[c_void; size]) -> toy_status;
    #[charge(bytes_out = data)]
    fn toy_read(size: usize, data: &[c_void; size]) -> toy_status;
    #[charge(bytes_in = size + 8)]
    fn toy_more(size: usize, data: &[c_void; size]) -> toy_status;
}
