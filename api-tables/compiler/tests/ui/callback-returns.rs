#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
struct toy_pair {
    first: u32,
}

extern "C" {
    #[local]
    fn toy_sort(less: fn(a: u32, b: u32) -> toy_pair) -> toy_status;
    fn toy_wait(done: fn(user_data: UserData) -> u32, user_data: UserData) -> toy_status;
}
