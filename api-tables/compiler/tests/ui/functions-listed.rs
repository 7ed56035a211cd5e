#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![functions(toy_functions)]
#![listed(version = "1.300", invalid = TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;

extern "C" {
    #[local]
    fn toy_functions(list: *mut c_void) -> toy_status;
}
