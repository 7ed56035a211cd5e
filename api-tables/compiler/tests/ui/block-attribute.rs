#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[onewya]
#[cached]
extern "C" {
    fn toy_count() -> toy_status;

    #[cached]
    fn toy_flush() -> toy_status;
}
