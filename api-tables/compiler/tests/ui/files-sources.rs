#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
type toy_info = u32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_program = Handle;

extern "C" {
    #[files(options)]
    fn toy_build(program: toy_program, options: &CStr) -> toy_status;

    #[files(count, program)]
    fn toy_compile(program: toy_program, count: u32) -> toy_status;
}
