use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::process::{Command, Stdio};

use super::*;
use crate::{Amounts, By, Labels, MANY, Times, Whose};

/// Beyond these, nothing is removed.
const MUCH: Limits = Limits { hours: 24 * 90, bytes: 1 << 40 };
/// Which process of a test this is, and its file.
const ROLE: &str = "AVA_LEDGER_TEST";

fn labels(tenant: &str) -> Labels {
    Labels {
        tenant: tenant.into(),
        uid: 7,
        cgroup: "/a.slice".into(),
        program: "hashcat".into(),
        api: "opencl".into(),
        ..Labels::default()
    }
}

fn of(calls: u64) -> Amounts {
    Amounts { calls, device_ns: calls * 1000, ..Amounts::default() }
}

fn id(session: u64) -> SessionId {
    SessionId { broker: 1, session }
}

fn one(hour: u64, session: u64, labels: Labels, amounts: Amounts) -> Batch {
    let mut batch = Batch::default();
    batch.add(hour, id(session), labels, amounts);
    batch
}

fn by(by: By, since: u64, until: u64) -> Query {
    Query { since, until, by, whose: None }
}

fn calls(store: &Store, query: &Query) -> Vec<(String, u64)> {
    store.report(query).unwrap().groups.into_iter().map(|group| (group.name, group.amounts.calls)).collect()
}

fn sum(store: &Store) -> u64 {
    let report = store.report(&by(By::Api, 0, u64::MAX)).unwrap();
    report.groups.iter().map(|group| group.amounts.calls).sum()
}

fn records(store: &Store) -> usize {
    let table = store.database.begin_read().unwrap().open_table(RECORDS).unwrap();
    table.range(all_of(0..=u64::MAX)).unwrap().count()
}

fn times(of: &[(&str, u64)]) -> Times {
    of.iter().map(|(name, times)| ((*name).to_owned(), *times)).collect()
}

/// How often, most often first.
fn counted(store: &Store, query: &Query) -> Vec<(String, u64)> {
    store.report(query).unwrap().groups.into_iter().map(|group| (group.name, group.times)).collect()
}

/// A session that launches kernels, each after a call.
fn launching(hour: u64, session: u64, labels: Labels, kernels: &[(&str, u64)]) -> Batch {
    let mut batch = one(hour, session, labels, of(1));
    let calls = kernels.iter().map(|(_, times)| times).sum();
    batch.count(hour, id(session), &Counts { functions: times(&[("launch", calls)]), kernels: times(kernels) });
    batch
}

struct Place {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place { file: folder.path().join("ledger"), _folder: folder }
}

/// Runs one test of this program in another process, as `role`.
fn again(test: &str, role: &str, file: &Path) -> Command {
    let mut command = Command::new("sh");
    // A process that ignores this signal gets an error when it has written too much.
    let script = r#"trap "" XFSZ; ulimit -f ${BLOCKS:-unlimited}; exec "$@""#;
    command.args(["-c", script, "sh"]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("store::tests::{test}"), "--nocapture"]);
    command.env(ROLE, format!("{role} {}", file.display())).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn role() -> Option<(String, PathBuf)> {
    let value = std::env::var(ROLE).ok()?;
    let (role, file) = value.split_once(' ')?;
    Some((role.to_owned(), file.into()))
}

