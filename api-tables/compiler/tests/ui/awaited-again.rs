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
    #[awaited(then, again = toy_records)]
    fn toy_run(queue: toy_queue, then: fn(user_data: UserData), user_data: UserData) -> toy_status;

    fn toy_records(one: toy_box, records: Out<u32>) -> toy_status;
}
