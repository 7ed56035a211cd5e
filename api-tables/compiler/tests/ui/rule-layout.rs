#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
extern "C" {
    fn toy_read(region: &[usize; 2], data: Out<[c_void; rect(region, region, 0, 0)]>) -> toy_status;
}
