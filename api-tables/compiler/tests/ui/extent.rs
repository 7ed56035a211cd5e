#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;

extern "C" {
    #[oneway]
    #[charge(commands = 1)]
    #[extent(address = size)]
    fn toy_fill(address: u64, size: usize) -> toy_status;

    #[charge(commands = 1)]
    #[extent(buffer = size)]
    fn toy_fill_all(buffer: toy_buffer, size: usize) -> toy_status;

    #[oneway]
    #[regardless(value)]
    fn toy_forget(value: u32) -> toy_status;
}
