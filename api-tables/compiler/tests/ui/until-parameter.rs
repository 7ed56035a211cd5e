#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_event = Handle;

extern "C" {
    #[until(data = evnet)]
    fn toy_write(data: &[c_void; 8], event: Out<New<toy_event>>) -> toy_status;
}