#[test]
fn sessions_are_added_up_by_anything() {
    let place = place();
    let mut store = Store::open(&place.file, MUCH).unwrap();
    let other = Labels { uid: 8, container: "docker-1".into(), device: "a gpu".into(), ..labels("vision") };
    store.add(&one(100, 1, labels("alice"), of(5))).unwrap();
    store.add(&one(101, 1, labels("alice"), of(7))).unwrap();
    store.add(&one(101, 2, Labels { program: "clinfo".into(), ..labels("alice") }, of(1))).unwrap();
    store.add(&one(102, 3, other.clone(), of(20))).unwrap();
    let all = |kind| calls(&store, &by(kind, 0, u64::MAX));
    let pairs = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect::<Vec<_>>();
    assert_eq!(all(By::Tenant), pairs(&[("vision", 20), ("alice", 13)]));
    assert_eq!(all(By::User), pairs(&[("8", 20), ("7", 13)]));
    assert_eq!(all(By::Program), pairs(&[("hashcat", 32), ("clinfo", 1)]));
    assert_eq!(all(By::Device), pairs(&[("a gpu", 20), ("", 13)]));
    assert_eq!(all(By::Cgroup), pairs(&[("/a.slice", 33)]));
    assert_eq!(all(By::Api), pairs(&[("opencl", 33)]));
    assert_eq!(all(By::Session), pairs(&[("3", 20), ("1", 12), ("2", 1)]));
    assert_eq!(calls(&store, &by(By::Session, 101, 101)), pairs(&[("1", 7), ("2", 1)]), "no session counts twice");
    let session = store.report(&by(By::Session, 102, 102)).unwrap().groups.remove(0).session;
    assert_eq!(session, Some((id(3), other)));
    let of_7 = Query { whose: Some(Whose { uid: 7, container: String::new() }), ..by(By::Tenant, 0, u64::MAX) };
    assert_eq!(calls(&store, &of_7), pairs(&[("alice", 13)]));
    let of_8 = Query { whose: Some(Whose { uid: 8, container: String::new() }), ..of_7 };
    assert_eq!(calls(&store, &of_8), pairs(&[]), "in a container a user is another");
}

#[test]
fn launches_and_calls_are_kept_by_name_and_shrink_with_their_records() {
    let place = place();
    let pairs = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect::<Vec<_>>();
    let all = by(By::Kernel, 0, u64::MAX);
    let mut store = Store::open(&place.file, Limits { hours: 48, ..MUCH }).unwrap();
    store.add(&launching(100, 1, labels("alice"), &[("turn", 5), ("fill", 1)])).unwrap();
    store.add(&launching(101, 1, labels("alice"), &[("turn", 2)])).unwrap();
    store.add(&launching(101, 2, Labels { uid: 8, ..labels("vision") }, &[("fill", 9)])).unwrap();
    drop(store);
    let mut store = Store::open(&place.file, Limits { hours: 48, ..MUCH }).unwrap();
    assert_eq!(counted(&store, &all), pairs(&[("fill", 10), ("turn", 7)]));
    assert_eq!(counted(&store, &by(By::Kernel, 101, 101)), pairs(&[("fill", 9), ("turn", 2)]));
    assert_eq!(counted(&store, &by(By::Function, 0, u64::MAX)), pairs(&[("launch", 17)]));
    let of_8 = Query { whose: Some(Whose { uid: 8, container: String::new() }), ..all.clone() };
    assert_eq!(counted(&store, &of_8), pairs(&[("fill", 9)]));
    assert_eq!((calls(&store, &by(By::Api, 0, u64::MAX)), records(&store)), (pairs(&[("opencl", 3)]), 3));
    store.write(|tables| join(tables, 100..=101)).unwrap();
    assert_eq!((counted(&store, &all), records(&store)), (pairs(&[("fill", 10), ("turn", 7)]), 2));
    assert_eq!(counted(&store, &of_8), pairs(&[("fill", 9)]), "whose they are stays");
    store.tidy(1000).unwrap();
    assert_eq!((counted(&store, &all), records(&store)), (Vec::new(), 0));
}

