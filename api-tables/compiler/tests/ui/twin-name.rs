#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(-1)]

#[status(ok = 0)]
type toy_status = i32;
extern "C" {
    #[twin("toy_run_now")]
    fn toy_run() -> toy_status;

    #[twin]
    fn toy_stop() -> toy_status;

    #[twin(toy_go_now, from = 7)]
    fn toy_go() -> toy_status;
}
