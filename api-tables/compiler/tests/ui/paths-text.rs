#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
type toy_info = u32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_program = Handle;

keys! {
    #[tag(what, otherwise = TOY_GONE)]
    enum ProgramInfo: toy_info {
        #[paths] toy_info: TOY_LOG = 0x10;
    }
}