#[test]
fn a_ledger_of_before_is_read_and_goes_on() {
    let place = place();
    // All that it had.
    let database = Database::create(&place.file).unwrap();
    let transaction = database.begin_write().unwrap();
    let bytes = rkyv::to_bytes::<Failure>(&Record { labels: labels("alice"), amounts: of(5) }).unwrap();
    transaction.open_table(RECORDS).unwrap().insert((100, 1, 1), bytes.as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let mut store = Store::open(&place.file, MUCH).unwrap();
    assert_eq!((sum(&store), counted(&store, &by(By::Kernel, 0, u64::MAX))), (5, Vec::new()));
    store.add(&launching(100, 1, labels("alice"), &[("turn", 2)])).unwrap();
    assert_eq!((sum(&store), records(&store)), (6, 1));
    assert_eq!(counted(&store, &by(By::Kernel, 0, u64::MAX)), [("turn".to_owned(), 2)]);
    // It has removed a record, and nothing else.
    let transaction = store.database.begin_write().unwrap();
    transaction.open_table(RECORDS).unwrap().remove((100, 1, 1)).unwrap();
    transaction.commit().unwrap();
    assert_eq!(counted(&store, &by(By::Kernel, 0, u64::MAX)), Vec::new());
}

#[test]
fn what_was_written_is_there_again_and_grows() {
    let place = place();
    let peak = |memory_peak_bytes| Amounts { sessions: 1, memory_peak_bytes, ..of(3) };
    for round in 1..=3 {
        let mut store = Store::open(&place.file, MUCH).unwrap();
        assert!(matches!(Store::open(&place.file, MUCH), Err(Error::InUse)));
        store.add(&one(5, 1, labels("alice"), peak(100 / round))).unwrap();
        let group = store.report(&by(By::Tenant, 5, 5)).unwrap().groups.remove(0);
        let expected = Amounts { sessions: round, memory_peak_bytes: 100, ..of(3 * round) };
        assert_eq!(group.amounts, expected);
    }
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(&place.file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_process_killed_while_it_writes_loses_nothing_that_was_written() {
    const TEST: &str = "a_process_killed_while_it_writes_loses_nothing_that_was_written";
    if let Some((_, file)) = role() {
        let mut store = Store::open(&file, MUCH).unwrap();
        for session in 0.. {
            store.add(&one(session / 10, session, labels("alice"), of(1))).unwrap();
            println!("written {}", session + 1);
        }
    }
    let place = place();
    let mut whole = 0;
    for round in 0..5_u64 {
        let mut process = again(TEST, "writer", &place.file).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        // The test's name may be on the line of the first.
        let mut written = lines.filter_map(|line| line.split("written ").nth(1)?.parse::<u64>().ok());
        let some = written.nth(3 + 2 * round as usize).unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        // It has written these too before it died.
        let told = written.last().unwrap_or(some);
        let now = sum(&Store::open(&place.file, MUCH).unwrap());
        assert!(now >= whole + told && now <= whole + told + 1, "{now} after {whole} and {told}");
        whole = now;
    }
}

#[test]
fn a_damaged_file_is_told_and_an_empty_or_strange_one_too() {
    let place = place();
    let mut store = Store::open(&place.file, MUCH).unwrap();
    for session in 0..2000 {
        store.add(&one(session / 100, session, labels(&format!("tenant {session}")), of(1))).unwrap();
    }
    drop(store);
    let length = fs::metadata(&place.file).unwrap().len();
    let mut file = File::options().read(true).write(true).open(&place.file).unwrap();
    let mut damaged = 0;
    for page in 1..length / 4096 {
        let at = SeekFrom::Start(page * 4096 + 1000);
        let mut bytes = [0; 8];
        file.seek(at).and_then(|_| file.read_exact(&mut bytes)).unwrap();
        file.seek(at).and_then(|_| file.write_all(&bytes.map(|byte| !byte))).unwrap();
        let there = match Store::open(&place.file, MUCH) {
            Ok(store) => sum(&store),
            Err(Error::Damaged(_)) => {
                damaged += 1;
                2000
            }
            Err(other) => panic!("page {page}: {other}"),
        };
        assert_eq!(there, 2000, "page {page}: wrong sums are worse than none");
        file.seek(at).and_then(|_| file.write_all(&bytes)).unwrap();
        if page > 40 {
            break;
        }
    }
    assert!(damaged > 0);
    fs::write(&place.file, "nonsense").unwrap();
    assert!(matches!(Store::open(&place.file, MUCH), Err(Error::Damaged(_))));
    fs::write(&place.file, "").unwrap();
    assert_eq!(sum(&Store::open(&place.file, MUCH).unwrap()), 0);
    assert!(matches!(Store::open(&place.file.join("below"), MUCH), Err(Error::Io(_))));
}

#[test]
fn a_full_disk_loses_nothing_that_was_written() {
    const TEST: &str = "a_full_disk_loses_nothing_that_was_written";
    if let Some((_, file)) = role() {
        let mut store = Store::open(&file, MUCH).unwrap();
        let mut written = 0;
        let failure = loop {
            let mut batch = Batch::default();
            (0..1000).for_each(|n| batch.add(written / 1000, id(n), labels(&"x".repeat(500)), of(1)));
            match store.add(&batch) {
                Ok(()) => written += 1000,
                Err(error) => break error,
            }
        };
        println!("written {written}: {failure}");
        return;
    }
    let place = place();
    let file = place.file.clone();
    // In blocks of 512 or 1024 bytes.
    let output = again(TEST, "writer", &file).env("BLOCKS", "8192").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.split("written ").nth(1)).unwrap_or_else(|| panic!("{text}"));
    let (written, failure) = line.split_once(": ").unwrap();
    assert!(failure.contains("File too large"), "{failure}");
    let mut store = Store::open(&file, MUCH).unwrap();
    let written: u64 = written.parse().unwrap();
    assert!(written > 0 && sum(&store) == written, "{} of {written}", sum(&store));
    store.add(&one(9999, 1, labels("later"), of(1))).unwrap();
}

#[test]
fn a_clock_that_jumps_costs_a_day_at_most() {
    let place = place();
    let mut store = Store::open(&place.file, Limits { hours: 48, ..MUCH }).unwrap();
    (1000..1040).for_each(|hour| store.add(&one(hour, 1, labels("alice"), of(1))).unwrap());
    // Back.
    store.add(&one(900, 1, labels("alice"), of(1))).unwrap();
    assert_eq!(sum(&store), 41);
    store.tidy(1040).unwrap();
    assert_eq!(sum(&store), 40, "what is too old");
    store.tidy(1040).unwrap();
    store.tidy(3).unwrap();
    assert_eq!(sum(&store), 40);
    store.tidy(1_000_000).unwrap();
    assert_eq!(sum(&store), 16, "far ahead");
    store.tidy(1_000_000).unwrap();
    assert_eq!(sum(&store), 0);
    store.tidy(1_000_000).unwrap();
}

#[test]
fn an_hour_has_a_limited_number_of_records_whatever_names_there_are() {
    let place = place();
    let mut store = Store::open(&place.file, MUCH).unwrap();
    let mut whole = 0;
    for part in 0..5 {
        let mut batch = Batch::default();
        for number in 0..10_000 {
            let number = part * 10_000 + number;
            let container = format!("libpod-{number}");
            let tenant = format!("7@{container}");
            batch.add(5, id(number), Labels { container, program: tenant.clone(), ..labels(&tenant) }, of(1));
            whole += 1;
        }
        store.add(&batch).unwrap();
    }
    assert_eq!(records(&store) as u64, 2 * MOST_IN_HOUR + 1);
    assert_eq!(sum(&store), whole);
    let report = store.report(&by(By::Tenant, 5, 5)).unwrap();
    assert_eq!((report.groups[0].name.as_str(), report.groups[0].amounts.calls), (MANY, 30_000));
    let shown: u64 = report.groups.iter().map(|group| group.amounts.calls).sum();
    assert_eq!((report.groups.len(), shown + report.of_others.calls), (1000, whole));
    assert!(report.others > 0);
}

#[test]
fn a_file_that_is_too_large_shrinks() {
    let place = place();
    let limit = 4 << 20;
    let mut store = Store::open(&place.file, Limits { bytes: limit, ..MUCH }).unwrap();
    let mut written = 0;
    while store.bytes() <= 2 * limit {
        let mut batch = Batch::default();
        (0..500).for_each(|n| batch.add(480 + written, id(n), labels(&format!("tenant {}", n % 9)), of(1)));
        store.add(&batch).unwrap();
        written += 1;
    }
    store.tidy(480 + written).unwrap();
    // The older half is joined.
    assert!(store.bytes() <= limit * 3 / 2, "{}", store.bytes());
    assert_eq!(sum(&store), 500 * written);
    assert_eq!(calls(&store, &by(By::Tenant, 0, u64::MAX)).len(), 9);
    assert_eq!(calls(&store, &by(By::Session, 0, u64::MAX))[0].0, MANY);
    while store.bytes() > limit {
        store.tidy(480 + written).unwrap();
    }
    let last = 479 + written;
    assert_eq!(calls(&store, &by(By::Api, last, last)), [("opencl".to_owned(), 500)], "the newest hour stays");
}
