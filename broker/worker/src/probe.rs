//! `--probe`: what the vendor's library has, for `avactl doctor`.

use ava_protocol::opencl::{EXTENSION_FUNCTIONS, LIBRARY, NAME};
use serde_json::json;

use crate::vendor::Loaded;

/// Loads the library and tells about it.
pub fn probe() -> serde_json::Value {
    let mut loaded = match Loaded::open(LIBRARY) {
        Ok(loaded) => loaded,
        Err(error) => {
            return json!({"schema": 1, "api": NAME, "library": LIBRARY, "loaded": false, "path": null, "error": error,
                "missing": [], "platforms": []});
        }
    };
    loaded.extension = Some(crate::opencl::extension_finder(&loaded));
    let vendor = crate::generated::Vendor::load(&mut loaded);
    let extensions: Vec<_> = EXTENSION_FUNCTIONS.iter().map(|(name, _)| *name).collect();
    let missing: Vec<_> = loaded.missing.iter().filter(|name| !extensions.contains(&name.as_str())).collect();
    json!({
        "schema": 1,
        "api": NAME,
        "library": LIBRARY,
        "loaded": true,
        "path": loaded.path("clGetPlatformIDs"),
        "error": null,
        "missing": missing,
        "platforms": crate::opencl::platform_names(&vendor),
    })
}
