#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
extern "C" {
    #[proc(name = "toy_run", since = -1)]
    fn toy_run_v2() -> toy_status;
}
