//! The benchmark runs; its figures are not checked.

use std::process::Command;

use ava_tests::built::{self, must};
use serde_json::Value;

/// Runs `cargo xtask bench --quick` with the build of the tests, and parses its output.
fn bench(arguments: &[&str]) -> Value {
    let mut bench = Command::new(built::file("xtask"));
    bench.args(["bench", "--quick", "--repeat", "1", "--format", "json", "--binaries"]).arg(built::directory());
    let said = must(bench.args(arguments));
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn a_program_is_compared() {
    let results = bench(&["--only", "stencil", "--vendor", "pocl"]);
    assert_eq!(results["schema"], 1);
    assert_eq!(results["errors"], Value::Array(Vec::new()));
    let program = &results["groups"][0]["programs"][0];
    assert_eq!(program["name"], "stencil");
    assert!(program["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0), "{program}");
    assert_eq!(program["checksums_equal"], true, "{program}");
    assert_eq!(program["checksum_native"], program["checksum_ava"], "{program}");
    assert!(results["targets"].as_array().is_some_and(|targets| !targets.is_empty()), "{results}");
}

#[test]
fn programs_are_compared_beside_busy_processes() {
    let results = bench(&["--only", "reduce", "--vendor", "pocl", "--busy", "0,2"]);
    assert_eq!(results["errors"], Value::Array(Vec::new()));
    for (at, (busy, limit)) in [(0, 1.02), (2, 1.10)].into_iter().enumerate() {
        let group = &results["groups"][at];
        assert_eq!((&group["busy"], &group["mode"]), (&busy.into(), &"unpinned".into()), "{group}");
        assert!(group["programs"][0]["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0), "{group}");
        let targets = results["targets"].as_array().expect("targets");
        let mean = targets.iter().find(|target| target["busy"] == busy && target["figure"] == "programs_mean");
        assert_eq!(mean.map(|target| &target["limit"]), Some(&limit.into()), "{targets:?}");
    }
}

#[test]
fn programs_are_compared_at_once() {
    let results = bench(&["--only", "reduce,threads,stencil", "--vendor", "pocl", "--together", "2"]);
    assert_eq!(results["errors"], Value::Array(Vec::new()));
    let group = &results["groups"][0];
    assert_eq!(group["together"], serde_json::json!(["stencil", "reduce"]), "{group}");
    let figure = &group["figures"][0];
    assert_eq!(figure["name"], "together", "{figure}");
    assert!(figure["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0), "{figure}");
}

#[test]
fn calls_and_memory_are_measured() {
    let results = bench(&["--only", "calls", "memory", "--vendor", "pocl", "--unpinned"]);
    let figures = results["groups"][0]["figures"].as_array().expect("figures");
    for name in ["round_trip", "set_kernel_arg", "enqueue", "device_info", "event_poll", "memory_session"] {
        let figure = figures.iter().find(|figure| figure["name"] == name);
        let value = figure.and_then(|figure| figure["ava"].as_f64());
        assert!(value.is_some_and(|value| value > 0.0), "{name}: {figure:?}");
    }
}

#[test]
fn pkcs11_is_compared_with_p11_kit() {
    let results = bench(&["--only", "pkcs11", "--unpinned"]);
    assert_eq!(results["errors"], Value::Array(Vec::new()));
    let group = &results["groups"][0];
    assert_eq!((&group["vendor"], &group["mode"]), (&"softhsm".into(), &"unpinned".into()));
    let figures = group["figures"].as_array().expect("figures");
    for name in ["session_info", "open_close", "digest_64k", "sign_rsa", "list_1_session", "objects_token"] {
        let figure = figures.iter().find(|figure| figure["name"] == name);
        for side in ["native", "ava", "p11_kit", "ratio", "ratio_p11_kit"] {
            let value = figure.and_then(|figure| figure[side].as_f64());
            assert!(value.is_some_and(|value| value > 0.0), "{name}, {side}: {figure:?}");
        }
    }
}

#[test]
fn tensorflow_lite_is_compared() {
    let results = bench(&["--only", "tflite", "--unpinned"]);
    assert_eq!(results["errors"], Value::Array(Vec::new()));
    let group = &results["groups"][0];
    assert_eq!(group["vendor"], "tflite");
    let figures = group["figures"].as_array().expect("figures");
    for name in ["invoke_fc", "copy_invoke_copy_camera", "create_allocate_delete_conv", "write_in_place_camera_deep"] {
        let figure = figures.iter().find(|figure| figure["name"] == name);
        for side in ["native", "ava", "ratio"] {
            let value = figure.and_then(|figure| figure[side].as_f64());
            assert!(value.is_some_and(|value| value > 0.0), "{name}, {side}: {figure:?}");
        }
    }
}
