//! Results as a table.

use std::fmt::Write;

use super::cpus::Mode;
use super::results::{Group, Program, Results, Sides};
use super::units::{Unit, readable};

/// What figures are called. In the order of the table.
const LABELS: &[(&str, &str)] = &[
    ("round_trip", "round trip: a reference count"),
    ("set_kernel_arg", "clSetKernelArg"),
    ("enqueue", "clEnqueueNDRangeKernel, no event"),
    ("device_info", "clGetDeviceInfo"),
    ("retain_release", "clRetain and clReleaseMemObject"),
    ("event_poll", "clGetEventInfo, until complete"),
    ("launch_polled", "launch, and polls until complete"),
    ("device_info_single", "clGetDeviceInfo, timed singly"),
    ("finish_idle", "clFinish of an idle queue"),
    ("launch_finish", "launch and clFinish"),
    ("launches_1000_enqueue", "one of 1,000 launches"),
    ("launches_1000", "the same with its share of clFinish"),
    ("write_4", "blocking write of 4 bytes"),
    ("read_4", "blocking read of 4 bytes"),
    ("write_1m", "write of 1 MiB"),
    ("read_1m", "read of 1 MiB"),
    ("map_1m", "map, fill, unmap 1 MiB"),
    ("write_256m", "write of 256 MiB"),
    ("read_256m", "read of 256 MiB"),
    ("map_256m", "map, fill, unmap 256 MiB"),
    ("preload", "/bin/true, started and ended"),
    ("memory_without_calls", "private memory without OpenCL"),
    ("memory_program", "private memory of the program"),
    ("memory_broker_share", "private memory of the broker / 8"),
    ("memory_shared", "its share of memory with the worker"),
    ("memory_session", "of a session: broker and library"),
    ("session_info", "C_GetSessionInfo"),
    ("open_close", "C_OpenSession and C_CloseSession"),
    ("random_32", "32 random bytes"),
    ("digest_32", "SHA-256 of 32 bytes"),
    ("digest_64k", "SHA-256 of 64 KiB"),
    ("sign_hmac", "signature, HMAC with SHA-256"),
    ("sign_ecdsa", "signature, ECDSA on P-256"),
    ("sign_rsa", "signature, RSA of 2048 bits"),
    ("create_session", "session object: created"),
    ("list_1_session", "session object: found one by one"),
    ("list_10_session", "session object: found in tens"),
    ("list_100_session", "session object: found in hundreds"),
    ("read_session", "session object: read"),
    ("destroy_session", "session object: destroyed"),
    ("objects_session", "session object: all of this"),
    ("create_token", "token object: created"),
    ("list_1_token", "token object: found one by one"),
    ("list_10_token", "token object: found in tens"),
    ("list_100_token", "token object: found in hundreds"),
    ("read_token", "token object: read"),
    ("destroy_token", "token object: destroyed"),
    ("objects_token", "token object: all of this"),
    ("invoke_fc", "Invoke: fc"),
    ("copy_invoke_copy_fc", "with copies: fc"),
    ("write_in_place_fc", "written in place: fc"),
    ("create_allocate_delete_fc", "interpreter made and gone: fc"),
    ("invoke_conv", "Invoke: conv"),
    ("copy_invoke_copy_conv", "with copies: conv"),
    ("write_in_place_conv", "written in place: conv"),
    ("create_allocate_delete_conv", "interpreter made and gone: conv"),
    ("invoke_camera", "Invoke: 1 ms, image"),
    ("copy_invoke_copy_camera", "with copies: 1 ms, image"),
    ("write_in_place_camera", "written in place: 1 ms, image"),
    ("create_allocate_delete_camera", "interpreter made and gone: 1 ms, image"),
    ("invoke_camera_deep", "Invoke: 10 ms, image"),
    ("copy_invoke_copy_camera_deep", "with copies: 10 ms, image"),
    ("write_in_place_camera_deep", "written in place: 10 ms, image"),
    ("create_allocate_delete_camera_deep", "interpreter made and gone: 10 ms, image"),
    ("cuda_launch", "cuLaunchKernel, in the program"),
    ("cuda_launches_1000", "1,000 launches and a wait"),
    ("cuda_launch_sync", "launch and wait"),
    ("cuda_step", "a step of 283 calls, and wait"),
    ("cuda_event", "event recorded and polled"),
    ("cuda_alloc_free", "cuMemAlloc and cuMemFree"),
    ("cuda_graph", "graph launched, and wait"),
    ("cuda_module", "module loaded and unloaded"),
    ("copy_in_4", "copy of 4 bytes to the device"),
    ("copy_in_4_pinned", "copy of 4 bytes to the device, pinned"),
    ("copy_out_4", "copy of 4 bytes from the device"),
    ("copy_out_4_pinned", "copy of 4 bytes from the device, pinned"),
    ("copy_in_1m", "copy of 1 MiB to the device"),
    ("copy_in_1m_pinned", "copy of 1 MiB to the device, pinned"),
    ("copy_out_1m", "copy of 1 MiB from the device"),
    ("copy_out_1m_pinned", "copy of 1 MiB from the device, pinned"),
    ("copy_in_256m", "copy of 256 MiB to the device"),
    ("copy_in_256m_pinned", "copy of 256 MiB to the device, pinned"),
    ("copy_out_256m", "copy of 256 MiB from the device"),
    ("copy_out_256m_pinned", "copy of 256 MiB from the device, pinned"),
    ("together", "whole programs at once"),
    ("instructions_set_kernel_arg", "clSetKernelArg"),
    ("instructions_enqueue", "clEnqueueNDRangeKernel, no event"),
    ("instructions_device_info", "clGetDeviceInfo"),
    ("instructions_retain_release", "clRetain and clReleaseMemObject"),
];

