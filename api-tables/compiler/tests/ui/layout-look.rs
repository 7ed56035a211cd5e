#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
extern "C" {
    fn toy_load(image: &[c_void; binary()]) -> toy_status;
    fn toy_load_other(size: usize, image: &[c_void; binary(size)]) -> toy_status;
    fn toy_read(image: Out<[c_void; binary(image)]>) -> toy_status;
    #[until(image = released)]
    fn toy_keep(image: &[c_void; binary(image)]) -> toy_status;
}
