//! One function per shape, for the golden files: what is emitted for each lies beside this table under its name.

#![api(gold = 7)]
#![library("libgold.so.1")]
#![header("gold.h")]
#![lost(GOLD_LOST)]
#![lookup(gold_find)]
#![versions("GOLD_1.0", "GOLD_1.2")]
#![extensions(["gold_more", "gold_grown" = "0.9.0".."2.0.0"])]
#![masked(why = "no gold is shared", ["gold_shared", "gold_lent"])]
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
#[handle(retain = gold_retain, release = gold_release, invalid = GOLD_NO_BOX, plain = 2)]
type gold_box = Handle;
#[handle(retain = gold_keep, release = gold_leave, invalid = GOLD_LOST)]
#[event(
    status = gold_poll(GOLD_DONE),
    wait = gold_wait_all,
    notify = gold_notify,
    unordered = gold_tagged(GOLD_SIZE) & GOLD_WRITES
)]
type gold_event = Handle;
#[handle(invalid = GOLD_LOST)]
type gold_shelf = Opaque;
#[handle(release = gold_close, invalid = GOLD_LOST)]
#[memory(
    create = gold_chest_new,
    read = gold_chest_read,
    write = gold_chest_write,
    destroyed = gold_chest_gone,
    flush = gold_chest_flush,
    size = gold_chest_info(GOLD_CHEST_SIZE),
    flags = gold_chest_info(GOLD_CHEST_FLAGS),
    use_host = GOLD_READS,
    alloc_host = GOLD_WRITES,
    copy_host = 4,
    exhausted = GOLD_LOST,
    failed = GOLD_NO_BOX
)]
#[pixels(size = gold_chest_info(GOLD_CHEST_SIZE), rows = gold_chest_info(GOLD_CHEST_FLAGS) == 7)]
type gold_chest = Handle;
#[handle(release = gold_mine_close, invalid = GOLD_LOST)]
type gold_mine = Handle;
#[handle(invalid = GOLD_LOST, within = gold_mine)]
type gold_seam = Handle;
#[handle(invalid = GOLD_NO_BOX, also = gold_seam, within = [gold_seam, gold_mine])]
type gold_vein = Handle;

consts! {
    gold_status: GOLD_LOST = -1, GOLD_NO_BOX = -2;
    gold_ulong: GOLD_READS = 1 << 0, GOLD_WRITES = 1 << 1;
}

struct gold_padded {
    kind: u8,
    width: u32,
    height: u64,
    last: u16,
}

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

