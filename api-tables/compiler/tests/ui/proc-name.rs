#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(-1)]

#[status(ok = 0)]
type toy_status = i32;
extern "C" {
    #[proc("", since = 2000)]
    fn toy_run() -> toy_status;

    #[proc]
    fn toy_stop() -> toy_status;

    #[proc(toy_going, since = 2000)]
    fn toy_go() -> toy_status;
}
