#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_model = Opaque;

extern "C" {
    fn toy_take(model: toy_model) -> toy_status;

    fn toy_fill(models: Out<[toy_model; 2]>) -> toy_status;
}
