//! One function per shape, for the golden files: what is emitted for each lies beside this table under its name.

#![api(gold = 7)]
#![library("libgold.so.1")]
#![header("gold.h")]
#![lost(GOLD_LOST)]
#![lookup(gold_find)]
#![versions("GOLD_1.0", "GOLD_1.2")]
#![extensions("gold_more", "gold_grown" = "0.9.0".."2.0.0")]
#![masked(why = "no gold is shared", "gold_shared", "gold_lent")]
#![sandbox(
    read("/etc/gold", variable("GOLD_PATH"), lines("/etc/gold/*.list"), lines(variable("GOLD_PATH"))),
    write(setting(variable("GOLD_CONF"), "store"), setting("/etc/gold/gold.conf", "store")),
    execute("/usr/bin"),
    device("/dev/gold*"),
    socket("/run/gold/socket"),
)]
#![environment("GOLD_*")]
#![configuration(variable = "GOLD_CONF", file = "gold.conf", text = "store = {home}/gold\n")]

#[status(ok = 0)]
type gold_status = i32;
type gold_key = u32;
type gold_property = isize;
type gold_ulong = u64;
#[handle(retain = gold_retain, release = gold_release, invalid = GOLD_NO_BOX)]
type gold_box = Handle;
#[handle(invalid = GOLD_LOST)]
type gold_event = Handle;
#[handle(invalid = GOLD_LOST)]
type gold_shelf = Opaque;

const GOLD_LOST: gold_status = -1;
const GOLD_NO_BOX: gold_status = -2;
const GOLD_READS: gold_ulong = 1 << 0;
const GOLD_WRITES: gold_ulong = 1 << 1;

struct gold_size {
    width: u32,
    height: u32,
}

struct gold_shape {
    width: u32,
    size: usize,
    parent: Option<gold_box>,
}

struct gold_numbers {
    count: u32,
    values: [f32; count],
}

struct gold_scale {
    factors: Option<&gold_numbers>,
    axis: i32,
}

#[tag(scaled)]
#[repr(gold_key)]
enum Scaled {
    GOLD_BY_AXIS(gold_scale) = 0x40,
}

struct gold_scaled {
    scaled: gold_key,
    scale: Option<&Scaled>,
}

#[mirror(owner = gold_shelf, invalid = GOLD_LOST, input = is_input)]
struct gold_ingot {
    data: Option<&mut [c_void; bytes]>,
    bytes: usize,
    name: Option<&CStr>,
    shape: Option<&gold_numbers>,
    scaled: gold_scaled,
    owner: *mut c_void,
    is_input: bool,
}

struct gold_version {
    version: u32,
    name: [c_char; 4],
}

#[tag(what)]
#[otherwise(GOLD_NO_BOX)]
#[repr(gold_key)]
enum BoxInfo {
    GOLD_PARENT(gold_box) = 0x10,
    #[names]
    GOLD_NAMES([c_char]) = 0x11,
    GOLD_SIZE(u32) = 0x12,
    GOLD_TEXTS([&CStr]) = 0x13,
    #[version]
    GOLD_VERSION([c_char]) = 0x14,
    #[version]
    GOLD_NUMBER(u32) = 0x15,
    #[version]
    GOLD_NUMBERS([gold_version]) = 0x16,
    #[refused(GOLD_LOST)]
    GOLD_ADDRESS(c_void) = 0x17,
}

#[tag(what)]
#[otherwise(GOLD_NO_BOX)]
#[repr(gold_key)]
enum BoxSetting {
    GOLD_WEIGHT(u32) = 0x18,
    #[refused(GOLD_LOST)]
    GOLD_PLACE(c_void) = 0x19,
}

#[list(end = 0)]
#[otherwise(GOLD_LOST)]
#[repr(gold_property)]
enum Property {
    GOLD_OWNER(gold_box) = 0x20,
    #[refused(GOLD_LOST)]
    GOLD_SECRET(c_void) = 0x21,
}

struct gold_word {
    kind: gold_key,
    value: Option<&[WordValue; len]>,
    len: gold_ulong,
    key: [u8; 4],
}

/// Leads further than a word does.
struct gold_phrase {
    words: Option<&[gold_word; count]>,
    count: u32,
    lengths: Option<&[u16; count]>,
}

