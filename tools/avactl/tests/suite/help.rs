//! Manual pages, examples and completion: that what they say can be done.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::installation::Installation;

/// The manual pages of avactl and the broker.
fn pages(here: &Installation) -> Vec<PathBuf> {
    let directory = here.directory.path().join("man");
    here.text(&["man", directory.to_str().unwrap()]);
    let volumes = ["man1", "man5", "man8"].map(|volume| std::fs::read_dir(directory.join(volume)).unwrap());
    let mut pages: Vec<_> = volumes.into_iter().flatten().map(|page| page.unwrap().path()).collect();
    pages.sort();
    pages
}

#[test]
fn there_is_a_page_for_each_verb_and_for_the_broker() {
    let here = Installation::new();
    let pages = pages(&here);
    let names: Vec<_> = pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap()).collect();
    let policy =
        ["policy-check", "policy-diff", "policy-reload", "policy-set", "policy-show", "policy-unset", "policy"];
    let verbs = ["account", "completion", "devices", "doctor", "inspect", "kill", "label"].into_iter().chain(policy);
    let verbs = verbs.chain(["ps", "run", "stats", "tenants", "top", "version"]);
    let others = ["avactl.1", "ava.toml.5", "ava-broker.8"].map(str::to_owned);
    let expected: Vec<_> = verbs.map(|verb| format!("avactl-{verb}.1")).chain(others).collect();
    assert_eq!(names, expected, "hidden verbs have none");
    for (name, page) in names.into_iter().zip(&pages).filter(|(name, _)| *name != "ava.toml.5") {
        let text = std::fs::read_to_string(page).unwrap();
        for section in
            ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "\"EXIT STATUS\"", "ENVIRONMENT", "FILES"]
        {
            assert!(text.contains(&format!(".SH {section}\n")), "{name} has no {section}");
        }
    }
}

#[test]
fn pages_are_set_without_complaints() {
    if !Path::new("/usr/bin/groff").exists() {
        return;
    }
    let here = Installation::new();
    for page in pages(&here) {
        let name = page.display();
        let groff = Command::new("groff").args(["-man", "-Tutf8", "-ww", "-rLL=80n"]).arg(&page).output().unwrap();
        assert!(groff.status.success() && groff.stderr.is_empty(), "{name}: {groff:?}");
        assert!(groff.stdout.len() > 1000, "{name}");
    }
}

/// The command lines among the examples of a help text.
fn examples(help: &str) -> Vec<String> {
    let examples = help.split_once("Examples:\n").map(|(_, examples)| examples).unwrap_or_default();
    examples.lines().filter_map(|line| line.strip_prefix("      ")).map(str::to_owned).collect()
}

/// Runs a line as somebody would who has AvA installed.
fn shell(here: &Installation, line: &str) -> Output {
    let bin = here.directory.path().join("bin");
    let mut command = here.avactl(&[]);
    let environment: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.unwrap().to_owned())).collect();
    command = Command::new("bash");
    command.args(["-c", line]).env_clear().envs(environment);
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display())).env("USER", "root").output().unwrap()
}

#[test]
fn every_example_does_what_it_is_for() {
    let here = Installation::new();
    // What the examples name is there: a program, sessions with these numbers, and a process that has one.
    let clinfo = here.directory.path().join("bin/clinfo");
    std::fs::write(&clinfo, "#!/bin/sh\n").unwrap();
    Command::new("chmod").arg("755").arg(&clinfo).status().unwrap();
    std::fs::create_dir_all(here.directory.path().join(".config/fish/completions")).unwrap();
    here.text(&["run", "true"]);
    let own = std::process::id().to_string();
    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let mut executed = 0;
    for verb in ["run", "ps", "inspect", "kill", "tenants", "account", "policy", "doctor", "version", "completion"] {
        for line in examples(&here.text(&[verb, "--help"])) {
            let _tenants: Vec<_> = (0..6).map(|_| here.session()).collect();
            let newest = here
                .text(&["ps", "--no-headers"])
                .lines()
                .last()
                .unwrap()
                .split_whitespace()
                .next()
                .unwrap()
                .to_owned();
            let line = match verb {
                "inspect" | "kill" => line.replace(" 5", "").replace(" 3", &format!(" {newest}")),
                _ => line,
            };
            let line = line.replace("4711", &own).replace("$$", &own);
            let line = line.replace("alice", user.trim()).replace("hashcat", "'a program'");
            let output = shell(&here, &line);
            // Without a vendor's library something is broken here.
            assert!(output.status.success() || verb == "doctor", "{line}: {output:?}");
            let may_be_silent = verb == "completion" || line.contains("clinfo");
            assert!(may_be_silent || !output.stdout.is_empty(), "{line} says nothing");
            executed += 1;
        }
    }
    assert!(executed > 12, "{executed}");
}

/// What bash offers after these words.
fn completed(here: &Installation, words: &str) -> Vec<String> {
    let script = format!(
        r#"source <(avactl completion bash)
COMP_WORDS=(avactl {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_TYPE=9
_clap_complete_avactl avactl "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
printf '%s\n' "${{COMPREPLY[@]}}""#
    );
    let output = shell(here, &script);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|word| word.trim_end().to_owned()).collect()
}

#[test]
fn bash_completes_verbs_sessions_processes_and_values() {
    let here = Installation::new();
    assert!(completed(&here, "kill ''").iter().all(|word| word.starts_with('-')), "no broker is started for it");
    assert!(here.broker().is_none());
    here.text(&["run", "true"]);
    let _tenants = (here.session(), here.session());
    assert_eq!(completed(&here, "insp"), ["inspect"]);
    let verbs = completed(&here, "''");
    assert!(verbs.contains(&"kill".to_owned()) && !verbs.contains(&"start-broker".to_owned()), "{verbs:?}");
    for verb in ["kill", "inspect", "ps"] {
        let offered = completed(&here, &format!("{verb} ''"));
        assert!(offered.starts_with(&["1".to_owned(), "2".to_owned()]), "{offered:?}");
    }
    assert_eq!(completed(&here, "kill --pid ''"), [std::process::id().to_string()]);
    assert_eq!(completed(&here, "ps --sort mem"), ["memory"]);
    assert_eq!(completed(&here, "ps --api pk"), ["pkcs11"]);
    assert_eq!(completed(&here, "run ava-brok"), ["ava-broker"]);
    assert!(completed(&here, "run ava-broker /etc/passw").contains(&"/etc/passwd".to_owned()));
}

#[test]
fn every_shell_has_a_script() {
    let here = Installation::new();
    for shell in ["bash", "zsh", "fish", "elvish"] {
        assert!(here.text(&["completion", shell]).contains("AVACTL_COMPLETE"), "{shell}");
    }
    assert_eq!(here.output(&["completion", "tcsh"]).status.code(), Some(2));
}
