#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![listed(version = "1.0", invalid = -1)]
#![functions(toy_flush)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;

extern "C" {
    fn toy_flush() -> toy_status;
}
