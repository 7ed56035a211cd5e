#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE, plain = 0)]
type toy_buffer = Handle;
#[handle(invalid = TOY_GONE, plain = 4096)]
type toy_queue = Handle;
#[handle(invalid = TOY_GONE, plain = 2)]
type toy_model = Opaque;
