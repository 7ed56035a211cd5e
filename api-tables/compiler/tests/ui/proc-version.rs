#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(-1)]

#[status(ok = 0)]
type toy_status = i32;
extern "C" {
    #[proc(since = 1 << 31)]
    fn toy_run() -> toy_status;

    #[twin(toy_stop_now, since = 0 - 1)]
    #[proc(since = 1)]
    fn toy_stop() -> toy_status;
}
