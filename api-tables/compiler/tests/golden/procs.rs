/// The names that programs look up, in the order of their bytes.
static PROCS: &[runtime::procs::Proc] = &[
    runtime::procs::Proc {
        name: "gold_launch",
        forms: &[
            runtime::procs::Form {
                since: 4000i32,
                function: runtime::Entry(gold_launch as *const c_void),
            },
        ],
        twins: &[
            runtime::procs::Form {
                since: 7000i32,
                function: runtime::Entry(gold_launch_now as *const c_void),
            },
        ],
    },
    runtime::procs::Proc {
        name: "gold_sum",
        forms: &[
            runtime::procs::Form {
                since: 8000i32,
                function: runtime::Entry(gold_weigh_all_v2 as *const c_void),
            },
        ],
        twins: &[
            runtime::procs::Form {
                since: 8000i32,
                function: runtime::Entry(gold_weigh_all_v2_now as *const c_void),
            },
        ],
    },
    runtime::procs::Proc {
        name: "gold_weigh_all",
        forms: &[
            runtime::procs::Form {
                since: 2000i32,
                function: runtime::Entry(gold_weigh_all as *const c_void),
            },
            runtime::procs::Form {
                since: 3020i32,
                function: runtime::Entry(gold_weigh_all_v2 as *const c_void),
            },
        ],
        twins: &[
            runtime::procs::Form {
                since: 3020i32,
                function: runtime::Entry(gold_weigh_all_v2_now as *const c_void),
            },
        ],
    },
];
/// The function that stands for a name in a version of the API; with `twin` its twin.
#[allow(dead_code)]
pub fn proc(name: &str, version: i32, twin: bool) -> runtime::procs::Lookup {
    runtime::procs::find(PROCS, name, version, twin)
}
