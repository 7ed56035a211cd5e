#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![environment("TOY_CONF")]
#![sandbox(read(variable("TOY_CONF", "TOY_CONF"), lines(), setting("/etc/toy.conf")))]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
