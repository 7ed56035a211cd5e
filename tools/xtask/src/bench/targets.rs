//! What AvA is to cost at most, and whether it does.

use super::cpus::Mode;
use super::results::{Group, Sides, Verdict};
use super::statistics::geometric_mean;
use super::units::{Unit, readable};

/// A limit of a figure.
#[derive(Debug, Clone, Copy)]
enum Limit {
    /// So much at most.
    Most(f64),
    /// What it takes natively, and so much more.
    MostBeyondNative(f64),
    /// So many times what it takes natively.
    MostOfNative(f64),
    /// At least so many times what there is natively.
    LeastOfNative(f64),
    /// So many times faster than through sockets.
    FasterThanSockets(f64),
}

/// A limit, and in which runs it holds (all, if nothing is said). All are those of an idle machine.
struct Target(&'static str, Option<Mode>, Limit);

const US: f64 = 1e-6;
const NS: f64 = 1e-9;

const TARGETS: &[Target] = &[
    Target("round_trip", Some(Mode::Pinned), Limit::Most(1.5 * US)),
    Target("round_trip", Some(Mode::Unpinned), Limit::Most(6.0 * US)),
    Target("round_trip", Some(Mode::Pinned), Limit::FasterThanSockets(10.0)),
    Target("set_kernel_arg", None, Limit::Most(150.0 * NS)),
    Target("enqueue", None, Limit::Most(300.0 * NS)),
    Target("enqueue", None, Limit::MostBeyondNative(0.0)),
    Target("device_info", None, Limit::MostBeyondNative(0.0)),
    Target("launches_1000", None, Limit::MostOfNative(1.3)),
    Target("launch_finish", None, Limit::MostBeyondNative(3.0 * US)),
    Target("read_4", None, Limit::MostBeyondNative(3.0 * US)),
    Target("write_4", None, Limit::MostBeyondNative(3.0 * US)),
    Target("read_1m", None, Limit::LeastOfNative(0.9)),
    Target("write_1m", None, Limit::LeastOfNative(0.9)),
    Target("map_1m", None, Limit::LeastOfNative(0.9)),
    Target("read_256m", None, Limit::LeastOfNative(0.9)),
    Target("write_256m", None, Limit::LeastOfNative(0.9)),
    Target("map_256m", None, Limit::LeastOfNative(0.9)),
    Target("preload", None, Limit::MostBeyondNative(300.0 * US)),
    Target("session_info", Some(Mode::Pinned), Limit::Most(1.5 * US)),
    Target("session_info", Some(Mode::Unpinned), Limit::Most(6.0 * US)),
    Target("objects_session", None, Limit::MostOfNative(1.5)),
    Target("objects_token", None, Limit::MostOfNative(1.5)),
    Target("memory_session", None, Limit::Most(8.0 * 1024.0 * 1024.0)),
    Target("cuda_launch", None, Limit::Most(150.0 * NS)),
    Target("cuda_launch_sync", None, Limit::MostBeyondNative(3.0 * US)),
    Target("cuda_step", None, Limit::MostOfNative(1.05)),
    Target("copy_in_256m_pinned", None, Limit::LeastOfNative(0.95)),
    Target("copy_out_256m_pinned", None, Limit::LeastOfNative(0.95)),
    Target("together", None, Limit::MostOfNative(1.05)),
];

/// Of the ratios of whole programs: their geometric mean, and each of them.
struct OfPrograms {
    mean: f64,
    worst: f64,
}

const IDLE: OfPrograms = OfPrograms { mean: 1.02, worst: 1.10 };
/// Beside processes that only compute.
const BUSY: OfPrograms = OfPrograms { mean: 1.10, worst: 1.50 };

/// Programs that do nothing but what costs most, with a limit of their own: they are not in the mean.
const APART: &[(&str, f64)] = &[("objects", 2.0)];

/// The verdicts on a group: of each target whose figure was measured, and of its whole programs.
pub fn verdicts(group: &Group) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let idle = TARGETS.iter().filter(|_| group.busy == 0);
    for Target(name, mode, limit) in idle {
        let Some(figure) = group.figure(name) else { continue };
        if mode.is_some_and(|mode| mode != group.mode) {
            continue;
        }
        verdicts.extend(verdict(group, name, figure.unit, &figure.sides, *limit));
    }
    // Pinned, natively a program has two CPUs and its worker one: not what the targets are about.
    if group.mode == Mode::Unpinned {
        verdicts.extend(of_programs(group));
    }
    verdicts
}

