#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
type toy_info = u32;
#[handle(invalid = TOY_GONE)]
type toy_event = Handle;
const TOY_GONE: toy_status = -1;
extern "C" {
    fn toy_set(event: toy_event, what: toy_info) -> toy_status;

    #[local]
    fn toy_here() -> toy_status;

    #[cached(until = toy_set)]
    fn toy_number(event: toy_event, number: Option<Out<i32>>) -> toy_status;

    #[cached(until = [toy_sett, 7])]
    fn toy_other(event: toy_event, number: Option<Out<i32>>) -> toy_status;

    #[cached(until = [toy_here])]
    fn toy_third(event: toy_event, number: Option<Out<i32>>) -> toy_status;

    #[cached(until = [toy_set])]
    #[written(value = size_ret)]
    fn toy_ask(
        event: toy_event,
        what: toy_info,
        size: usize,
        value: Option<Out<[c_void; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;

    #[cached(until = [toy_set], unless = 1)]
    fn toy_both(event: toy_event, number: Option<Out<i32>>) -> toy_status;

    #[cached]
    fn toy_made(event: toy_event, other: Option<Out<New<toy_event>>>) -> toy_status;
}