keys! {
    #[tag(scaled)]
    enum Scaled: gold_key {
        gold_scale: GOLD_BY_AXIS = 0x40;
    }
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

keys! {
    #[tag(what, otherwise = GOLD_NO_BOX)]
    enum BoxInfo: gold_key {
        gold_box: GOLD_PARENT = 0x10;
        #[names] [c_char]: GOLD_NAMES = 0x11;
        u32: GOLD_SIZE = 0x12;
        [&CStr]: GOLD_TEXTS = 0x13;
        #[version] [c_char]: GOLD_VERSION = 0x14;
        #[version] u32: GOLD_NUMBER = 0x15;
        #[version] [gold_version]: GOLD_NUMBERS = 0x16;
        #[refused(GOLD_LOST)] c_void: GOLD_ADDRESS = 0x17;
        i32: GOLD_DONE = 0x1a;
    }

    #[tag(what, otherwise = GOLD_NO_BOX)]
    enum ChestInfo: gold_key {
        usize: GOLD_CHEST_SIZE = 0x1b;
        HostFlags: GOLD_CHEST_FLAGS = 0x1c;
    }

    #[tag(what, otherwise = GOLD_NO_BOX)]
    enum BoxSetting: gold_key {
        u32: GOLD_WEIGHT = 0x18;
        #[refused(GOLD_LOST)] c_void: GOLD_PLACE = 0x19;
    }

    #[list(end = 0, otherwise = GOLD_LOST)]
    enum Property: gold_property {
        gold_box: GOLD_OWNER = 0x20;
        #[refused(GOLD_LOST)] c_void: GOLD_SECRET = 0x21;
    }
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

struct gold_content {
    kind: gold_key,
    of: [Content; 16],
    last: Option<gold_box>,
}

keys! {
    #[tag(kind)]
    enum Content: gold_key {
        gold_box: GOLD_OF_BOX = 0x33;
        [u64]: GOLD_OF_NUMBERS = 0x34;
    }
}

keys! {
    #[tag(kind)]
    enum WordValue: gold_key {
        gold_phrase: GOLD_PHRASE = 0x30;
        [gold_word]: GOLD_WORDS = 0x31;
        #[refused(GOLD_NO_BOX)] c_void: GOLD_WINDOW = 0x32;
    }
}

/// The value of a key, or its length.
#[params]
#[written(value = size_ret)]
struct Answer<T> {
    size: usize,
    value: Option<Out<[T; size]>>,
    size_ret: Option<Out<usize>>,
}

extern "C" {
    #[afresh]
    fn gold_start(kind: gold_key) -> New<gold_box>;

    fn gold_scalar(count: u32, offset: isize, ratio: f64) -> gold_status;

    fn gold_handle(one: gold_box, other: Option<gold_box>) -> gold_status;
}

#[oneway]
extern "C" {
    #[retain(gold_box)]
    fn gold_retain(one: gold_box) -> gold_status;

    #[release(gold_box)]
    fn gold_release(one: gold_box) -> gold_status;
}

extern "C" {
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
    fn gold_tagged(
        one: gold_box,
        what: gold_key,
        _: Answer<BoxInfo>,
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

    #[cached(unless = what == GOLD_DONE)]
    fn gold_poll(
        event: gold_event,
        what: gold_key,
        _: Answer<BoxInfo>,
    ) -> gold_status;

    #[cached(after = event)]
    fn gold_times(
        event: gold_event,
        what: gold_key,
        _: Answer<BoxInfo>,
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

    #[retain(gold_event)]
    fn gold_keep(event: gold_event) -> gold_status;

    #[release(gold_event)]
    fn gold_leave(event: gold_event) -> gold_status;

    fn gold_notify(
        word: UserData,
        event: gold_event,
        tell: Option<fn(event: gold_event, status: i32, word: UserData)>,
        status: i32,
    ) -> gold_status;

    #[oneway]
    #[until(bytes = released)]
    #[charge(device_memory = size)]
    fn gold_chest_new(
        errcode_ret: Option<Out<gold_status>>,
        size: usize,
        bytes: Option<In<[c_void; size]>>,
        flags: u64,
        of: gold_box,
    ) -> New<gold_chest>;

    #[release(gold_chest)]
    fn gold_close(chest: gold_chest) -> gold_status;

    #[oneway(unless = blocking != 0)]
    #[until(bytes = event)]
    fn gold_chest_read(
        chest: gold_chest,
        queue: gold_box,
        offset: usize,
        size: usize,
        bytes: Option<Out<[c_void; size]>>,
        blocking: u32,
        events: Option<&[gold_event; count]>,
        count: u32,
        event: Option<Out<New<gold_event>>>,
    ) -> gold_status;

    #[oneway(unless = blocking != 0)]
    #[until(bytes = event)]
    fn gold_chest_write(
        queue: gold_box,
        chest: gold_chest,
        blocking: u32,
        size: usize,
        offset: usize,
        count: u32,
        events: Option<&[gold_event; count]>,
        bytes: Option<&[c_void; size]>,
        event: Option<Out<New<gold_event>>>,
    ) -> gold_status;

    fn gold_chest_pixels(
        chest: gold_chest,
        region: &[usize; 3],
        bytes: Out<[c_void; pixels(chest, region, 0, 0)]>,
    ) -> gold_status;

    fn gold_chest_flush(queue: gold_box) -> gold_status;

    #[until(bytes = released)]
    fn gold_chest_part(chest: gold_chest, size: usize, bytes: Option<In<[c_void; size]>>) -> New<gold_chest>;

    #[until(tell = released)]
    fn gold_chest_gone(
        chest: gold_chest,
        tell: Option<fn(chest: gold_chest, word: UserData)>,
        word: UserData,
    ) -> gold_status;

    #[cached(unless = what == GOLD_CHEST_FLAGS)]
    #[written(value = size_ret)]
    fn gold_chest_info(
        chest: gold_chest,
        what: gold_key,
        size: usize,
        value: Option<Out<[ChestInfo; size]>>,
        size_ret: Option<Out<usize>>,
    ) -> gold_status;

    #[drops(owner)]
    fn gold_search(owner: gold_ulong, size: usize) -> gold_status;

    #[pieces(owner)]
    #[written(list = count)]
    fn gold_next(
        owner: gold_ulong,
        list: Option<Out<[gold_ulong; most]>>,
        most: gold_ulong,
        count: Out<gold_ulong>,
    ) -> gold_status;

    #[doubts]
    fn gold_forget(all: u32) -> gold_status;

    fn gold_value(count: u32, size: gold_size) -> gold_status;

    #[oneway]
    fn gold_dig(vein: gold_vein, depth: u32) -> gold_status;

    fn gold_called(count: u32, name: Out<&CStr>, other: Option<Out<&CStr>>) -> gold_status;

    #[twin(gold_launch_now, since = 7000)]
    #[proc(since = 4000)]
    #[oneway]
    #[launches(one)]
    #[submits]
    #[charge(commands = 1)]
    #[occupies(one)]
    fn gold_launch(one: gold_box, count: u32) -> gold_status;

    #[twin(gold_weigh_all_v2_now)]
    #[proc("gold_sum", since = 8000)]
    #[proc(since = 3020)]
    #[custom]
    #[charge(commands = 1)]
    #[occupies]
    fn gold_weigh_all_v2(one: gold_box, place: *mut c_void) -> gold_status;

    #[proc(since = 2000)]
    #[local]
    fn gold_weigh_all(one: gold_box) -> gold_status;

    #[release(gold_mine)]
    #[sweeps]
    fn gold_mine_close(mine: gold_mine) -> gold_status;

    fn gold_seam_find(seam: Out<gold_seam>, mine: gold_mine, depth: u32) -> gold_status;

    fn gold_vein_find(
        vein: Option<Out<New<gold_vein>>>,
        owner: gold_box,
        mine: Option<gold_mine>,
        seam: Option<gold_seam>,
    ) -> gold_status;

    fn gold_vein_list(room: u32, veins: Out<[New<gold_vein>; room]>, mine: gold_mine) -> gold_status;

    fn gold_load(one: gold_box, image: &[c_void; binary(image)]) -> gold_status;
}

extern "C" {
    #[awaited(then, again = gold_records)]
    fn gold_then(one: Option<gold_box>, then: Option<fn(user_data: UserData)>, user_data: UserData) -> gold_status;

    fn gold_records(one: Option<gold_box>, records: Option<Out<u32>>) -> gold_status;

    #[oneway]
    fn gold_chest_like(
        of: gold_box,
        sizes: Option<&[gold_padded; count]>,
        count: usize,
        errcode_ret: Option<Out<gold_status>>,
    ) -> New<gold_chest>;

    #[when(file = count > 0)]
    fn gold_lend(count: u32, file: Fd<c_void>, made: Option<Out<Fd>>) -> gold_status;

    fn gold_contains(one: &gold_content, found: Option<Out<gold_content>>) -> gold_status;

    #[polls(mine = GOLD_NO_BOX)]
    fn gold_mine_asked(mine: Option<gold_mine>) -> gold_status;
}
