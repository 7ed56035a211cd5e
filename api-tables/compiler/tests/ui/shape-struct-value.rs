#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
struct toy_point {
    x: u32,
}
struct toy_line {
    from: toy_point,
    label: *mut c_void,
}

extern "C" {
    fn toy_move(to: toy_point) -> toy_status;
    fn toy_draw(line: toy_line) -> toy_status;
    fn toy_last() -> toy_point;
}
