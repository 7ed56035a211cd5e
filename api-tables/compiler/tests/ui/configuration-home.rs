#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]
#![environment("TOY_CONF", "TOY_MORE")]
#![configuration(variable = "TOY_CONF", file = "toy.conf", home = "/etc/toy.conf", text = "")]
#![configuration(variable = "TOY_MORE", file = "more.conf", home = ".config/../more.conf", text = "")]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
