//! `--probe`: what the vendor's library has, for `avactl doctor`.

use ava_protocol::api::Api as Table;
use serde_json::json;

use crate::api::load;

/// Loads the library of an API and tells about it.
pub fn probe(table: &'static Table) -> serde_json::Value {
    let loaded = load(table);
    json!({
        "schema": 1,
        "api": table.name,
        "library": table.library,
        "loaded": loaded.is_ok(),
        "path": loaded.as_ref().ok().map(|served| &served.library),
        "error": loaded.as_ref().err(),
        "functions": loaded.as_ref().map_or(0, |served| served.asked),
        "missing": loaded.as_ref().map(|served| served.missing.clone()).unwrap_or_default(),
        "versions": loaded.as_ref().map(|served| served.api.versions()).unwrap_or_default(),
    })
}