fn verdict(group: &Group, figure: &str, unit: Unit, sides: &Sides, limit: Limit) -> Option<Verdict> {
    let (measured, ratio) = sides.measured();
    let (target, unit, value, bound, least) = match limit {
        Limit::Most(bound) => (format!("<= {}", readable(unit, bound)), unit, measured?, bound, false),
        Limit::MostBeyondNative(more) => {
            let more_text = if more > 0.0 { format!(" + {}", readable(unit, more)) } else { String::new() };
            (format!("<= native{more_text}"), unit, measured?, sides.native? + more, false)
        }
        Limit::MostOfNative(bound) => (format!("<= {bound:.2}x native"), Unit::Ratio, ratio?, bound, false),
        Limit::LeastOfNative(bound) => (format!(">= {bound:.2}x native"), Unit::Ratio, ratio?, bound, true),
        Limit::FasterThanSockets(bound) => {
            let faster = sides.ava_socket? / sides.ava?;
            (format!("{bound:.0}x faster than sockets"), Unit::Ratio, faster, bound, true)
        }
    };
    Some(judged(group, figure.to_owned(), target, unit, (value, bound, least)))
}

fn judged(
    group: &Group,
    figure: String,
    target: String,
    unit: Unit,
    (value, limit, least): (f64, f64, bool),
) -> Verdict {
    let beyond = if least { limit - value } else { value - limit };
    let met = beyond <= 0.0;
    let missed_by = (!met).then_some(beyond);
    let (vendor, mode, busy) = (group.vendor, group.mode, group.busy);
    Verdict { vendor, mode, busy, figure, target, unit, value, limit, met, missed_by }
}

