#[allow(unused_imports)]
use crate::{api::Extension, spec::KindSpec};
/// The API.
pub static API: crate::api::Api = crate::api::Api {
    name: "gold",
    number: 7u16,
    library: "libgold.so.1",
    sonames: &["libgold.so.1"],
    versions: &["GOLD_1.0", "GOLD_1.2"],
    drivers: &[],
    function_list: false,
    forks: false,
    places: &[],
    install: "",
    lost: -1,
    environment: &["GOLD_*"],
    sandbox: crate::sandbox::Needs {
        read: &[
            crate::sandbox::Place::Path("/etc/gold"),
            crate::sandbox::Place::Variable("GOLD_PATH"),
            crate::sandbox::Place::Lines(
                &crate::sandbox::Place::Path("/etc/gold/*.list"),
            ),
            crate::sandbox::Place::Lines(&crate::sandbox::Place::Variable("GOLD_PATH")),
        ],
        write: &[
            crate::sandbox::Place::Setting(
                &crate::sandbox::Place::Variable("GOLD_CONF"),
                "store",
            ),
            crate::sandbox::Place::Setting(
                &crate::sandbox::Place::Path("/etc/gold/gold.conf"),
                "store",
            ),
        ],
        execute: &[crate::sandbox::Place::Path("/usr/bin")],
        devices: &["/dev/gold*"],
        sockets: &["/run/gold/socket"],
    },
    configurations: &[
        crate::sandbox::Configuration {
            variable: "GOLD_CONF",
            file: "gold.conf",
            home: None,
            text: "store = {home}/gold\n",
        },
    ],
    newest: Some((1, 2, 0)),
    extensions: &[
        Extension {
            name: "gold_more",
            known: None,
        },
        Extension {
            name: "gold_grown",
            known: Some(((0, 9, 0), (2, 0, 0))),
        },
    ],
    masked: &[("gold_shared", "no gold is shared"), ("gold_lent", "no gold is shared")],
    functions: &[
        "gold_start",
        "gold_scalar",
        "gold_handle",
        "gold_retain",
        "gold_release",
        "gold_text",
        "gold_texts",
        "gold_in",
        "gold_out",
        "gold_tagged",
        "gold_list",
        "gold_callback",
        "gold_new",
        "gold_rows",
        "gold_until",
        "gold_unsupported",
        "gold_extension",
        "gold_grown",
        "gold_formerly",
        "gold_keyed",
        "gold_leads",
        "gold_leads_back",
        "gold_room",
        "gold_withheld",
        "gold_custom",
        "gold_about",
        "gold_same",
        "gold_find",
    ],
    oneway: &[
        false, false, false, true, true, false, false, false, false, false, false, false,
        false, true, true, false, false, false, false, false, false, false, false, false,
        true, true, false, false,
    ],
    unsupported: &[("gold_unsupported", "an address means nothing over there")],
    extension_functions: &[
        ("gold_extension", "gold_more"),
        ("gold_grown", "gold_grown"),
    ],
    kinds: &[
        KindSpec {
            name: "gold_box",
            invalid: -2,
            ordered: true,
        },
        KindSpec {
            name: "gold_event",
            invalid: -1,
            ordered: true,
        },
    ],
};
