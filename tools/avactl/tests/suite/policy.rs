//! The policy, from the command line.

use std::path::Path;

use super::installation::Installation;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

fn write(here: &Installation, text: &str) {
    let directory = here.directory.path().join(".config/ava");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("ava.toml"), text).unwrap();
}

/// The exit status and all that is said.
fn said(here: &Installation, arguments: &[&str]) -> (Option<i32>, String) {
    let output = here.output(arguments);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[track_caller]
fn says(here: &Installation, arguments: &[&str], status: i32, text: &str) {
    let (code, said) = said(here, arguments);
    assert_eq!(code, Some(status), "{said}");
    assert!(said.contains(text), "{said}: {text}");
}

#[test]
fn files_are_checked_without_a_broker() {
    let here = Installation::new();
    says(&here, &["policy", "check"], 0, "all tenants are equal");
    says(&here, &["policy", "show"], 4, "no broker is running");
    write(&here, "[default]\nwieght = 4\n[[rule]]\nmatch = { user = 1 }\nsessions = -1\n");
    let shown = "ava.toml:2:1: \"wieght\" is no key; did you mean \"weight\"?\n  |\n2 | wieght = 4\n  | ^^^^^^\n";
    says(&here, &["policy", "check"], 1, shown);
    let checked = json(&said(&here, &["policy", "check", "--json"]).1);
    assert_eq!((&checked["schema"], &checked["valid"]), (&1.into(), &false.into()));
    assert_eq!((&checked["problems"][1]["line"], &checked["problems"][1]["column"]), (&5.into(), &12.into()));
    write(&here, "[default]\ndevices = \"opencl:0\"\nsessions = 7\n");
    says(&here, &["policy", "check"], 0, "not enforced yet: devices for pkcs11, tflite\n");
    write(&here, "[default]\ncompute_units = \"50%\"\n");
    let why = "2:1: `compute_units`: cuda, pkcs11, tflite can be given no such part; say apis = [\"opencl\", \"nvml\"] as well";
    says(&here, &["policy", "check"], 1, why);
    says(&here, &["policy", "check", "/nowhere.toml"], 1, "/nowhere.toml: No such file");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../broker/policy/ava.toml");
    says(&here, &["policy", "check", example.to_str().unwrap()], 0, "4 rules in ");
}

#[test]
fn what_holds_is_shown_set_compared_and_read_again() {
    let here = Installation::new();
    let uid = rustix::process::getuid().as_raw();
    let rule = |says: &str| format!("[[rule]]\nmatch = {{ user = {uid} }}\ntenant = \"vision\"\n{says}\n");
    write(&here, &rule("sessions = 2\ndevices = \"opencl:0\""));
    here.text(&["run", "true"]);
    let _tenant = here.session();
    let shown = json(&here.text(&["ps", "--json"]));
    assert_eq!(shown["sessions"][0]["tenant"], "vision");
    assert!(here.text(&["ps"]).contains("TENANT"));
    let shown = json(&here.text(&["policy", "show", "vision", "--json"]));
    let sessions = &shown["tenants"][0]["settings"][0];
    assert_eq!(
        (&sessions["key"], &sessions["value"], &sessions["enforced"]),
        (&"sessions".into(), &2.into(), &true.into())
    );
    assert!(sessions["said_by"].as_str().unwrap().ends_with(".config/ava/ava.toml:4"));
    says(&here, &["policy", "show"], 0, "not enforced yet: devices for pkcs11, tflite");
    says(&here, &["policy", "show", "nobody"], 1, "no tenant \"nobody\"");
    says(&here, &["policy", "diff"], 0, "The files are in force.");

    says(&here, &["policy", "set", "vision", "sessions=1", "region_bytes=1G"], 0, "sessions 1, region_bytes 1G");
    says(&here, &["policy", "diff"], 1, "- set for tenant vision: sessions 1, region_bytes 1G\n");
    says(&here, &["tenants"], 0, "region_bytes 1G");
    for wrong in
        [&["vision", "wieght=1"][..], &["vision", "weight=0"], &["vision", "weight"], &["a b", "weight=1"], &["vision"]]
    {
        says(&here, &[&["policy", "set"], wrong].concat(), 2, "");
    }
    says(&here, &["policy", "set", "vision", "compute_units=50%"], 1, "can be given no such part");
    says(&here, &["policy", "unset", "vision"], 0, "sessions 2");
    says(&here, &["policy", "unset", "vision", "sessions"], 1, "was not set");

    write(&here, &rule("sessions = 0"));
    says(&here, &["policy", "diff"], 1, "+ rule for user ");
    write(&here, &rule("sesions = 0"));
    says(&here, &["policy", "reload"], 1, "what was in force stays in force");
    says(&here, &["policy", "diff"], 1, "did you mean \"sessions\"?");
    write(&here, &rule("sessions = 0"));
    says(&here, &["policy", "reload"], 0, "1 rules in ");
    says(&here, &["policy", "show"], 0, "sessions  0");
}
