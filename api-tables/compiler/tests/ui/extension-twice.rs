#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![extensions("toy_a", "toy_b", "toy_a")]
#![masked(why = "it is old", "toy_b")]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
