#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_queue = Handle;
#[handle(invalid = TOY_GONE)]
type toy_box = Handle;

extern "C" {
    #[awaited(then)]
    fn toy_open(then: fn(user_data: UserData), user_data: UserData) -> New<toy_queue>;
}
