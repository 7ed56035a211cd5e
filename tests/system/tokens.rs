//! Tokens of PKCS#11: each tenant has a store of its own, unless the administrator has named one.

use std::fs;

use ava_tests::vendor::softhsm;
use ava_tests::{Ended, Program, Somebody, SystemWorld};

use super::people::{ALICE, BOB, PATIENCE};

fn tool(arguments: &[&str]) -> Program {
    Program::new("pkcs11-tool").args(["--module".as_ref(), softhsm().as_os_str()]).args(arguments).within(PATIENCE)
}

/// Creates a token with a key in it.
#[track_caller]
fn make_token(world: &SystemWorld, who: &Somebody, label: &str) {
    let init = ["--init-token", "--slot-index", "0", "--label", label, "--so-pin", "12345678"];
    let pin = ["--init-pin", "--token-label", label, "--so-pin", "12345678", "--pin", "1234"];
    let key =
        ["--keygen", "--key-type", "AES:16", "--token-label", label, "--login", "--pin", "1234", "--label", "key"];
    for arguments in [&init[..], &pin, &key] {
        let answer = world.run(who, &tool(arguments));
        assert_eq!(answer.ended, Ended::With(0), "{arguments:?}: {answer}");
    }
}

/// The labels of the initialized tokens that a user sees.
#[track_caller]
fn tokens(world: &SystemWorld, who: &Somebody) -> Vec<String> {
    let answer = world.run(who, &tool(&["--list-token-slots"]));
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    let labels = answer.stdout.lines().filter_map(|line| line.trim().strip_prefix("token label        : "));
    let mut labels: Vec<_> = labels.map(str::to_owned).collect();
    labels.sort();
    labels
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn tenants_do_not_see_each_others_tokens() {
    let Some(world) = SystemWorld::new() else { return };
    make_token(&world, &ALICE, "hers");
    make_token(&world, &BOB, "his");
    let container = Somebody::in_container(31_234, &format!("docker-{}.scope", "a".repeat(64)));
    assert_eq!(tokens(&world, &ALICE), ["hers"]);
    assert_eq!(tokens(&world, &BOB), ["his"]);
    assert!(tokens(&world, &container).is_empty());
    assert!(tokens(&world, &Somebody::user(0)).is_empty());
    // They stay, as a user's directory does.
    world.kill_broker();
    world.start_broker();
    assert_eq!(tokens(&world, &ALICE), ["hers"]);
    let objects = ["--list-objects", "--token-label", "hers", "--login", "--pin", "1234"];
    let answer = world.run(&ALICE, &tool(&objects));
    assert!(answer.stdout.contains("key"), "{answer}");
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn the_administrators_template_takes_the_place_of_the_configuration() {
    let Some(world) = SystemWorld::without_broker() else { return };
    let templates = world.path("templates");
    fs::create_dir(&templates).unwrap();
    let text = "directories.tokendir = {home}/elsewhere\nobjectstore.backend = file\nlog.level = ERROR\n";
    fs::write(templates.join("softhsm2.conf"), text).unwrap();
    let world = world.with_arguments(["--warm".as_ref(), "0".as_ref(), "--templates".as_ref(), templates.as_os_str()]);
    world.start_broker();
    make_token(&world, &ALICE, "hers");
    assert_eq!(tokens(&world, &ALICE), ["hers"]);
    let elsewhere = world.home("31234").join("elsewhere");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);
    let written = fs::read_to_string(world.home("31234").join("softhsm2.conf")).unwrap();
    assert_eq!(written, text.replace("{home}", &world.home("31234").display().to_string()));
}

/// With a configuration in the broker's environment, the administrator chooses one store for all.
#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_store_that_is_named_is_shared() {
    let Some(world) = SystemWorld::without_broker() else { return };
    let store = world.path("store");
    fs::create_dir_all(store.join("tokens")).unwrap();
    let text = format!("directories.tokendir = {}/tokens\nobjectstore.backend = file\n", store.display());
    fs::write(store.join("softhsm2.conf"), text).unwrap();
    // All workers' users may write there, since they share its group.
    fs::set_permissions(store.join("tokens"), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let world = world.with_arguments(["--warm", "0"]).with_variable("SOFTHSM2_CONF", store.join("softhsm2.conf"));
    world.start_broker();
    make_token(&world, &ALICE, "ours");
    assert_eq!(tokens(&world, &ALICE), ["ours"]);
    let token = fs::read_dir(store.join("tokens")).unwrap().next().expect("a token").unwrap();
    // SoftHSM makes its files private; the administrator opens them to these users.
    let mut files: Vec<_> = fs::read_dir(token.path()).unwrap().map(|file| file.unwrap().path()).collect();
    files.push(token.path());
    for file in files {
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    }
    assert_eq!(tokens(&world, &BOB), ["ours"]);
}
