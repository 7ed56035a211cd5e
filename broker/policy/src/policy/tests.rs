//! What rules mean, and what is wrong with bad ones.

use std::path::Path;

use super::*;
use crate::keys::{KEYS, Key};
use crate::value::Value;

fn people() -> People {
    People::new("root:x:0:0:\nalice:x:1000:1000:\nbob:x:1001:1001:\n", "gpu:x:50:\nstaff:x:60:\n")
}

fn sources(texts: &[&str]) -> Vec<Source> {
    let file = |at: usize| Path::new("/etc/ava").join(format!("{at}.toml"));
    texts.iter().enumerate().map(|(at, text)| Source { file: file(at), text: (*text).to_owned() }).collect()
}

fn policy(texts: &[&str]) -> Policy {
    let (policy, problems) = Policy::of(&sources(texts), &people()).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    policy
}

fn problems(text: &str) -> Vec<String> {
    Policy::of(&sources(&[text]), &people()).unwrap_err().iter().map(ToString::to_string).collect()
}

fn who(uid: u32, groups: &[u32], cgroup: &str) -> Who {
    Who { uid, groups: groups.to_vec(), cgroup: cgroup.to_owned(), label: None }
}

fn labelled(uid: u32, label: &str) -> Who {
    Who { label: Some(label.to_owned()), ..who(uid, &[], "/a") }
}

/// The tenant of a program, and one number of it.
fn of(policy: &Policy, who: &Who, key: Key) -> (Option<String>, Option<u64>) {
    let tenant = policy.rule(who).and_then(|rule| rule.tenant.as_deref());
    (tenant.map(str::to_owned), policy.terms(tenant.unwrap_or("own"), Some(who)).number(key).map(|(number, _)| number))
}

#[test]
fn every_key_is_read_and_says_where_it_is_from() {
    let lines: String = KEYS.iter().map(|key| format!("{} = {}\n", key.name, key.example)).collect();
    let text = format!("# A comment\n[[rule]]\nmatch = {{ user = \"alice\" }}\ntenant = \"vision\"\n{lines}");
    let policy = policy(&[&text]);
    let terms = policy.terms("vision", None);
    assert_eq!(terms.0.len(), KEYS.len());
    for (at, key) in KEYS.iter().enumerate() {
        assert_eq!(
            terms.term(key.key).unwrap().origin.to_string(),
            format!("/etc/ava/0.toml:{}", at + 5),
            "{}",
            key.name
        );
    }
    assert_eq!(terms.term(Key::DeviceMemory).unwrap().value, Value::Bytes(4 << 30));
    assert_eq!(policy.rules[0].origin.to_string(), "/etc/ava/0.toml:2");
    assert!(policy.not_enforced().is_empty());
}

#[test]
fn a_part_of_devices_is_for_those_who_use_apis_that_have_such() {
    let error = |line: u32, apis: &str| {
        let what = format!("{apis} can be given no such part; say apis = [\"opencl\", \"nvml\"] as well");
        format!("/etc/ava/0.toml:{line}:1: `compute_units`: {what}")
    };
    let units = "compute_units = \"50%\"\n";
    // With every rule it would be found again.
    assert_eq!(
        problems(&format!("[default]\n{units}[[rule]]\nmatch = {{ user = 1 }}\ntenant = \"x\"\nlanes = 4\n")),
        [error(2, "cuda, pkcs11, tflite")]
    );
    assert_eq!(
        problems(&format!("[default]\napis = [\"opencl\", \"tflite\"]\n[[rule]]\nmatch = {{ user = 1 }}\n{units}")),
        [error(5, "tflite")]
    );
    // One rule says the one, another the other, of the same tenant.
    let named = "match = { user = 1 }\ntenant = \"x\"\n";
    let other = named.replace('1', "2");
    let both = format!("[[rule]]\n{named}{units}[[rule]]\n{other}apis = [\"opencl\", \"nvml\"]\n");
    assert!(policy(&[&both]).not_enforced().is_empty());
    let terms = policy(&[&both]).terms("x", None);
    assert_eq!(terms.refuses("cuda").unwrap().to_string(), "/etc/ava/0.toml:8");
    assert!(terms.refuses("opencl").is_none());
}

