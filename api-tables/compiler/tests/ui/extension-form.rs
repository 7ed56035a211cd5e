#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![extensions(3, "toy_a" = "1.0", "toy_b" = "1.x".."2", "toy_c" = "1".."2")]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
