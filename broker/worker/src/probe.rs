//! `--probe`: what the vendor's library has, for `avactl doctor`.

use ava_protocol::api::Api as Table;
use serde_json::json;

use crate::api::{Api, load};

/// Loads the library of an API and tells about it.
pub fn probe(table: &'static Table) -> serde_json::Value {
    let loaded = load(table, None);
    json!({
        "schema": 1,
        "api": table.name,
        "library": table.library,
        "loaded": loaded.is_ok(),
        "path": loaded.as_ref().ok().map(|served| &served.library),
        "error": loaded.as_ref().err(),
        "functions": loaded.as_ref().map_or(0, |served| served.asked),
        "missing": loaded.as_ref().map(|served| served.missing.clone()).unwrap_or_default(),
        "masked": loaded.as_ref().map(|served| masked(table, served.api.as_ref())).unwrap_or_default(),
        "versions": loaded.as_ref().map(|served| served.api.versions()).unwrap_or_default(),
    })
}

/// The extensions that the vendors have and programs do not see, and why.
fn masked(table: &Table, api: &dyn Api) -> Vec<(String, &'static str)> {
    let why = |name: &str| match table.masked.iter().find(|(masked, _)| *masked == name) {
        Some((_, why)) => Some(*why),
        None if table.extension(name).is_none() => Some("the table does not know it"),
        None if !api.extension_crosses(name) => Some("the table does not describe this version of it"),
        None => None,
    };
    api.extensions().into_iter().filter_map(|name| Some((name.clone(), why(&name)?))).collect()
}