#[test]
fn what_has_no_effect_for_an_api_is_told_where_that_may_be_used() {
    let said = |apis: &str| {
        policy(&[&format!("[default]\ndevices = [\"GPU-*\"]\n[[rule]]\nmatch = {{}}\n{apis}\n")]).not_enforced()
    };
    // The default is others', too.
    assert_eq!(said("apis = [\"opencl\", \"tflite\"]"), ["devices for pkcs11, tflite", "devices for tflite"]);
    assert_eq!(said("apis = [\"opencl\"]"), ["devices for pkcs11, tflite"]);
    let some = "[default]\ndevices = [\"GPU-*\"]\napis = [\"opencl\", \"tflite\"]\n";
    assert_eq!(policy(&[some]).not_enforced(), ["devices for tflite"]);
    let only = "[default]\ndevices = [\"GPU-*\"]\napis = [\"opencl\"]\n";
    assert!(policy(&[only]).not_enforced().is_empty());
}

#[test]
fn the_first_rule_that_fits_counts_and_all_its_conditions_must_hold() {
    let policy = policy(&[
        "[default]\nsessions = 9\nlanes = 5\n[[rule]]\nmatch = { user = \"alice\", cgroup = [\"*slurm*\", \"/batch/*\"] }\ntenant = \"batch\"\nsessions = 2\n",
        "[default]\nlanes = 6\n[[rule]]\nmatch = { group = [\"gpu\", 77] }\nsessions = 3\n[[rule]]\nmatch = { user = [1000, \"bob\"] }\nsessions = 4\n",
    ]);
    let sessions = |who: &Who| of(&policy, who, Key::Sessions);
    assert_eq!(sessions(&who(1000, &[50], "/x/slurm/job_1")), (Some("batch".into()), Some(2)));
    assert_eq!(sessions(&who(1000, &[1, 50], "/user.slice")), (None, Some(3)));
    assert_eq!(sessions(&who(1001, &[77], "/batch/1")), (None, Some(3)));
    assert_eq!(sessions(&who(1001, &[], "/batch/1")), (None, Some(4)));
    assert_eq!(sessions(&who(1002, &[], "/batch/1")), (None, Some(9)), "the default is everybody's");
    assert_eq!(of(&policy, &who(1002, &[], ""), Key::Lanes).1, Some(6), "a later file's default counts");
    assert_eq!(policy.files.len(), 2);
}

#[test]
fn a_label_is_a_condition_as_any_other() {
    let policy = policy(&[
        "[[rule]]\nmatch = { label = [\"gold\", \"job-*\"], user = [\"alice\", \"bob\"] }\ntenant = \"gold\"\nsessions = 8\n\
         [[rule]]\nmatch = { label = \"*\" }\nsessions = 3\n",
    ]);
    let sessions = |who: &Who| of(&policy, who, Key::Sessions);
    assert_eq!(sessions(&labelled(1000, "gold")), (Some("gold".into()), Some(8)));
    assert_eq!(sessions(&labelled(1001, "job-17")), (Some("gold".into()), Some(8)));
    assert_eq!(sessions(&labelled(1001, "golden")), (None, Some(3)), "a star is for any label");
    assert_eq!(sessions(&labelled(7, "gold")), (None, Some(3)), "all conditions must hold");
    assert_eq!(sessions(&who(1000, &[], "/gold")), (None, None), "and not for those without one");
    assert_eq!(policy.lines()[0], "rule for user alice or bob and label gold or job-*: tenant gold, sessions 8");
}

#[test]
fn a_tenant_of_several_rules_has_what_all_of_them_say() {
    let text = |weight| {
        format!(
            "[[rule]]\nmatch = {{ user = \"alice\" }}\ntenant = \"vision\"\nweight = 4\n[[rule]]\nmatch = {{ user = \"bob\" }}\ntenant = \"vision\"\nsessions = 7\nweight = {weight}\n"
        )
    };
    let policy = policy(&[&text(4)]);
    let alice = of(&policy, &who(1000, &[], ""), Key::Sessions);
    assert_eq!(alice, (Some("vision".into()), Some(7)));
    assert_eq!(
        problems(&text(5)),
        ["/etc/ava/0.toml:9:1: `weight` of tenant vision is 5 here and 4 at /etc/ava/0.toml:4"]
    );
}

