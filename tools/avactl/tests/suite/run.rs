//! `avactl run`: the program is what it would be without.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use super::installation::Installation;

#[test]
fn the_programs_status_is_avactls() {
    let here = Installation::new();
    assert_eq!(here.output(&["run", "sh", "-c", "exit 42"]).status.code(), Some(42));
    assert_eq!(here.output(&["run", "--", "sh", "-c", "kill -9 $$"]).status.signal(), Some(9));
    assert!(here.output(&["run", "--", "true"]).status.success());
    let output = here.output(&["run", "/no/such/program"]);
    assert_eq!(output.status.code(), Some(127));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "avactl: /no/such/program: No such file or directory (os error 2)\n"
    );
    assert_eq!(here.output(&["run", "/etc/passwd"]).status.code(), Some(126));
}

#[test]
fn the_program_gets_the_library_and_the_socket_and_nothing_else_changes() {
    let here = Installation::new();
    let script = r#"echo $LD_PRELOAD; echo $AVA_SOCKET; echo $OWN
n=0; while [ $n -lt 99 ]; do [ -e /proc/$$/fd/$n ] && echo "fd $n"; n=$((n+1)); done
read children < /proc/$$/task/$$/children; echo "children: $children""#;
    let output =
        here.avactl(&["run", "sh", "-c", script]).env("LD_PRELOAD", "libm.so.6").env("OWN", "own").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("libm.so.6:") && lines[0].contains("libc.so"), "{text}");
    assert_eq!(lines[1], here.socket().to_str().unwrap());
    let native = Command::new("sh").args(["-c", script]).env("OWN", "own").stdin(Stdio::null()).output().unwrap();
    let native = String::from_utf8(native.stdout).unwrap();
    assert_eq!(lines[2..], native.lines().collect::<Vec<_>>()[2..], "as without AvA");
    assert!(text.ends_with("children: \n"), "{text}");
    assert!(output.stderr.is_empty());
}

#[test]
fn a_program_is_told_for_how_long_it_waits_for_a_place() {
    let here = Installation::new();
    let waits = |arguments: &[&str]| here.text(&[&["run"], arguments, &["sh", "-c", "echo $AVA_WAIT"]].concat());
    assert_eq!((waits(&[]), waits(&["--wait", "--"])), ("\n".to_owned(), "forever\n".to_owned()));
    assert_eq!((waits(&["--wait=90"]), waits(&["--wait=0"])), ("90\n".to_owned(), "0\n".to_owned()));
    let wrong = here.output(&["run", "--wait=1m", "true"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("neither a number of seconds nor `forever`"));
}

#[test]
fn one_private_broker_serves_all_that_come_at_once() {
    let here = Installation::new();
    let children: Vec<_> = (0..12).map(|_| here.avactl(&["run", "sleep", "0.2"]).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let log = std::fs::read_to_string(here.directory.path().join("run/ava/broker.log")).unwrap();
    assert_eq!(log.matches(" listens").count(), 1, "{log}");
    let broker = here.broker().unwrap();
    here.text(&["run", "true"]);
    assert_eq!(here.broker().unwrap(), broker, "it is still the same one");
}

#[test]
fn a_broker_that_cannot_start_says_why() {
    let here = Installation::new();
    std::fs::remove_file(here.directory.path().join("bin/ava-worker")).unwrap();
    let output = here.output(&["run", "true"]);
    assert_eq!(output.status.code(), Some(4));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("avactl: the private broker ended at once\n  hint: it said: "), "{text}");
    assert!(text.contains("there is no worker program") && text.ends_with("broker.log\n"), "{text}");
    let output = here.avactl(&["run", "true"]).env("AVA_SHIM", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_directory_of_somebody_else_is_not_trusted() {
    use std::os::unix::fs::PermissionsExt;
    let here = Installation::new();
    let directory = here.directory.path().join("run/ava");
    std::fs::create_dir(&directory).unwrap();
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o777)).unwrap();
    for verb in [&["run", "true"][..], &["ps"]] {
        let output = here.output(verb);
        assert_eq!(output.status.code(), Some(3));
        assert!(String::from_utf8(output.stderr).unwrap().contains("is open to others (mode 777)"));
    }
}

#[test]
fn a_named_broker_that_is_not_there_is_not_replaced() {
    let here = Installation::new();
    let output = here.avactl(&["run", "true"]).env("AVA_SOCKET", "/nowhere/s").output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/nowhere/s"));
    assert!(here.broker().is_none());
}

#[test]
fn a_senseless_variable_is_an_error_and_a_misspelt_one_is_told() {
    let here = Installation::new();
    for (name, value) in [("AVA_LOG", "loud"), ("AVA_TRANSPORT", "nonsense"), ("AVA_PLUGINS", "/nonexistent.so")] {
        let output = here.avactl(&["run", "true"]).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.starts_with(&format!("avactl: {name}={value}: ")), "{text}");
    }
    assert!(here.broker().is_none());
    let output = here.avactl(&["run", "true"]).env("AVA_TRANSPROT", "socket").output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "avactl: AVA_TRANSPROT is not a variable of AvA; did you mean AVA_TRANSPORT?\n");
}

#[test]
fn without_a_home_the_directories_are_beside_the_socket() {
    for home in [None, Some("/proc/nowhere"), Some("/dev/null")] {
        let here = Installation::new();
        let mut run = here.avactl(&["run", "true"]);
        match home {
            Some(home) => run.env("HOME", home),
            None => run.env_remove("HOME"),
        };
        let output = run.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        drop(here.session());
        assert!(here.directory.path().join("run/ava/cache/of-one-user").is_dir());
        let log = std::fs::read_to_string(here.directory.path().join("run/ava/broker.log")).unwrap();
        assert_eq!(home.is_some(), log.contains("workers cannot have their directories there"), "{log}");
        assert!(home.is_none_or(|home| log.contains(home)), "{log}");
    }
}
