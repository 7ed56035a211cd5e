#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(-1)]

#[status(ok = 0)]
type toy_status = i32;
extern "C" {
    #[twin(toy_run_now, since = 7000)]
    fn toy_run() -> toy_status;
}
