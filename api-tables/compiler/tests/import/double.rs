//! The API of libdouble.so.1, drafted from double.h.

#![api(double = 9)]
#![library("libdouble.so.1")]
#![header("double.h")]
#![lost(DBL_LOST)]

// Drafted from a header: every shape and every fact is a guess.
// Of 10 functions 1 are refused until somebody describes them: nothing says what an address leads to (1).

#[status(ok = 0)]
type dbl_status = c_uint;

#[handle(release = dbl_queue_destroy, invalid = 1)]
type dbl_queue = Handle;

consts! {
    dbl_status: DBL_OK = 0, DBL_NOT_SUPPORTED = 1, DBL_LOST = 2;
}

extern "C" {
    #[proc(since = 1000)]
    fn dbl_queue_create(queue: Option<Out<New<dbl_queue>>>) -> dbl_status;

    #[proc(since = 2000)]
    fn dbl_queue_create_v2(queue: Option<Out<New<dbl_queue>>>, flags: c_uint) -> dbl_status;

    #[release(dbl_queue)]
    fn dbl_queue_destroy(queue: dbl_queue) -> dbl_status;

    #[twin(dbl_run_now, since = 7000)]
    #[proc(since = 1000)]
    fn dbl_run(queue: dbl_queue, count: c_uint) -> dbl_status;

    #[proc(since = 1000)]
    fn dbl_wait(queue: dbl_queue) -> dbl_status;

    #[twin(dbl_wait_v2_now)]
    #[proc(since = 8000)]
    fn dbl_wait_v2(queue: dbl_queue, milliseconds: c_uint) -> dbl_status;

    fn dbl_odd(queue: dbl_queue) -> dbl_status;
    fn dbl_odd_now(queue: dbl_queue, more: c_uint) -> dbl_status;
    fn dbl_alone_now(queue: dbl_queue) -> dbl_status;
}

#[unsupported(status = DBL_NOT_SUPPORTED, why = "draft: nothing says what an address leads to")]
extern "C" {
    /// Draft: look at `place`.
    #[twin(dbl_map_here)]
    #[proc(since = 1000)]
    fn dbl_map(queue: dbl_queue, place: *mut c_void) -> dbl_status;
}
