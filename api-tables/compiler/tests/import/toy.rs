//! The API of libtoy.so.1, drafted from toy.h.

#![api(toy = 9)]
#![library("libtoy.so.1")]
#![header("toy.h")]
#![lost(TOY_DEVICE_LOST)]

// Drafted from a header: every shape and every fact is a guess.
// Of 40 functions 14 are refused until somebody describes them: nothing says what an address leads to (3); nothing says
// how long a text is that comes out (2); a struct with addresses is passed by value, or one is returned (2); a struct
// has addresses in it, or a form that the language lacks (4); a callback returns a value, or has no pointer of the
// program's (2); a handle is returned that need not be new (1).
// Not drafted, for they take a variable number of arguments: toy_print.

#[status(ok = 0)]
type toy_status = c_uint;
types! {
    c_int: toy_place, toy_device;
    c_uint: toy_speed;
    u64: toy_flags;
}

#[handle(retain = toy_context_retain, release = toy_context_destroy_v2, invalid = TOY_INVALID_CONTEXT)]
type toy_context = Handle;
#[handle(invalid = TOY_INVALID_HANDLE, plain = 1)]
type toy_stream = Handle;
#[handle(invalid = TOY_INVALID_HANDLE)]
type toy_node = Handle;

consts! {
    toy_status: TOY_SUCCESS = 0, TOY_INVALID_VALUE = 1, TOY_INVALID_CONTEXT = 3, TOY_INVALID_HANDLE = 4,
        TOY_NOT_SUPPORTED = 0x2000, TOY_DEVICE_LOST = 0x2001;
    toy_place: TOY_BEHIND = -1, TOY_BESIDE = 0;
    toy_speed: TOY_FAST = 0x1000, TOY_SLOW = 0x2000;
    c_int: TOY_VERSION = 768, TOY_READ = 1, TOY_WRITE = 2;
    toy_flags: TOY_ALL = 0xFFFFFFFF;
}

// Draft: the language cannot say toy_bits: `low` has a number of bits or an alignment of its own.
// Draft: the language cannot say toy_either: `u` is a union or a struct without a name, with addresses in it.
types! {
    Opaque: toy_bits, toy_either;
}

struct toy_point_v1 {
    x: c_int,
    y: c_int,
}

struct toy_plain {
    place: toy_place,
    name: [c_char; 32],
    data: [u64; 1],
    at: toy_point_v1,
    path: [u32; 8],
    pair: [u16; 2],
}

struct toy_links {
    context: Option<toy_context>,
    node: Option<toy_node>,
}

struct toy_list {
    values: Option<&[c_int; num_values]>,
    num_values: c_uint,
}

struct toy_bare {
    links: toy_links,
    extra: *mut c_void,
    done: *mut c_void,
}

#[params]
struct Waits {
    num_waits: u32,
    waits: Option<&[toy_node; num_waits]>,
}

