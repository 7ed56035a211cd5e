#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![environment("TOY_CONF")]
#![sandbox(write(setting("/etc/toy.conf", " "), setting(variable("TOY_CONF"), 1)))]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