#[tag(kind)]
#[repr(gold_key)]
enum WordValue {
    GOLD_PHRASE(gold_phrase) = 0x30,
    GOLD_WORDS([gold_word]) = 0x31,
    #[refused(GOLD_NO_BOX)]
    GOLD_WINDOW(c_void) = 0x32,
}

extern "C" {
    #[afresh]
    fn gold_start(kind: gold_key) -> New<gold_box>;

    fn gold_scalar(count: u32, offset: isize, ratio: f64) -> gold_status;

    fn gold_handle(one: gold_box, other: Option<gold_box>) -> gold_status;

    #[oneway]
    #[retain(gold_box)]
    fn gold_retain(one: gold_box) -> gold_status;

    #[oneway]
    #[release(gold_box)]
    fn gold_release(one: gold_box) -> gold_status;

    fn gold_text(name: &CStr, comment: Option<&CStr>) -> gold_status;

    fn gold_texts(
        count: u32,
        lines: &[&CStr; count],
        lengths: Option<&[usize; count]>,
        parts: Option<In<[&[c_uchar; lengths]; count]>>,
    ) -> gold_status;

    #[when(bytes = flags & GOLD_READS != 0)]
    #[charge(bytes_in = bytes)]
    fn gold_in(
        flags: gold_ulong,
        size: usize,
        bytes: Option<&[c_void; size]>,
        numbers: &[u32; 3],
        shapes: &[gold_shape; 2],
        boxes: Option<&[gold_box; size]>,
    ) -> gold_status;

    #[written(numbers = min(room, found))]
    fn gold_out(
        room: u32,
        numbers: Option<Out<[u32; room]>>,
        found: Option<Out<u32>>,
        boxes: Out<[gold_box; room]>,
        level: &mut i32,
    ) -> gold_status;

    #[cached]
    #[written(value = size_ret)]
    fn gold_tagged(
        one: gold_box,
        what: gold_key,
        size: usize,
        value: Option<Out<[BoxInfo; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> gold_status;

    fn gold_list(properties: Option<&[Property]>) -> gold_status;

    #[until(notify = released)]
    fn gold_callback(
        one: gold_box,
        notify: Option<fn(one: gold_box, level: i32, text: &CStr, user_data: UserData)>,
        user_data: UserData,
    ) -> gold_status;

    #[until(memory = released)]
    #[charge(device_memory = size)]
    fn gold_new(
        parent: gold_box,
        size: usize,
        memory: Option<In<[c_void; size]>>,
        errcode_ret: Option<Out<gold_status>>,
    ) -> New<gold_box>;

    #[oneway(unless = blocking != 0)]
    #[until(bytes = event)]
    #[charge(commands = 1, bytes_out = bytes)]
    fn gold_rows(
        one: gold_box,
        blocking: u32,
        origin: &[usize; 3],
        region: &[usize; 3],
        bytes: Out<[c_void; rect(origin, region, 0, 0)]>,
        event: Option<Out<New<gold_event>>>,
    ) -> gold_status;

    #[oneway]
    #[until(bytes = event)]
    fn gold_until(
        one: gold_box,
        size: usize,
        bytes: &[c_void; size],
        event: Option<Out<New<gold_event>>>,
    ) -> gold_status;

    #[unsupported(status = GOLD_LOST, why = "an address means nothing over there")]
    fn gold_unsupported(one: gold_box, address: *mut c_void, errcode_ret: Option<Out<gold_status>>) -> New<gold_box>;

    #[extension("gold_more")]
    fn gold_extension(count: u32) -> u64;

    #[extension("gold_grown")]
    #[since(properties = "0.9.5", parent = "1.0")]
    fn gold_grown(
        one: gold_box,
        properties: Option<&[Property]>,
        count: u32,
        parent: Option<gold_box>,
    ) -> gold_status;

    #[formerly(gold_extension)]
    fn gold_formerly(count: u32) -> u64;

    fn gold_keyed(what: gold_key, size: usize, value: Option<&[BoxSetting; size]>) -> gold_status;

    fn gold_leads(one: In<gold_phrase>, count: u32, words: Option<&[gold_word; count]>) -> gold_status;

    fn gold_leads_back(one: &mut gold_phrase, count: u32, words: Option<&mut [gold_word; count]>) -> gold_status;

    #[written(bytes = len)]
    fn gold_room(bytes: Option<Out<[c_uchar; len]>>, len: Option<&mut gold_ulong>) -> gold_status;

    #[withheld(shape)]
    #[given(shape = gold_size(width = 3))]
    fn gold_given(shape: *mut gold_size) -> gold_status;

    #[withheld(place, hook)]
    fn gold_withheld(place: *mut c_void, count: u32, hook: *const gold_shape) -> gold_status;

    fn gold_ingots(one: &gold_shelf) -> u32;

    #[refuse(unless = index < gold_ingots(one))]
    #[input(count = gold_ingots)]
    fn gold_ingot_at(one: &gold_shelf, index: u32) -> Option<&mut gold_ingot>;

    fn gold_ingot_called(one: &gold_shelf, name: &CStr) -> Option<&gold_ingot>;

    #[refuse(unless = gold_ingot_at(one, index) != 0)]
    fn gold_weigh(one: &gold_shelf, index: u32) -> u64;

    #[pull(ingot)]
    fn gold_recast(ingot: &mut gold_ingot, bytes: usize) -> gold_status;

    #[push(one)]
    #[pull(one)]
    fn gold_melt(one: &gold_shelf) -> gold_status;

    #[answers(ingot.shape.values[index], otherwise = -1)]
    fn gold_side(ingot: &gold_ingot, index: u32) -> f32;

    #[answers(count = ingot.shape.count)]
    fn gold_sides(ingot: &gold_ingot, count: *mut u32) -> gold_status;

    #[array(holds, gold_numbers)]
    fn gold_equals(numbers: *const gold_numbers, count: u32, values: *const f32) -> u32;

    #[answers(ingot.scaled)]
    fn gold_scaling(ingot: &gold_ingot) -> gold_scaled;

    #[maps(
        one,
        event = event,
        unless = waits != 0,
        shows = flags & GOLD_READS != 0,
        reads = flags & GOLD_READS != 0,
        writes = flags & GOLD_WRITES != 0
    )]
    fn gold_map(
        one: gold_box,
        waits: u32,
        flags: gold_ulong,
        size: usize,
        event: Option<Out<New<gold_event>>>,
        errcode_ret: Option<Out<gold_status>>,
    ) -> Mapped<[c_void; size]>;

    #[files(options, one, count_boxes)]
    #[prints(options)]
    fn gold_compile(
        one: gold_box,
        count: u32,
        count_boxes: Option<&[gold_box; count]>,
        options: Option<&CStr>,
        done: Option<fn(one: gold_box, user_data: UserData)>,
        user_data: UserData,
    ) -> gold_status;

    #[unmaps(place = one)]
    fn gold_unmap(one: gold_box, place: *mut c_void) -> gold_status;

    #[cached(unless = what == GOLD_SIZE)]
    #[polls(event = what == GOLD_SIZE)]
    #[written(value = size_ret)]
    fn gold_poll(
        event: gold_event,
        what: gold_key,
        size: usize,
        value: Option<Out<[BoxInfo; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> gold_status;

    #[cached(after = event)]
    #[written(value = size_ret)]
    fn gold_times(
        event: gold_event,
        what: gold_key,
        size: usize,
        value: Option<Out<[BoxInfo; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> gold_status;

    #[waits(event)]
    fn gold_wait(event: gold_event) -> gold_status;

    #[waits(events)]
    fn gold_wait_all(count: u32, events: Option<&[gold_event; count]>) -> gold_status;

    #[empties(one)]
    fn gold_finish(one: gold_box) -> gold_status;

    #[custom]
    #[oneway]
    #[charge(commands = 2)]
    fn gold_custom(one: gold_box, size: usize, value: Option<&[c_void; size]>) -> gold_status;

    #[oneway]
    #[about(one)]
    fn gold_about(
        others: Option<&[gold_box; count]>,
        count: u32,
        owner: gold_box,
        one: gold_box,
        event: Option<Out<New<gold_event>>>,
    ) -> gold_status;

    #[refuse(unless = place < gold_count(one) && place != 3)]
    fn gold_refuse(one: &gold_shelf, place: i32) -> gold_status;

    #[refuse(unless = place < gold_count(one))]
    fn gold_index(one: &gold_shelf, place: i32) -> gold_status;

    fn gold_count(one: &gold_shelf) -> u32;

    #[same_as(gold_scalar)]
    fn gold_same(count: u32, offset: isize, ratio: f64) -> gold_status;

    #[local]
    fn gold_find(name: &CStr) -> *mut c_void;
}
