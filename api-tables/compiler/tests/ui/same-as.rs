#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;

extern "C" {
    fn toy_count(size: usize) -> toy_status;

    #[same_as(toy_count)]
    fn toy_count_ints(size: u32) -> toy_status;

    #[same_as(toy_cuont)]
    fn toy_count_floats(size: usize) -> toy_status;

    #[same_as(toy_count)]
    #[charge(commands = 1)]
    fn toy_count_all(size: usize) -> toy_status;

    #[unsupported(status = TOY_GONE, why = "toys are not shared")]
    fn toy_lend() -> toy_status;

    #[same_as(toy_lend)]
    fn toy_lend_all() -> toy_status;
}
