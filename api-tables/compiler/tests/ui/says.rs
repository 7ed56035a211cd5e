#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;

#[says(version = 300, otherwise = TOY_GONE)]
struct toy_small {
    version: u8,
}

#[says(versoin = 3, otherwise = TOY_GONE)]
struct toy_point {
    version: u32,
    name: [c_char; 8],
}

#[says(version = 3)]
struct toy_line {
    version: u32,
}

extern "C" {
    fn toy_draw(small: &toy_small, point: &toy_point, line: &toy_line) -> toy_status;
}
