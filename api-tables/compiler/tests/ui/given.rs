#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;

struct toy_arguments {
    flags: u32,
}

extern "C" {
    #[withheld(arguments)]
    #[given(arguments = 4)]
    fn toy_start(arguments: *mut c_void) -> toy_status;

    #[withheld(arguments)]
    #[given(arguments = toy_arguments(flag = 1))]
    fn toy_begin(arguments: *mut c_void) -> toy_status;

    #[unsupported(status = TOY_GONE, why = "toys are not shared")]
    #[given(arguments = toy_arguments(flags = 1))]
    fn toy_share(arguments: *mut c_void) -> toy_status;
}
