#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(-1)]

#[status(ok = 0)]
type toy_status = i32;
extern "C" {
    fn toy_run() -> toy_status;

    #[twin(toy_run)]
    fn toy_stop() -> toy_status;

    #[twin(toy_go)]
    fn toy_go() -> toy_status;
}
