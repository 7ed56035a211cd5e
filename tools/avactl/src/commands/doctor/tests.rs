use ava_protocol::admin::{Isolation, Ledger, Policy};
use ava_protocol::api::Api;
use insta::assert_snapshot;

use super::diagnosis::{Check, Diagnosis, Health, Unsupported};
use super::probe::{Report, Response, Session};
use super::{checks, text, vendors};
use crate::output::json;

static API: Api = Api {
    name: "opencl",
    library: "libOpenCL.so.1",
    install: "sudo apt install pocl-opencl-icd",
    functions: &["clFinish", "clFlush", "clSVMAlloc"],
    unsupported: &[("clSVMAlloc", "shared virtual memory needs equal addresses in two processes")],
    ..Api::empty()
};

fn isolation(missing: &[&str]) -> Check {
    checks::isolation(&Isolation {
        sandbox: "best".into(),
        landlock: 7,
        users: Some("65600-69695".into()),
        groups: Some("version 2, /sys/fs/cgroup/system.slice/ava.service/ava".into()),
        memory: [12 << 30; 3],
        missing: missing.iter().map(|line| (*line).to_owned()).collect(),
    })
}

fn ledger(trouble: &str) -> Check {
    checks::ledger(Some(&Ledger { file: "/var/lib/ava/ledger.redb".into(), bytes: 3 << 20, trouble: trouble.into() }))
}

/// What a session has answered, or what AvA's library has complained of.
fn session(answer: Result<(&str, &[&str]), &str>, complaint: Option<&str>) -> Check {
    let library = |(version, devices): (&str, &[&str])| vendors::Library {
        version: version.into(),
        devices: devices.iter().map(|device| (*device).to_owned()).collect(),
    };
    let answer = answer.map(library).map_err(str::to_owned);
    let answer_came = answer.as_ref().err().is_none_or(|error| error.contains("answers"));
    let response = Response { answer, complaint: complaint.map(str::to_owned), milliseconds: 123 };
    let session = (complaint.is_none() && answer_came).then(|| Session {
        session: 8,
        worker_pid: 4300,
        library: "/usr/lib/x86_64-linux-gnu/libOpenCL.so.1".into(),
        sandbox: "Landlock 7, seccomp filter, user 65600".into(),
    });
    checks::session(&API, Report { response: Ok(response), session })
}

fn diagnosis(checks: Vec<Check>) -> Diagnosis {
    let unsupported = API.unsupported.iter().map(|(function, reason)| Unsupported { api: "opencl", function, reason });
    let healthy = checks.iter().all(|check| check.health != Health::Broken);
    Diagnosis { healthy, checks, unsupported: unsupported.collect() }
}

fn well() -> Diagnosis {
    let broker =
        Check::new("broker", Health::Ok, "the system's, /run/ava/broker.sock: version 0.1.0, 3 of 1024 sessions");
    let devices = ["cpu-haswell-Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz", "NVIDIA H200"];
    diagnosis(vec![
        broker,
        isolation(&[]),
        checks::policy(&Policy::default()),
        ledger(""),
        session(Ok(("Portable Computing Language", &devices)), None),
    ])
}

#[test]
fn when_all_is_well() {
    assert_snapshot!(text(&well(), false));
    assert_snapshot!(text(&well(), true));
    assert_snapshot!(json(&well()).unwrap());
}

#[test]
fn what_can_be_wrong() {
    let refused = "no session at /run/ava/broker.sock: 256 of 256 sessions of user 1000 are open";
    let absent =
        "no session at /run/ava/broker.sock: the worker gave up: libOpenCL.so.1: cannot open shared object file";
    let dead = Report { response: Err("it has not answered within 30 s".into()), session: None };
    let ill = diagnosis(vec![
        Check::new("broker", Health::Broken, "no broker listens on /nowhere").fix("unset AVA_SOCKET"),
        isolation(&["all tenants' workers run as user 998"]),
        ledger("/var/lib/ava/ledger.redb: No space left on device (os error 28)"),
        checks::policy(&Policy {
            files: vec!["/etc/ava/ava.toml".into(), "/etc/ava/ava.d/10-vision.toml".into()],
            rules: 3,
            not_enforced: vec!["weight".into(), "device_memory".into()],
        }),
        session(Ok(("", &[])), None),
        session(Ok(("", &[])), Some(refused)),
        session(Ok(("", &[])), Some(absent)),
        session(Err("C_Initialize answers 0x5"), None),
        session(Err("undefined symbol: clGetPlatformIDs"), None),
        checks::session(&API, dead),
    ]);
    assert_snapshot!(text(&ill, false));
}