/// For people.
pub fn table(results: &Results) -> String {
    let machine = &results.machine;
    let cpus = if machine.cpus == 1 { "1 CPU".to_owned() } else { format!("{} CPUs", machine.cpus) };
    let runs = if results.repeat == 1 { "one run".to_owned() } else { format!("medians of {} runs", results.repeat) };
    let mut text = format!("{cpus} ({}), {runs} by turns\n", machine.processor);
    if results.quick {
        text += "A quick run: it shows that all works, its figures are rough.\n";
    }
    let sockets = results.groups.iter().any(|group| {
        let figures = group.figures.iter().map(|figure| &figure.sides);
        figures.chain(group.programs.iter().map(|program| &program.sides)).any(|sides| sides.ava_socket.is_some())
    });
    for group in &results.groups {
        of_group(&mut text, results, group, sockets);
    }
    if !results.skipped.is_empty() {
        text += "\nskipped\n";
        for skipped in &results.skipped {
            let _ = writeln!(text, "  {}: {}", skipped.name, skipped.why);
        }
    }
    if !results.targets.is_empty() {
        let met = results.targets.iter().filter(|verdict| verdict.met).count();
        let _ = writeln!(text, "\n{met} of {} targets met", results.targets.len());
    }
    text
}

/// A program that was just measured.
pub fn line(program: &Program) -> String {
    let cell = |time: Option<f64>| time.map_or_else(|| "-".to_owned(), |time| readable(program.unit, time));
    let Sides { native, ava, ratio, .. } = program.sides;
    format!("{} natively, {} through AvA: {:.2}x", cell(native), cell(ava), ratio.unwrap_or(f64::NAN))
}

