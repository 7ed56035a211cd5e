//! The fuzz target: see README.md.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    ava_worker_fuzz::run(input);
});
