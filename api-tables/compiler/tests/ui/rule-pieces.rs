#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
type toy_list = u64;
#[handle(invalid = TOY_GONE)]
type toy_box = Handle;
const TOY_GONE: toy_status = -1;
extern "C" {
    #[pieces(list)]
    #[written(elements = count)]
    fn toy_next(list: toy_list, elements: Out<[u64; most]>, most: u32, count: Out<u64>) -> toy_status;

    #[pieces(list)]
    fn toy_all(list: toy_list, elements: Out<[u64; most]>, most: u64) -> toy_status;

    #[drops(list)]
    fn toy_end(list: toy_list);

    #[drops(of)]
    fn toy_close(of: toy_box) -> toy_status;

    #[drops(list)]
    #[doubts]
    fn toy_both(list: toy_list) -> toy_status;

    #[doubts(list)]
    fn toy_forget(list: toy_list) -> toy_status;
}
