#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
const TOY_GONE: toy_status = -1;
extern "C" {
    fn toy_name(name: &&CStr, other: Out<&mut CStr>, number: Out<&u32>) -> toy_status;
    fn toy_names(count: u32, names: Out<[&CStr; count]>) -> toy_status;
    #[until(name = released)]
    fn toy_kept(name: Out<&CStr>) -> toy_status;
}