fn of_programs(group: &Group) -> Vec<Verdict> {
    let good = group.programs.iter().filter(|program| program.checksums_equal);
    let ratios = good.filter_map(|program| Some((program.name, program.sides.measured().1?)));
    let limit_of = |name: &str| Some(APART.iter().find(|(apart, _)| *apart == name)?.1);
    let (apart, ratios): (Vec<_>, Vec<_>) = ratios.partition(|(name, _)| limit_of(name).is_some());
    let mut verdicts = Vec::new();
    for (name, ratio) in apart {
        let Some(limit) = limit_of(name) else { continue };
        let target = format!("<= {limit:.2}x native");
        verdicts.push(judged(group, name.to_owned(), target, Unit::Ratio, (ratio, limit, false)));
    }
    let mean = geometric_mean(&ratios.iter().map(|(_, ratio)| *ratio).collect::<Vec<_>>());
    let worst = ratios.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    if let (Some(mean), Some((worst, ratio))) = (mean, worst) {
        let limits = if group.busy == 0 { IDLE } else { BUSY };
        let of_mean = format!("geometric mean of {} <= {:.2}x native", ratios.len(), limits.mean);
        let of_worst = format!("each <= {:.2}x native, worst is {worst}", limits.worst);
        verdicts.push(judged(group, "programs_mean".to_owned(), of_mean, Unit::Ratio, (mean, limits.mean, false)));
        verdicts.push(judged(group, "programs_worst".to_owned(), of_worst, Unit::Ratio, (*ratio, limits.worst, false)));
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::super::results::{Figure, Program};
    use super::*;

    fn group(mode: Mode, figures: &[(&str, Unit, [Option<f64>; 3])]) -> Group {
        let mut group = Group::new(Some("pocl"), mode, 0);
        group.figures = figures
            .iter()
            .map(|(name, unit, [native, ava, socket])| Figure {
                name: (*name).to_owned(),
                unit: *unit,
                sides: Sides::new(*native, *ava, *socket),
            })
            .collect();
        group
    }

    fn said(group: &Group) -> Vec<String> {
        verdicts(group).iter().map(|v| format!("{} {}: {}", v.figure, v.target, v.says())).collect()
    }

    #[test]
    fn limits_depend_on_pinning() {
        let round_trip = [("round_trip", Unit::Seconds, [Some(20e-9), Some(4e-6), Some(30e-6)])];
        let pinned = said(&group(Mode::Pinned, &round_trip));
        let expected =
            ["round_trip <= 1.50 us: missed by 2.50 us", "round_trip 10x faster than sockets: missed by 2.50x"];
        assert_eq!(pinned, expected);
        assert_eq!(said(&group(Mode::Unpinned, &round_trip)), ["round_trip <= 6.00 us: met"]);
    }

    #[test]
    fn beside_busy_processes_calls_have_no_target() {
        let mut group = group(Mode::Unpinned, &[("round_trip", Unit::Seconds, [Some(20e-9), Some(9e-6), None])]);
        group.busy = 2;
        assert!(verdicts(&group).is_empty());
    }

    #[test]
    fn each_kind_of_limit_is_judged() {
        let figures = [
            ("enqueue", Unit::Seconds, [Some(200e-9), Some(250e-9), None]),
            ("launches_1000", Unit::Seconds, [Some(2e-6), Some(2.5e-6), None]),
            ("read_4", Unit::Seconds, [Some(2e-6), Some(6e-6), None]),
            ("read_1m", Unit::BytesPerSecond, [Some(1e9), Some(0.95e9), None]),
            ("write_1m", Unit::BytesPerSecond, [Some(1e9), Some(0.5e9), None]),
            ("memory_session", Unit::Bytes, [None, Some(9.0 * 1_048_576.0), None]),
            ("unknown", Unit::Seconds, [Some(1.0), Some(2.0), None]),
        ];
        let expected = [
            "enqueue <= 300 ns: met",
            "enqueue <= native: missed by 50.0 ns",
            "launches_1000 <= 1.30x native: met",
            "read_4 <= native + 3.00 us: missed by 1.00 us",
            "read_1m >= 0.90x native: met",
            "write_1m >= 0.90x native: missed by 0.40x",
            "memory_session <= 8.00 MiB: missed by 1.00 MiB",
        ];
        assert_eq!(said(&group(Mode::Unpinned, &figures)), expected);
    }

    #[test]
    fn sockets_alone_are_judged_like_the_default() {
        let round_trip = [("round_trip", Unit::Seconds, [Some(20e-9), None, Some(5e-6)])];
        assert_eq!(said(&group(Mode::Unpinned, &round_trip)), ["round_trip <= 6.00 us: met"]);
    }

    #[test]
    fn programs_are_judged_together() {
        let program = |name, ava: f64, same| Program {
            name,
            unit: Unit::Seconds,
            sides: Sides::new(Some(1.0), Some(ava), None),
            checksum_native: String::new(),
            checksum_ava: String::new(),
            checksums_equal: same,
        };
        let mut group = group(Mode::Unpinned, &[]);
        group.programs = vec![program("fast", 1.0, true), program("slow", 1.21, true), program("wrong", 9.0, false)];
        group.programs.push(program("objects", 3.0, true));
        let expected = [
            "objects <= 2.00x native: missed by 1.00x",
            "programs_mean geometric mean of 2 <= 1.02x native: missed by 0.08x",
            "programs_worst each <= 1.10x native, worst is slow: missed by 0.11x",
        ];
        assert_eq!(said(&group), expected);
        group.busy = 2;
        let expected = [
            "objects <= 2.00x native: missed by 1.00x",
            "programs_mean geometric mean of 2 <= 1.10x native: met",
            "programs_worst each <= 1.50x native, worst is slow: met",
        ];
        assert_eq!(said(&group), expected);
        group.mode = Mode::Pinned;
        assert!(verdicts(&group).is_empty());
    }
}
