//! `AVA_LOG=error|warn|info|debug|trace` makes the library talk on standard error; else it is silent.

use std::sync::Once;

use tracing::level_filters::LevelFilter;

/// Heeds `AVA_LOG`. Called when the process makes its first API call, not before.
pub fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let level = std::env::var("AVA_LOG").ok().and_then(|level| level.parse::<LevelFilter>().ok());
        if let Some(level) = level.filter(|level| *level != LevelFilter::OFF) {
            let log = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_ansi(false);
            let _ = tracing::subscriber::set_global_default(log.finish());
        }
    });
}
