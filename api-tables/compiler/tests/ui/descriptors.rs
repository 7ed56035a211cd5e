#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;

extern "C" {
    fn toy_join(one: Fd, other: Fd<c_void>, made: Out<Fd>, next: Option<Out<Fd<c_void>>>) -> toy_status;

    #[oneway]
    fn toy_give(buffer: toy_buffer, file: Fd) -> toy_status;

    fn toy_may_be(file: Option<Fd>) -> toy_status;

    fn toy_then(then: fn(file: Fd, user_data: UserData), user_data: UserData) -> toy_status;
}
