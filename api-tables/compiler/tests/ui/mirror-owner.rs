#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_model = Opaque;

extern "C" {
    #[push(index)]
    #[pull(modle)]
    fn toy_run(model: &toy_model, index: u32) -> toy_status;
}
