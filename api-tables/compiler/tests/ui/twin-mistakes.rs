#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(-1)]

#[status(ok = 0)]
type toy_status = i32;
extern "C" {
    #[twin(toy_run_now)]
    fn toy_run(count: toy_number, size: usize, size: usize) -> toy_status;

    #[twin(toy_same_now)]
    #[same_as(toy_run)]
    fn toy_same() -> toy_status;
}
