//! Drafts from a C header of our own.

use ava_tables::emit::header::lines_of;
use ava_tables::import::FLAGS;
use ava_tables::model::Api;
use std::path::Path;
use std::process::Command;

const TABLE: &str = r#"
#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(-1)]
#[status(ok = 0)]
type toy_status = i32;
type toy_uint = u32;
#[handle(invalid = -2)]
type toy_context = Handle;
#[handle(invalid = -3)]
type toy_event = Handle;
"#;

const HEADER: &str = r#"
/* A toy; // not a comment in a comment */
#ifndef TOY_H
#define TOY_H
#include <stddef.h>
#define TOY_MACRO(x) \
    x;
#define TOY_API_ENTRY __attribute__((visibility("default")))
#define TOY_API_CALL __attribute__((ms_abi))
#define TOY_API_SUFFIX__VERSION_1_0 __attribute__((pure))
#define TOY_API_PREFIX__VERSION_1_1_DEPRECATED __attribute__((deprecated))
#define TOY_CALLBACK __attribute__((ms_abi))
#define TOYAPI extern TOY_API_ENTRY
#define TOYCALL
#ifdef __cplusplus
extern "C" {
#endif

typedef struct _toy_context *toy_context;
typedef void (*toy_done_fn)(int);
struct toy_point { int x; int y; };

extern TOY_API_ENTRY toy_status TOY_API_CALL
toy_known(void) TOY_API_SUFFIX__VERSION_1_0;

extern TOY_API_ENTRY TOY_API_PREFIX__VERSION_1_1_DEPRECATED toy_context TOY_API_CALL
toy_create(const toy_uint *  properties, // one of them
           toy_uint          num_events,
           const toy_event * events,
           void (TOY_CALLBACK *  pfn_notify)(const char * what, const void * info, size_t cb, void * user_data),
           void *            user_data,
           toy_status *      errcode_ret) TOY_API_SUFFIX__VERSION_1_0;

TOYAPI toy_status TOYCALL toy_retainContext(toy_context context);
toy_status toy_releaseContext(toy_context);
toy_status toyReleaseContext(toy_context context) __attribute__((deprecated("old, (really)")));

toy_status toy_info(toy_context context, toy_uint param_name, size_t param_value_size, void *param_value,
                    size_t *param_value_size_ret);
toy_status toy_write(toy_context context, size_t size, const void *data, toy_event *event);
toy_status toy_load(toy_uint count, const char **strings, const unsigned char ** binaries, struct toy_point *points,
                    toy_uint num_points);
TOYAPI BOOL toy_ready(void);
void *toy_map(toy_context context, unsigned long long type);
toy_status toy_known(void);
static inline int toy_inline(int x) { return x; }
void toy_sum(const double values[], int values_count, toy_later *later);
int toy_scan(int (*keep)(toy_context context, void *user_data), void *user_data);
#ifdef TOY_NEWER
int toy_newer(void);
#endif
int toy_print(const char *format, ...);

#ifdef __cplusplus
}
#endif
#endif
"#;

const DRAFT: &str = r#"// Drafted from a header: every shape is a guess.
// Types to declare: BOOL, toy_later, toy_point.
// Not drafted, for they take a variable number of arguments: toy_print.
extern "C" {
    fn toy_create(
        properties: &toy_uint,
        num_events: toy_uint,
        events: &[toy_event; num_events],
        pfn_notify: fn(what: &CStr, info: &[c_void; cb], cb: usize, user_data: UserData),
        user_data: UserData,
        errcode_ret: Out<toy_status>,
    ) -> New<toy_context>;

    #[retain(toy_context)]
    fn toy_retainContext(context: toy_context) -> toy_status;

    #[release(toy_context)]
    fn toy_releaseContext(arg0: toy_context) -> toy_status;

    #[release(toy_context)]
    fn toyReleaseContext(context: toy_context) -> toy_status;

    #[written(param_value = param_value_size_ret)]
    fn toy_info(
        context: toy_context,
        param_name: toy_uint,
        param_value_size: usize,
        param_value: Out<[c_void; param_value_size]>,
        param_value_size_ret: Out<usize>,
    ) -> toy_status;

    fn toy_write(
        context: toy_context,
        size: usize,
        data: &[c_void; size],
        event: Out<New<toy_event>>,
    ) -> toy_status;

    /// Draft: `strings` is an address, and nothing says what it leads to.
    /// Draft: `binaries` is an address, and nothing says what it leads to.
    fn toy_load(
        count: toy_uint,
        strings: *mut *const c_char,
        binaries: *mut *const c_uchar,
        points: Out<[toy_point; num_points]>,
        num_points: toy_uint,
    ) -> toy_status;

    fn toy_ready() -> BOOL;

    /// Draft: it returns an address, which cannot cross.
    fn toy_map(context: toy_context, type_: c_ulonglong) -> *mut c_void;

    fn toy_sum(values: &[f64; values_count], values_count: c_int, later: Out<toy_later>);

    fn toy_scan(
        keep: fn(context: toy_context, user_data: UserData) -> c_int,
        user_data: UserData,
    ) -> c_int;
}
"#;

fn read(table: &str) -> Result<Api, miette::Report> {
    ava_tables::read_text("toy.rs", table)
}

/// What the table lacks of the header, which the C compiler preprocesses as `name`.h.
fn import(name: &str, header: &str, api: &Api) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.h"));
    std::fs::write(&file, header).expect("the folder of the tests takes a file");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let output =
        Command::new(compiler).args(FLAGS).args(["-x", "c"]).arg(&file).output().expect("there is a C compiler");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = lines_of(&String::from_utf8_lossy(&output.stdout), &format!("{name}.h"));
    ava_tables::import(&lines, api).unwrap_or_else(|error| panic!("{name}.h, {error}"))
}

#[test]
fn drafts_what_is_missing() {
    let api = read(&format!("{TABLE}extern \"C\" {{ fn toy_known() -> toy_status; }}")).expect("the table is right");
    assert_eq!(import("whole", HEADER, &api), DRAFT);
}

#[test]
fn a_draft_is_a_table() {
    let api = read(TABLE).expect("the table is right");
    let mut header = HEADER.replace("BOOL", "int").replace(", toy_later *later", "");
    for beyond in ["toy_status toy_load", "void *toy_map", "int toy_scan", "int toy_print"] {
        header = header.replace(beyond, &format!("typedef {beyond}"));
    }
    let drafted = import("part", &header, &api);
    let api = read(&format!("{TABLE}{drafted}")).unwrap_or_else(|report| panic!("{report:?}\n{drafted}"));
    assert_eq!(import("part", &header, &api), "", "nothing is missing any more");
    let prototype = ava_tables::emit::header::prototype(&api, api.function("toy_create").expect("it was drafted"));
    let expected = "toy_context toy_create(const toy_uint *, toy_uint, const toy_event *, \
        void (*)(const char *, const void *, size_t, void *), void *, toy_status *);";
    assert_eq!(prototype, expected);
}

#[test]
fn what_is_no_c_is_said_with_its_line() {
    let api = read(TABLE).expect("the table is right");
    let error = ava_tables::import("int toy_a(void);\nint toy_b(int;\n", &api).expect_err("it is no C");
    assert_eq!(error.to_string(), "line 2: this does not parse as C: int toy_b(int;");
}
