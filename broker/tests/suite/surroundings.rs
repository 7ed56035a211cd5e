//! A private broker's workers get the surroundings of their programs.

use std::path::Path;

use ava_protocol::session::{Hello, Opening, seal};
use ava_protocol::surroundings::Surroundings;
use ava_transport::message;

use super::world::{Tenant, World, answer};

fn with(variables: &[(&str, &str)]) -> Surroundings {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Surroundings { variables, ..Surroundings::default() }
}

fn opening(surroundings: Surroundings) -> Opening {
    Opening::Session(Hello { surroundings: Some(surroundings), ..Hello::new("opencl", "p", 1, "p", "/") })
}

fn tenant(world: &World, surroundings: Surroundings) -> Tenant {
    world.open(&opening(surroundings)).unwrap()
}

fn value<'a>(surroundings: &'a str, name: &str) -> Option<&'a str> {
    surroundings.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

#[test]
fn a_program_of_the_brokers_user_brings_its_own() {
    let world = World::with("", &["--vendor-library-path", "/opt/brokers", "--plugin", "/brokers.so"]);
    let said = tenant(&world, with(&[])).ask("surroundings");
    assert_eq!(value(&said, "POCL_FAKE"), None, "the broker has one, and the program none");
    assert_eq!(
        (value(&said, "LD_LIBRARY_PATH"), value(&said, "AVA_PLUGINS")),
        (Some("/opt/brokers"), Some("/brokers.so"))
    );
    let own = Surroundings {
        inherited: vec!["POCL_FAKE".into()],
        directory: b"/usr".to_vec(),
        library: b"/opt/x/libOpenCL.so.1".to_vec(),
        ..with(&[
            ("AVA_PLUGINS", "/own.so"),
            ("AVA_SANDBOX", "off"),
            ("AVA_SANDBOX_READ", "/a"),
            ("AVA_VENDOR_LIBRARY_PATH", "/opt/own"),
            ("LD_LIBRARY_PATH", "/l"),
            ("POCL_DEVICES", "cpu"),
        ])
    };
    let said = tenant(&world, own).ask("surroundings");
    assert_eq!((value(&said, "LD_LIBRARY_PATH"), value(&said, "AVA_PLUGINS")), (Some("/opt/own:/l"), Some("/own.so")));
    assert_eq!((value(&said, "POCL_DEVICES"), value(&said, "POCL_FAKE")), (Some("cpu"), Some("")));
    let arguments = value(&said, "args").unwrap();
    for argument in [r#""--library", "/opt/x/libOpenCL.so.1""#, r#""--sandbox", "off""#, r#""--read", "/a""#] {
        assert!(arguments.contains(argument), "{argument}: {arguments}");
    }
    assert_eq!(value(&said, "directory"), Some("/usr"));
}

#[test]
fn a_sandbox_that_the_broker_requires_no_program_does_without() {
    let world = World::with("", &["--sandbox", "require"]);
    let said = tenant(&world, with(&[("AVA_SANDBOX", "off")])).ask("surroundings");
    assert!(value(&said, "args").unwrap().contains(r#""--sandbox", "require""#), "{said}");
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_broker_for_several_keeps_its_own_and_tells() {
    let world = World::with("", &["--group", "root"]);
    let own = Surroundings {
        library: b"/opt/x/libOpenCL.so.1".to_vec(),
        directory: b"/usr".to_vec(),
        ..with(&[
            ("AVA_VENDOR_LIBRARY_PATH", "/evil"),
            ("LD_LIBRARY_PATH", "/evil"),
            ("POCL_DEVICES", "cpu"),
            ("POCL_FAKE", ""),
        ])
    };
    let stream = std::os::unix::net::UnixStream::connect(world.socket()).unwrap();
    message::send(&stream, &seal(&opening(own)), &[]).unwrap();
    let ava_protocol::session::Answer::Welcome { own, ignored, library, identity, .. } = answer(&stream) else {
        panic!()
    };
    assert!(!own);
    assert_eq!(ignored, ["AVA_VENDOR_LIBRARY_PATH=/evil", "POCL_DEVICES=cpu"]);
    assert_eq!((library.as_str(), identity.as_str()), ("/usr/lib/fake.so", "fake"));
    let said = Tenant { session: 1, stream }.ask("surroundings");
    assert!(!said.contains("/evil") && !said.contains("/opt/x") && value(&said, "POCL_DEVICES").is_none(), "{said}");
    assert_eq!(value(&said, "directory"), Some("/"));
}

#[test]
fn spares_are_for_programs_of_the_same_surroundings() {
    let world = World::warm("", 1, &[]);
    world.wait_for_spares(1);
    let with = |value: &str| with(&[("POCL_DEVICES", value)]);
    let brokers = world.spares();
    let one = tenant(&world, with("one"));
    assert_ne!(world.sessions(false)[0].worker_pid, brokers[0], "another's is no use");
    // One for each.
    world.wait_for_spares(2);
    let another = tenant(&world, with("one"));
    let worker = world.sessions(false)[1].worker_pid;
    assert_eq!(value(&another.ask("surroundings"), "POCL_DEVICES"), Some("one"));
    let arguments = std::fs::read(Path::new("/proc").join(worker.to_string()).join("cmdline")).unwrap();
    assert!(String::from_utf8_lossy(&arguments).contains("--spare"));
    // Another hash means another place, though it has the same name.
    let marked = tenant(&world, Surroundings { mark: 1, ..with("one") });
    let worker = world.sessions(false)[2].worker_pid;
    let arguments = std::fs::read(Path::new("/proc").join(worker.to_string()).join("cmdline")).unwrap();
    assert!(!String::from_utf8_lossy(&arguments).contains("--spare"));
    drop((one, another, marked));
}

#[test]
fn spares_are_few_however_many_surroundings_there_are() {
    let world = World::warm("", 1, &[]);
    for number in 0..8 {
        drop(tenant(&world, with(&[("POCL_DEVICES", &number.to_string())])));
    }
    // Those of the two latest; the others have ended.
    loop {
        world.wait_for_spares(2);
        if world.spares().len() == 2 {
            break;
        }
    }
    let last = tenant(&world, with(&[("POCL_DEVICES", "7")]));
    let worker = world.sessions(false)[0].worker_pid;
    let arguments = std::fs::read(Path::new("/proc").join(worker.to_string()).join("cmdline")).unwrap();
    assert!(String::from_utf8_lossy(&arguments).contains("--spare"));
    drop(last);
}