#[test]
fn a_session_keeps_its_tenant_whatever_the_rules_become() {
    let after = policy(&[
        "[default]\nsessions = 1\n[[rule]]\nmatch = { user = \"alice\" }\ntenant = \"other\"\nsessions = 2\n",
    ]);
    let alice = who(1000, &[], "");
    let sessions = |tenant: &str| after.terms(tenant, Some(&alice)).number(Key::Sessions).map(|(number, _)| number);
    assert_eq!((sessions("vision"), sessions("alice"), sessions("other")), (Some(1), Some(1), Some(2)));
}

#[test]
fn the_first_that_fits_is_found_in_any_order() {
    // Pseudo-random rules, each compared with what looking at all of them one after the other finds.
    let mut state = 12_345_u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        (state >> 16) % below
    };
    for _ in 0..200 {
        let mut text = String::new();
        let mut rules: Vec<((u32, u32, &str), u32)> = Vec::new();
        for at in 0..random(6) {
            let (uid, group) = (random(3), random(3));
            let cgroup = ["/a*", "*b", "*"][random(3) as usize];
            if rules.iter().any(|(rule, ..)| *rule == (uid, group, cgroup)) {
                continue;
            }
            rules.push(((uid, group, cgroup), at));
            text += &format!(
                "[[rule]]\nmatch = {{ user = {uid}, group = {group}, cgroup = {cgroup:?} }}\nsessions = {at}\n"
            );
        }
        let policy = policy(&[&text]);
        for _ in 0..20 {
            let (uid, group, cgroup) = (random(3), random(3), ["/a", "/b", "/ab"][random(3) as usize]);
            let fits = |(rule_uid, rule_group, pattern): (u32, u32, &str)| {
                let is_in = match pattern {
                    "/a*" => cgroup.starts_with("/a"),
                    "*b" => cgroup.ends_with('b'),
                    _ => true,
                };
                rule_uid == uid && rule_group == group && is_in
            };
            let expected = rules.iter().find(|(rule, _)| fits(*rule)).map(|(_, at)| u64::from(*at));
            assert_eq!(of(&policy, &who(uid, &[9, group], cgroup), Key::Sessions).1, expected, "{text}");
        }
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_with_their_places() {
    let text = r#"[default]
wieght = 4
tenant = "x"
[[rule]]
match = { usr = "alice", label = 7 }
weight = 0
tenant = "a b"
[[rule]]
sessions = "8"
device_time = 0.5
[[rule]]
match = { user = [], group = true, cgroup = "a?" }
apis = ["opencI"]
longest_command = 99999999999999999999
[limits]
"#;
    let expected = [
        "2:1: \"wieght\" is no key; did you mean \"weight\"?",
        "3:1: \"tenant\" is for rules only",
        "5:11: \"usr\" is nothing to match: there are user, group, cgroup and label; did you mean \"user\"?",
        "5:34: a label is a text",
        "6:10: `weight`: this must be a number from 1 to 10000",
        "7:10: a tenant's name has letters, digits, `-`, `.`, `_`, `@` and `:`, and begins with none of the first two",
        "8:1: a rule without `match`; for everybody there is [default], or match = {}",
        "9:12: `sessions`: this must be a number from 0 to 1048576",
        "10:15: `device_time`: this must be a percentage from \"1%\" to \"100%\"",
        "12:18: an empty list matches nobody",
        "12:30: a group is a name or a number",
        "12:45: '?' in a pattern: only `*` has a meaning, any text",
        "13:8: `apis`: \"opencI\" is no API",
        "14:19: `longest_command`: this number is negative or too large",
        "15:2: \"limits\" is unknown here: there are [default] and [[rule]]",
    ];
    let said = problems(text);
    assert_eq!(said.len(), expected.len() + 1, "{said:#?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.strip_prefix("/etc/ava/0.toml:").unwrap().starts_with(expected), "{said}: {expected}");
    }
    assert!(said.last().unwrap().contains("never counts"), "two rules are for everybody");
}

#[test]
fn errors_of_the_syntax_are_told_with_their_places() {
    let said = problems("[default]\nweight = \n[[rule]]\nmatch = { user = \"a\nsessions = 1 2\n");
    assert!(said.len() > 1 && said[0].starts_with("/etc/ava/0.toml:2:"), "{said:?}");
    assert!(problems("weight = 1\nweight = 2\n")[0].contains("duplicate"), "a key that is there twice");
}

#[test]
fn rules_that_never_count_are_mistakes() {
    let twice = "[[rule]]\nmatch = { user = 1 }\nsessions = 1\n[[rule]]\nmatch = { user = 1 }\nsessions = 2\n";
    assert_eq!(
        problems(twice),
        ["/etc/ava/0.toml:4:1: this rule never counts: the one at /etc/ava/0.toml:1 comes first"]
    );
    let after_all = "[[rule]]\nmatch = {}\nsessions = 1\n[[rule]]\nmatch = { user = 1 }\nsessions = 2\n";
    assert!(problems(after_all)[0].contains("never counts"));
}

#[test]
fn what_is_doubtful_is_a_warning() {
    let text = "[[rule]]\nmatch = { user = \"nobody-here\" }\nsessions = 1\n[[rule]]\nmatch = { cgroup = \"slurm*\" }\nsessions = 1\n[[rule]]\nmatch = { label = [\"a b\", \"-*\", \"*-\", \"gold\"] }\nsessions = 1\n[[rule]]\nmatch = { user = 7 }\n";
    let (policy, warnings) = Policy::of(&sources(&[text]), &people()).unwrap();
    assert_eq!((policy.rules.len(), warnings.len()), (4, 5));
    let said: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert!(said[0].contains("2:18: warning: there is no user \"nobody-here\""), "{said:?}");
    assert!(said[1].contains("control groups begin with `/`"), "{said:?}");
    assert!(said[2].contains("8:20: warning: labels have at most 64 bytes"), "{said:?}");
    assert!(said[3].contains("8:27: warning: labels have"), "{said:?}");
    assert!(said[4].contains("says nothing"), "{said:?}");
    assert!(policy.rule(&who(u32::MAX, &[], "")).is_none(), "a name that nobody has matches nobody");
}

#[test]
fn what_is_too_much_is_refused_at_once() {
    let rule = |at: u32| format!("[[rule]]\nmatch={{user={at}}}\n");
    let many: String = (0..30_000).map(rule).collect();
    assert!(problems(&many).last().unwrap().contains("more than 4096 rules"));
    let deep = format!("x = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!problems(&deep).is_empty());
    let errors = "x\n".repeat(50_000);
    assert!(!problems(&errors).is_empty());
}

#[test]
fn as_many_rules_as_there_may_be_are_matched() {
    // Which never ends if a star tries all that it could be.
    let pattern = "*a".repeat(50);
    let rules: String = (0..MOST_RULES)
        .map(|at| format!("[[rule]]\nmatch = {{ cgroup = \"{pattern}{at}\" }}\nsessions = 1\n"))
        .collect();
    let policy = policy(&[&rules]);
    assert!(policy.rule(&who(1, &[], &"a".repeat(4000))).is_none());
}

#[test]
fn a_policy_is_shown_in_lines() {
    let policy = policy(&[
        "[default]\nsessions = 2\n[[rule]]\nmatch = { user = \"alice\", cgroup = \"/a*\" }\ntenant = \"x\"\nregion_bytes = \"2G\"\n[[rule]]\nmatch = {}\nweight = 2",
    ]);
    let expected = [
        "default: sessions 2",
        "rule for user alice and cgroup /a*: tenant x, region_bytes 2G",
        "rule for everybody: weight 2",
    ];
    assert_eq!(policy.lines(), expected);
}

#[test]
fn the_example_is_a_policy_of_which_all_has_an_effect() {
    let policy = policy(&[include_str!("../../ava.toml")]);
    assert!(policy.not_enforced().is_empty());
    assert_eq!(of(&policy, &labelled(1001, "gold"), Key::Weight), (Some("gold".into()), Some(4)));
    assert_eq!(of(&policy, &who(1001, &[], "/"), Key::Sessions), (Some("vision".into()), Some(8)));
    assert_eq!(
        of(&policy, &who(7, &[], "/system.slice/slurmstepd.scope/job_4/x"), Key::Sessions).0,
        Some("batch".into())
    );
    assert_eq!(of(&policy, &who(7, &[], "/system.slice/docker-0123.scope"), Key::Sessions), (None, Some(4)));
}
