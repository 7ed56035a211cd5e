//! What is used: account, stats and top's table, asked of a living broker.

use super::installation::Installation;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_was_used_is_added_up_in_each_format() {
    let here = Installation::new();
    here.text(&["run", "true"]);
    let _tenants = (here.session(), here.session());
    for by in ["tenant", "user", "cgroup", "program", "device", "api"] {
        let account = json(&here.text(&["account", "--by", by, "--json"]));
        let row = &account["rows"][0];
        assert_eq!((&account["schema"], &account["by"]), (&1.into(), &by.into()));
        assert_eq!(
            (&row["sessions"], &row["calls"], &row["bytes_out"]),
            (&2.into(), &2.into(), &40.into()),
            "{account}"
        );
        let csv = here.text(&["account", "--by", by, "--format", "csv"]);
        assert!(csv.starts_with(&format!("{by},groups,sessions,device_seconds,")) && csv.lines().count() == 2, "{csv}");
        assert!(here.text(&["account", "--by", by]).starts_with(&by.to_uppercase()));
    }
    let functions = json(&here.text(&["account", "--by", "function", "--json"]));
    let rows = functions["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["name"].is_string() && row["launches"].is_null()), "{functions}");
    assert_eq!(rows.iter().map(|row| row["calls"].as_u64().unwrap()).sum::<u64>(), 2, "{functions}");
    let kernels = here.text(&["account", "--by", "kernel", "--format", "csv"]);
    assert_eq!(kernels, "kernel,groups,launches\nfake?kernel,1,6\n", "names are a worker's word");
    let each = json(&here.text(&["account", "--by", "session", "--json"]));
    assert_eq!((each["rows"].as_array().unwrap().len(), &each["rows"][0]["session"]["api"]), (2, &"opencl".into()));
    let nothing = here.text(&["account", "--since", "2000-01-01", "--until", "2000-01-02"]);
    assert_eq!(nothing.lines().count(), 1, "{nothing}");
    let fails = |arguments: &[&str], why: &str| {
        let output = here.output(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(why), "{output:?}");
    };
    fails(&["account", "--since", "soon"], "no time such as 24h, 7d");
    fails(&["account", "--since", "1h", "--until", "2h"], "--until is before --since");
    fails(&["ps", "--format", "csv"], "only `avactl account` writes comma-separated values");
}

#[test]
fn rates_are_shown_once_or_for_ever() {
    let here = Installation::new();
    here.text(&["run", "true"]);
    let _tenants = (here.session(), here.session());
    let table = here.text(&["stats", "--no-stream", "--interval", "0.1"]);
    assert!(table.starts_with("SESSION  NAME") && table.lines().count() == 3, "{table}");
    let one = json(&here.text(&["stats", "--no-stream", "-i", "0.1", "--json", "2"]));
    assert_eq!((&one["schema"], one["sessions"].as_array().unwrap().len()), (&1.into(), 1));
    assert_eq!(one["sessions"][0]["memory_bytes"], 4096);
    let mut stream = here.avactl(&["stats", "-i", "0.1", "--json"]);
    let mut stream = stream.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(stream.stdout.take().unwrap()));
    lines.take(3).for_each(|line| assert_eq!(json(&line.unwrap())["sessions"][1]["session"], 2));
    stream.kill().and_then(|()| stream.wait()).unwrap();

    let tree = here.text(&["top", "--once", "--interval", "0.1"]);
    assert!(
        tree.contains("\nfake device ") && tree.contains("\n    a program ") && tree.lines().count() == 5,
        "{tree}"
    );
    let other = here.text(&["top", "--once", "--interval", "0.1", "--filter", "nothing like this"]);
    assert_eq!(other.lines().count(), 1);
    let lost = here.output(&["top"]);
    let said = String::from_utf8_lossy(&lost.stderr);
    assert!(lost.status.code() == Some(2) && said.contains("no terminal\n  hint: `avactl top --once`"), "{said}");
}