fn of_group(text: &mut String, results: &Results, group: &Group, sockets: bool) {
    let title = match (group.vendor, &group.device) {
        (Some(vendor), Some(device)) => format!("{vendor} ({device})"),
        (Some(vendor), None) => vendor.to_owned(),
        (None, _) => "without a vendor library".to_owned(),
    };
    let place = match (group.mode, results.machine.program_cpu, results.machine.broker_cpu) {
        (Mode::Pinned, Some(program), Some(broker)) => {
            format!("pinned: the program on CPU {program}, broker and worker on CPU {broker}, natively on both")
        }
        (mode, ..) => mode.beside(group.busy),
    };
    let _ = writeln!(text, "\n{title}, {place}");
    if !group.together.is_empty() {
        let _ = writeln!(text, "at once: {}", group.together.join(" "));
    }
    let p11_kit = group.figures.iter().any(|figure| figure.sides.p11_kit.is_some());
    let column = |there: bool, name: &str, ratio: &str| {
        if there { format!("{name:>12} {ratio:>9} ") } else { String::new() }
    };
    let more = column(sockets, "SOCKET", "RATIO") + &column(p11_kit, "P11-KIT", "RATIO");
    let head = format!("{:<36} {:>12} {:>12} {:>9} {more} TARGET", "", "NATIVE", "AVA", "RATIO");
    let _ = writeln!(text, "{}", head.trim_end());
    let verdicts = |name: &str| {
        let own = results.targets.iter().filter(|verdict| verdict.is_of(group));
        let said = own.filter(|verdict| verdict.figure == name).map(|v| format!("{}: {}", v.target, v.says()));
        said.collect::<Vec<_>>().join("; ")
    };
    let mut row = |label: &str, unit: Unit, sides: &Sides, target: &str| {
        let value = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| readable(unit, value));
        let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}x"));
        let more = column(sockets, &value(sides.ava_socket), &ratio(sides.ratio_socket))
            + &column(p11_kit, &value(sides.p11_kit), &ratio(sides.ratio_p11_kit));
        let line = format!(
            "{label:<36} {:>12} {:>12} {:>9} {more} {target}",
            value(sides.native),
            value(sides.ava),
            ratio(sides.ratio)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    };
    let known = LABELS.iter().filter_map(|(name, label)| Some((*label, group.figure(name)?)));
    for (label, figure) in known {
        row(label, figure.unit, &figure.sides, &verdicts(&figure.name));
    }
    for program in &group.programs {
        let said = if program.checksums_equal { &*verdicts(program.name) } else { "COMPUTES SOMETHING ELSE" };
        row(program.name, program.unit, &program.sides, said);
    }
    for (name, label) in [("programs_mean", "programs, geometric mean"), ("programs_worst", "programs, slowest")] {
        let own = results.targets.iter().filter(|verdict| verdict.is_of(group));
        for verdict in own.filter(|verdict| verdict.figure == name) {
            let only_sockets = group.programs.iter().all(|program| program.sides.ava.is_none());
            let (ratio, ratio_socket) =
                if only_sockets { (None, Some(verdict.value)) } else { (Some(verdict.value), None) };
            let sides = Sides { ratio, ratio_socket, ..Sides::default() };
            row(label, Unit::Ratio, &sides, &verdicts(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::results::{Figure, Machine, Program, Skipped};
    use super::super::targets::verdicts;
    use super::*;

    fn program() -> Program {
        Program {
            name: "stencil",
            unit: Unit::Seconds,
            sides: Sides::new(Some(2.0), Some(4.0), None),
            checksum_native: "a".to_owned(),
            checksum_ava: "a".to_owned(),
            checksums_equal: true,
        }
    }

    fn results(sockets: Option<f64>) -> Results {
        let mut group = Group::new(Some("pocl"), Mode::Unpinned, 0);
        group.device = Some("cpu".to_owned());
        let sides = Sides::new(Some(20e-9), Some(9e-6), sockets);
        group.figures.push(Figure { name: "round_trip".to_owned(), unit: Unit::Seconds, sides });
        let bandwidth = Sides::new(Some(20e9), Some(19e9), None);
        group.figures.push(Figure { name: "read_1m".to_owned(), unit: Unit::BytesPerSecond, sides: bandwidth });
        group.programs.push(program());
        let targets = verdicts(&group);
        Results {
            schema: 1,
            machine: Machine { processor: "A CPU".to_owned(), cpus: 2, program_cpu: None, broker_cpu: None },
            repeat: 3,
            quick: false,
            groups: vec![group],
            skipped: vec![Skipped { name: "hashcat".to_owned(), why: "it is not there".to_owned() }],
            errors: Vec::new(),
            targets,
        }
    }

    #[test]
    fn the_table_says_what_is_met() {
        let expected = "\
2 CPUs (A CPU), medians of 3 runs by turns

pocl (cpu), unpinned
                                           NATIVE          AVA     RATIO  TARGET
round trip: a reference count             20.0 ns      9.00 us   450.00x  <= 6.00 us: missed by 3.00 us
read of 1 MiB                          20.00 GB/s   19.00 GB/s     0.95x  >= 0.90x native: met
stencil                                    2.00 s       4.00 s     2.00x
programs, geometric mean                        -            -     2.00x  geometric mean of 1 <= 1.02x native: missed by 0.98x
programs, slowest                               -            -     2.00x  each <= 1.10x native, worst is stencil: missed by 0.90x

skipped
  hashcat: it is not there

1 of 4 targets met
";
        assert_eq!(table(&results(None)), expected);
    }

    #[test]
    fn a_group_beside_busy_processes_is_judged_by_its_own_targets() {
        let mut results = results(None);
        let mut group = Group::new(Some("pocl"), Mode::Unpinned, 2);
        group.programs.push(Program { sides: Sides::new(Some(2.0), Some(2.5), None), ..program() });
        results.targets.extend(verdicts(&group));
        results.groups.push(group);
        let expected = "
pocl, unpinned, beside 2 busy processes
                                           NATIVE          AVA     RATIO  TARGET
stencil                                    2.00 s       2.50 s     1.25x
programs, geometric mean                        -            -     1.25x  geometric mean of 1 <= 1.10x native: missed by 0.15x
programs, slowest                               -            -     1.25x  each <= 1.50x native, worst is stencil: met
";
        let table = table(&results);
        assert!(table.contains(expected), "{table}");
        let json: Value = serde_json::to_value(results).unwrap();
        assert_eq!((&json["groups"][0]["busy"], &json["groups"][1]["busy"]), (&0.into(), &2.into()));
    }

    #[test]
    fn sockets_have_columns_of_their_own() {
        let table = table(&results(Some(90e-6)));
        let row = table.lines().find(|line| line.starts_with("round trip")).unwrap();
        let columns: Vec<_> = row.split_whitespace().skip(5).take(9).collect();
        assert_eq!(columns, ["20.0", "ns", "9.00", "us", "450.00x", "90.00", "us", "4500.00x", "<="]);
    }

    #[test]
    fn json_has_base_units() {
        let json: Value = serde_json::to_value(results(None)).unwrap();
        assert_eq!(json["schema"], 1);
        let figure = &json["groups"][0]["figures"][0];
        assert_eq!((&figure["name"], &figure["unit"]), (&"round_trip".into(), &"seconds".into()));
        assert_eq!(figure["native"], 20e-9);
        assert!(figure.get("ava_socket").is_none());
        assert_eq!(json["groups"][0]["programs"][0]["ratio"], 2.0);
        assert_eq!(json["groups"][0]["programs"][0]["checksums_equal"], true);
        assert_eq!(json["targets"][0]["met"], false);
        assert_eq!(json["skipped"][0]["name"], "hashcat");
    }
}
