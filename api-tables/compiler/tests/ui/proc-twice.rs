#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(-1)]

#[status(ok = 0)]
type toy_status = i32;
extern "C" {
    #[proc(since = 2000)]
    fn toy_run() -> toy_status;

    #[proc("toy_run", since = 2000)]
    fn toy_run_v2() -> toy_status;
}
