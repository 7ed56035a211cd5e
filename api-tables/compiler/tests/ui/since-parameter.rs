#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![lookup(toy_find)]
#![extensions("toy_all", "toy_some" = "1.0".."2.0")]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;

extern "C" {
    #[local]
    fn toy_find(name: &CStr) -> *mut c_void;
    #[since(count = "1.1")]
    fn toy_core(count: Option<&u32>) -> toy_status;
    #[extension("toy_all")]
    #[since(count = "1.1")]
    fn toy_any(count: Option<&u32>) -> toy_status;
    #[extension("toy_some")]
    #[since(count = "2.0")]
    fn toy_later(count: Option<&u32>) -> toy_status;
    #[extension("toy_some")]
    #[since(count = "new")]
    fn toy_new(count: Option<&u32>) -> toy_status;
    #[extension("toy_some")]
    #[since(count = "1.1")]
    fn toy_needed(count: u32) -> toy_status;
    #[extension("toy_some")]
    #[since(value = "1.1")]
    #[written(value = size_ret)]
    fn toy_ask(size: usize, value: Option<Out<[c_void; size]>>, size_ret: Option<Out<usize>>) -> toy_status;
}
