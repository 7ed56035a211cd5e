//! The seccomp filter: a worker may make the system calls that computing needs, on itself only.
//!
//! A call that is not on the list fails with `EPERM`. Where libraries have a fallback, it fails with `ENOSYS`, as on an
//! older kernel. The kernel caches which calls are allowed with any arguments, and lets them pass without running the
//! filter.

mod allowed;
mod rules;

use std::path::Path;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, sock_filter};

use crate::plan::Error;
use rules::Rules;

pub use rules::Rights;

/// Limits this thread and all threads and processes that it creates to the allowed calls; `false` if the kernel has no
/// seccomp filters. `abi` is the version of Landlock in force: the filter also refuses what that version does not cover.
pub fn confine(rights: Rights, abi: i32) -> Result<bool, Error> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let errno = |code: i32| SeccompAction::Errno(code.unsigned_abs());
    // If several filters refuse a call, the result of the last installed one counts.
    let filters = [
        program(allowed::rules(rights, abi)?, &errno(libc::EPERM), &SeccompAction::Allow, arch)?,
        // Without `clone3` glibc starts threads by `clone`, whose flags a filter can check.
        program(allowed::absent(), &SeccompAction::Allow, &errno(libc::ENOSYS), arch)?,
    ];
    if !Path::new("/proc/sys/kernel/seccomp").exists() {
        return Ok(false);
    }
    for filter in &filters {
        seccompiler::apply_filter(filter)?;
    }
    Ok(true)
}

/// A filter is split into so many parts, which run one after the other.
const PARTS: usize = 8;

/// A filter as the kernel runs it. It tests the rules in the order of the call numbers, and the kernel runs it once per
/// number when it is installed. So it consists of several filters, each for a range of numbers.
fn program(
    mut rules: Rules,
    mismatch: &SeccompAction,
    matched: &SeccompAction,
    arch: TargetArch,
) -> Result<BpfProgram, Error> {
    let size = rules.len().div_ceil(PARTS).max(1);
    let mut parts = Vec::new();
    while let Some(first) = rules.keys().next().copied() {
        let later = rules.keys().nth(size).copied();
        let later = later.map(|number| rules.split_off(&number)).unwrap_or_default();
        let part = SeccompFilter::new(rules, mismatch.clone(), matched.clone(), arch)?;
        parts.push((first, BpfProgram::try_from(part)?));
        rules = later;
    }
    Ok(joined(&parts))
}

/// Joins filters, each for the numbers from its own first number to the next one's; the first also for those below.
fn joined(parts: &[(i64, BpfProgram)]) -> BpfProgram {
    let step = |code: u32, k: usize, jf: u8| sock_filter { code: code as u16, jt: 0, jf, k: k as u32 };
    let starts: Vec<usize> =
        parts.iter().scan(0, |at, (_, part)| Some(std::mem::replace(at, *at + part.len()))).collect();
    // The call's number is the first word. Then, from the last part on: jump to the part if the number is in its range.
    let mut all = vec![step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0)];
    let head = 1 + 2 * parts.len().saturating_sub(1);
    for ((first, _), start) in parts.iter().zip(&starts).skip(1).rev() {
        all.push(step(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, *first as usize, 1));
        all.push(step(libc::BPF_JMP | libc::BPF_JA, head + start - (all.len() + 1), 0));
    }
    all.extend(parts.iter().flat_map(|(_, part)| part.iter().cloned()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The filter's result for a call number. It interprets the program as the kernel would, with the instructions used
    /// here.
    fn run(program: &[sock_filter], number: u32, arch: u32) -> u32 {
        let (mut at, mut word) = (0, 0);
        loop {
            let step = &program[at];
            at += 1;
            let jump = |taken: bool| usize::from(if taken { step.jt } else { step.jf });
            match u32::from(step.code) {
                0x20 => word = if step.k == 0 { number } else { arch },
                0x15 => at += jump(word == step.k),
                0x35 => at += jump(word >= step.k),
                0x05 => at += step.k as usize,
                0x06 => return step.k,
                other => panic!("instruction {other:#x}"),
            }
        }
    }

    #[test]
    fn a_filter_of_parts_says_what_the_whole_would() {
        const X86_64: u32 = 0xc000_003e;
        const ALLOW: u32 = 0x7fff_0000;
        for count in [1, 2, 7, 8, 9, 100] {
            let numbers: Vec<i64> = (0..count).map(|at| at * at % 331 + 3 * at).collect();
            let rules: Rules = numbers.iter().map(|number| (*number, Vec::new())).collect();
            let filter = program(rules, &SeccompAction::Errno(1), &SeccompAction::Allow, TargetArch::x86_64).unwrap();
            for number in (0..700).chain([0x4000_0000, u32::MAX]) {
                let allowed = numbers.contains(&i64::from(number));
                assert_eq!(run(&filter, number, X86_64) == ALLOW, allowed, "{number} of {count}");
                assert_ne!(run(&filter, number, 0x4000_0003), ALLOW, "another processor's numbers");
            }
        }
    }
}
