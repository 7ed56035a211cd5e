#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
type toy_info = u32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_program = Handle;

#[tag(what)]
#[otherwise(TOY_GONE)]
#[repr(toy_info)]
enum ProgramInfo {
    #[paths]
    TOY_LOG(toy_info) = 0x10,
}
