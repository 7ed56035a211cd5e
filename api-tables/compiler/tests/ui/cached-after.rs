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
    #[cached(after = what)]
    #[written(value = size_ret)]
    fn toy_ask(
        event: toy_event,
        what: toy_info,
        size: usize,
        value: Option<Out<[c_void; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;

    #[cached(after = 7)]
    #[written(value = size_ret)]
    fn toy_number(
        event: toy_event,
        what: toy_info,
        size: usize,
        value: Option<Out<[c_void; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;

    #[cached(unless = what == 1, after = event)]
    #[written(value = size_ret)]
    fn toy_both(
        event: toy_event,
        what: toy_info,
        size: usize,
        value: Option<Out<[c_void; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> toy_status;
}
