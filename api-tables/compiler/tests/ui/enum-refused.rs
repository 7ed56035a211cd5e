#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;

struct toy_attribute {
    kind: u32,
    value: Option<&[Value; len]>,
    len: u64,
}

#[tag(kind)]
#[repr(u32)]
#[refused(TOY_GONE, TOY_WINDOW)]
enum Value {
    TOY_SELF([toy_attribute]) = 1,
}
