//! Faults on demand: `AVA_SOFTCUDA_FAULTS` says which operations fail or take long.
//!
//! A list with commas: `oom@N` lets the Nth allocation of device memory fail with `OUT_OF_MEMORY`, `launch@N=E` the Nth
//! kernel end with the error E, `load@N=E` the Nth load of a module fail with E, `slow=M` every kernel take M milliseconds
//! longer. Numbers count from 1, for the whole process.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::cuda::{Result, Status};

#[derive(Default)]
struct Faults {
    allocations: Vec<(u64, u32)>,
    launches: Vec<(u64, u32)>,
    loads: Vec<(u64, u32)>,
    slow: Duration,
}

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static LAUNCHES: AtomicU64 = AtomicU64::new(0);
static LOADS: AtomicU64 = AtomicU64::new(0);

/// What an allocation of device memory comes to.
pub fn allocation() -> Result {
    count(&ALLOCATIONS, &wanted().allocations)
}

/// What a launch comes to, and how much longer it takes.
pub fn launch() -> (Result, Duration) {
    (count(&LAUNCHES, &wanted().launches), wanted().slow)
}

/// What a load of a module comes to.
pub fn load() -> Result {
    count(&LOADS, &wanted().loads)
}

fn count(counter: &AtomicU64, faults: &[(u64, u32)]) -> Result {
    if faults.is_empty() {
        return Ok(());
    }
    let number = counter.fetch_add(1, Ordering::Relaxed) + 1;
    faults.iter().find(|(at, _)| *at == number).map_or(Ok(()), |(_, error)| Status::failed(*error))
}

fn wanted() -> &'static Faults {
    static WANTED: OnceLock<Faults> = OnceLock::new();
    WANTED.get_or_init(|| {
        let text = std::env::var("AVA_SOFTCUDA_FAULTS").unwrap_or_default();
        parse(&text).unwrap_or_else(|wrong| {
            eprintln!("softcuda: AVA_SOFTCUDA_FAULTS: {wrong:?} is no fault; see the README");
            std::process::exit(2)
        })
    })
}

fn parse(text: &str) -> std::result::Result<Faults, &str> {
    let mut faults = Faults::default();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        add(&mut faults, item).ok_or(item)?;
    }
    Ok(faults)
}

fn add(faults: &mut Faults, item: &str) -> Option<()> {
    if let Some(milliseconds) = item.strip_prefix("slow=") {
        faults.slow = Duration::from_millis(milliseconds.parse().ok()?);
        return Some(());
    }
    let (kind, rest) = item.split_once('@')?;
    let (number, error) = rest.split_once('=').map_or((rest, None), |(number, error)| (number, Some(error)));
    let number = number.parse().ok().filter(|number| *number > 0)?;
    match (kind, error) {
        ("oom", None) => faults.allocations.push((number, Status::OUT_OF_MEMORY.0)),
        ("launch", Some(error)) => faults.launches.push((number, error.parse().ok()?)),
        ("load", Some(error)) => faults.loads.push((number, error.parse().ok()?)),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_a_list() {
        let faults = parse("oom@3, launch@1=700,launch@2=719,load@1=218,slow=20").expect("all are faults");
        assert_eq!(faults.allocations, [(3, 2)]);
        assert_eq!(faults.launches, [(1, 700), (2, 719)]);
        assert_eq!(faults.loads, [(1, 218)]);
        assert_eq!(faults.slow, Duration::from_millis(20));
    }

    #[test]
    fn what_is_no_fault_is_said() {
        for wrong in ["oom", "oom@0", "oom@x", "oom@1=2", "launch@1", "launch@1=x", "slow=", "other@1=2"] {
            assert_eq!(parse(wrong).err(), Some(wrong));
        }
    }
}
