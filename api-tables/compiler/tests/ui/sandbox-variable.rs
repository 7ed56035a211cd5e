#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![environment("TOY_CONF", "TOY_P*")]
#![sandbox(read(
    variable("TOY_CONF"),
    variable("TOY_PLACE"),
    variable("TOY_CONFF"),
    lines(variable("HOME")),
    variable("TOY_*"),
    variable("")
))]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
