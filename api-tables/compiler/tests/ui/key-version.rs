#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
struct toy_named {
    name: [c_char; 8],
    version: u32,
}
#[tag(what)]
#[repr(u32)]
#[otherwise(TOY_GONE)]
enum ToyInfo {
    #[version]
    TOY_TEXT([c_char]) = 1,
    #[version]
    TOY_NAMED([toy_named]) = 2,
    #[version]
    TOY_ONE(toy_named) = 3,
}
#[list(end = 0)]
#[repr(u32)]
#[otherwise(TOY_GONE)]
enum ToyProperty {
    #[version]
    TOY_LISTED(u32) = 4,
    TOY_TEXTS([&CStr]) = 5,
}
