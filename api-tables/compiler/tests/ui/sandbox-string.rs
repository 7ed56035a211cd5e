#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![environment("TOY_CONF")]
#![sandbox(device(toy), socket(variable("TOY_CONF")), read(variable(TOY_CONF)))]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
