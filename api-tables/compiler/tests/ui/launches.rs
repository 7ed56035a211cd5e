#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_kernel = Handle;

extern "C" {
    #[launches(number)]
    fn toy_no_kernel(number: u32) -> toy_status;

    #[custom(worker)]
    #[launches(kernel)]
    fn toy_by_hand(kernel: toy_kernel) -> toy_status;

    #[local]
    #[launches(kernel)]
    fn toy_stays(kernel: toy_kernel) -> toy_status;
}