extern "C" {
    fn toy_init(flags: toy_flags) -> toy_status;
    fn toy_get_version(version: Option<Out<c_int>>) -> toy_status;

    fn toy_create(
        properties: Option<&u32>,
        num_nodes: u32,
        nodes: Option<&[toy_node; num_nodes]>,
        pfn_notify: Option<fn(what: &CStr, info: Option<&[c_void; cb]>, cb: usize, user_data: UserData)>,
        user_data: UserData,
        context: Option<Out<New<toy_context>>>,
    ) -> toy_status;

    fn toy_context_get_current(context: Option<Out<toy_context>>) -> toy_status;

    #[retain(toy_context)]
    fn toy_context_retain(context: toy_context) -> toy_status;

    #[release(toy_context)]
    fn toy_context_destroy(context: toy_context) -> toy_status;

    #[release(toy_context)]
    fn toy_context_destroy_v2(context: toy_context) -> toy_status;

    #[written(value = value_size_ret)]
    fn toy_info(
        context: toy_context,
        what: toy_place,
        value_size: usize,
        value: Option<Out<[c_void; value_size]>>,
        value_size_ret: Option<Out<usize>>,
    ) -> toy_status;

    #[written(nodes = min(num_entries, num_nodes))]
    fn toy_get_nodes(
        context: toy_context,
        num_entries: u32,
        nodes: Option<Out<[toy_node; num_entries]>>,
        num_nodes: Option<Out<u32>>,
    ) -> toy_status;

    #[written(nodes = numNodes)]
    fn toy_node_list(context: toy_context, nodes: Option<Out<[toy_node; numNodes]>>, numNodes: Option<&mut usize>)
    -> toy_status;

    fn toy_write(stream: toy_stream, src: Option<&[c_void; ByteCount]>, ByteCount: usize) -> toy_status;
    fn toy_read(stream: toy_stream, dst: Option<Out<[c_void; ByteCount]>>, ByteCount: usize) -> toy_status;
    fn toy_name(name: Option<Out<[c_char; len]>>, len: c_int, device: toy_device) -> toy_status;

    fn toy_load(
        context: toy_context,
        count: u32,
        strings: Option<In<[&[c_char; lengths]; count]>>,
        lengths: Option<&[usize; count]>,
        node: Option<Out<New<toy_node>>>,
    ) -> toy_status;

    fn toy_compile(
        options: Option<&CStr>,
        names: Option<&[&CStr; num_names]>,
        num_names: u32,
        node: Option<Out<New<toy_node>>>,
    ) -> toy_status;

    fn toy_plain_set(plain: Option<&toy_plain>, size: Option<&[c_int; 3]>) -> toy_status;
    fn toy_plain_get(plain: Option<Out<toy_plain>>) -> toy_status;
    fn toy_list_set(lists: Option<&[toy_list; num_lists]>, num_lists: u32) -> toy_status;
    fn toy_links_set(links: Option<&toy_links>) -> toy_status;

    fn toy_later(
        stream: toy_stream,
        done: Option<fn(stream: toy_stream, status: toy_status, user_data: UserData)>,
        data: UserData,
    ) -> toy_status;

    fn toy_text(status: toy_status) -> Option<&CStr>;
    fn toy_wait_1(stream: toy_stream, _: Waits) -> toy_status;
    fn toy_wait_2(context: toy_context, _: Waits) -> toy_status;
    fn toy_wait_3(context: toy_context, flags: c_int, _: Waits) -> toy_status;
    fn toy_wait_4(_: Waits) -> toy_status;
    fn toy_point_set(point: toy_point_v1) -> toy_status;
}

#[unsupported(status = TOY_NOT_SUPPORTED, why = "draft: nothing says what an address leads to")]
extern "C" {
    /// Draft: look at `type`.
    fn toy_type(r#type: *mut *mut c_void) -> toy_status;

    /// Draft: look at what it returns.
    fn toy_map(context: toy_context, r#type: c_ulonglong) -> *mut c_void;

    /// Draft: look at `hidden`, `table`.
    #[undocumented]
    fn toy_untagged(hidden: *mut c_void, table: *mut *mut c_void) -> toy_status;
}

#[unsupported(status = TOY_NOT_SUPPORTED, why = "draft: nothing says how long a text is that comes out")]
extern "C" {
    /// Draft: look at `text`.
    fn toy_error(text: *mut *const c_char) -> toy_status;

    /// Draft: look at `text`.
    fn toy_fill(text: *mut c_char) -> toy_status;
}

#[unsupported(status = TOY_NOT_SUPPORTED, why = "draft: a struct with addresses is passed by value, or one is returned")]
extern "C" {
    /// Draft: look at `links`.
    fn toy_links_move(links: toy_links) -> toy_status;

    /// Draft: look at what it returns.
    fn toy_point_last() -> toy_point_v1;
}

#[unsupported(status = TOY_NOT_SUPPORTED, why = "draft: a struct has addresses in it, or a form that the language lacks")]
extern "C" {
    /// Draft: look at `links`.
    fn toy_links_get(links: Option<Out<toy_links>>) -> toy_status;

    /// Draft: look at `bare`.
    fn toy_bare_set(bare: Option<&toy_bare>) -> toy_status;

    /// Draft: look at `bits`.
    fn toy_bits_set(bits: *const toy_bits) -> toy_status;

    /// Draft: look at `either`.
    fn toy_either_set(either: *const toy_either) -> toy_status;
}

#[unsupported(status = TOY_NOT_SUPPORTED, why = "draft: a callback returns a value, or has no pointer of the program's")]
extern "C" {
    /// Draft: look at `choice`.
    fn toy_choose(choice: Option<fn(first: c_int, second: c_int) -> c_int>) -> toy_status;

    /// Draft: look at `keep`.
    fn toy_each(keep: Option<fn(context: toy_context, user_data: UserData) -> c_int>, user_data: UserData)
    -> toy_status;
}

#[unsupported(status = TOY_NOT_SUPPORTED, why = "draft: a handle is returned that need not be new")]
extern "C" {
    /// Draft: look at what it returns.
    fn toy_current() -> New<toy_context>;
}
