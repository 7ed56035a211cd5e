#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_kernel = Handle;
#[handle(invalid = TOY_GONE, also = [toy_kernel, toy_kernel, toy_status])]
type toy_twice = Handle;
#[handle(invalid = TOY_GONE, also = toy_self)]
type toy_self = Handle;
#[handle(invalid = TOY_GONE, also = [2])]
type toy_number = Handle;
#[handle(release = toy_release, invalid = TOY_GONE, also = toy_kernel)]
type toy_counted = Handle;

extern "C" {
    #[release(toy_counted)]
    fn toy_release(one: toy_counted) -> toy_status;
}
