#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;

struct toy_numbers {
    count: i32,
    values: [i32; count],
}

struct toy_point {
    x: i32,
}

extern "C" {
    #[array(create)]
    fn toy_make(count: i32) -> *mut toy_numbers;

    #[array(craete, toy_numbers)]
    fn toy_create(count: i32) -> *mut toy_numbers;

    #[array(create, toy_point)]
    fn toy_create_point(count: i32) -> *mut toy_point;

    #[array(copy, toy_status)]
    fn toy_copy(numbers: *const toy_numbers) -> *mut toy_numbers;

    #[array(equal, toy_numbers)]
    fn toy_equal(numbers: *const toy_numbers) -> bool;

    #[array(free, toy_numbers)]
    #[oneway]
    fn toy_free(numbers: *mut toy_numbers);
}
