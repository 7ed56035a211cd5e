//! Emits the stub module for a vendor library whose function names other libraries of the process may have too: a library
//! that exports them under their own names, for programs that open it or are linked with it, and jumps to `libava.so`.
//!
//! Natively the function list holds the addresses that the module exports, so the module has a function list of its own.

use super::names::symbol;
use crate::model::Api;

/// The module in C, empty for an API whose functions the library itself exports.
pub fn emit(api: &Api) -> String {
    let Some(list) = &api.function_list else { return String::new() };
    let functions = || api.functions.iter().map(|f| f.name.as_str());
    let goes_on: String = functions()
        .filter(|name| name != list)
        .map(|name| format!("GOES_ON({name}, {})\n", symbol(api, name)))
        .collect();
    let declared: String =
        functions().filter(|name| name != list).map(|name| format!("void {name}(void);\n")).collect();
    let places: String = functions().map(|name| format!("    (const void *){name},\n")).collect();
    let theirs = symbol(api, list);
    format!(
        "#if defined(__x86_64__)
#define JUMP \"endbr64\\n jmp \"
#define SYMBOL(name) name \"@PLT\"
#elif defined(__aarch64__)
#define JUMP \"bti c\\n b \"
#define SYMBOL(name) name
#endif
#define GOES_ON(name, theirs) __asm__(\".text\\n .p2align 4\\n .globl \" #name \"\\n .type \" #name \", @function\\n\" \\
    #name \": \" JUMP SYMBOL(#theirs) \"\\n .size \" #name \", . - \" #name \"\\n\");
{goes_on}
{declared}unsigned long {theirs}(const void **);
unsigned long {list}(const void **);

static struct {{
    unsigned long version;
    const void *functions[{len}];
}} list = {{0, {{
{places}}}}};

unsigned long {list}(const void **place) {{
    unsigned long status = {theirs}(place);
    if (status == 0) {{
        list.version = *(const unsigned long *)*place;
        *place = &list;
    }}
    return status;
}}
",
        len = api.functions.len()
    )
}
