#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
type toy_address = u64;

extern "C" {
    #[allots(address)]
    fn toy_take(address: Out<toy_address>, size: usize) -> toy_status;

    #[allots(address)]
    #[charge(device_memory = size)]
    fn toy_take_at(address: toy_address, size: usize) -> toy_status;

    #[frees(address)]
    fn toy_give(address: Out<toy_address>) -> toy_status;

    #[custom]
    #[frees(address)]
    fn toy_give_by_hand(address: toy_address) -> toy_status;

    #[local]
    #[sweeps]
    fn toy_end() -> toy_status;
}
