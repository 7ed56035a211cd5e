#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;
#[handle(invalid = TOY_GONE)]
type toy_event = Handle;

extern "C" {
    #[oneway]
    #[unmaps(place = buffer)]
    fn toy_unmap(buffer: toy_buffer, place: *mut c_void) -> toy_status;
}
