//! Devices that a rule hides, or shows a part of: programs see those that it names, and are refused all others.

use ava_tests::administration::{set_policy, tenant, try_policy};
use ava_tests::{Ended, Program, Vendor, World, built};

/// What a program lists where these devices are shown.
fn listed(world: &World, program: &Program, devices: &str) -> String {
    let socket = world.socket();
    set_policy(&socket, &tenant(&socket).name, "devices", devices);
    let answer = world.remote(program);
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    answer.stdout
}

/// The lines of a platform: its name, and those that are further in.
fn platforms(listed: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in listed.lines().skip(2) {
        match all.last_mut() {
            Some(last) if line.starts_with(' ') => *last += &format!("\n{line}"),
            _ => all.push(line.to_owned()),
        }
    }
    all
}

#[test]
fn opencl_shows_platforms_and_devices_that_a_rule_names() {
    let world = World::new(Vendor::Both);
    let program = Program::new(built::compiled("devices-opencl", "devices/opencl.c", &["-lOpenCL"]));
    let natively = world.native(&program).stdout;
    let both = platforms(&natively);
    assert_eq!(both.len(), 2, "{natively}");
    // Both have one device, which is a processor.
    let name = |platform: &str| {
        let line = platform.lines().find_map(|line| line.strip_prefix(" all: 1 ["));
        line.unwrap().trim_end_matches(']').to_owned()
    };
    assert_eq!(listed(&world, &program, "*"), natively);
    assert_eq!(platforms(&listed(&world, &program, "opencl:1,opencl:0")), both);
    for (place, platform) in both.iter().enumerate() {
        let called = platform.lines().next().unwrap();
        for pattern in [format!("opencl:{place}"), format!("{called}:0"), name(platform)] {
            let shown = listed(&world, &program, &pattern.replace(',', "*"));
            let others = if name(&both[0]) == name(&both[1]) { &both[..] } else { std::slice::from_ref(platform) };
            let expected = if pattern == name(platform) { others } else { std::slice::from_ref(platform) };
            assert_eq!(platforms(&shown), expected, "{pattern}");
            // Of no platform in particular it is the first that is shown.
            let own = expected[0].lines().find(|line| line.starts_with(" context")).unwrap();
            assert_eq!(shown.lines().nth(1), Some(own), "{pattern}");
        }
    }
    let shown = listed(&world, &program, "opencl:2");
    assert_eq!(shown, "platforms: -1001 0\n context: -1\n");
}

#[test]
fn nvidias_devices_are_hidden_and_those_that_are_shown_are_numbered_anew() {
    let world = World::new(Vendor::SoftCuda);
    let program = Program::new("python3").args([built::tests().join("devices/nvidia.py")]);
    let program = program.env("AVA_SOFTCUDA_DEVICES", "3");
    let all = world.remote(&program).stdout;
    assert_eq!(listed(&world, &program, "*"), all);
    let expected = |shown: &[u32]| {
        let mut lines = vec![
            format!("cuInit {}", if shown.is_empty() { 100 } else { 0 }),
            format!("cuDeviceGetCount 0 {}", shown.len()),
        ];
        lines.extend(shown.iter().enumerate().map(|(at, one)| format!("device {at} (0, 0) {one} 0 0000:4{one}:00.0")));
        lines.extend([shown.len() as i32, 7, -1].map(|one| format!("no device {one} (101, 101) 101")));
        lines.extend((0..3).map(|one| format!("by address {}", if shown.contains(&one) { 0 } else { 101 })));
        lines.extend(["nvmlInit 0".to_owned(), format!("nvmlDeviceGetCount 0 {}", shown.len())]);
        lines.extend(shown.iter().enumerate().map(|(at, one)| format!("device {at} (0, 0) {at} 0{one}")));
        lines.push(format!("no device {} 2", shown.len()));
        let near = |what, count: usize| format!("{what} 0 {count} 0 {count}");
        lines.extend([near("near processor", shown.len()), near("near device", shown.len() - 1)]);
        lines.extend((0..3).map(|one| if shown.contains(&one) { "by name 0 0" } else { "by name 6 6" }.to_owned()));
        lines.join("\n") + "\n"
    };
    assert_eq!(all, expected(&[0, 1, 2]));
    assert_eq!(listed(&world, &program, "cuda:1"), expected(&[1]));
    assert_eq!(listed(&world, &program, "cuda:2,0000:40:*"), expected(&[0, 2]));
    assert_eq!(listed(&world, &program, "GPU-*01,nvml:2"), expected(&[1, 2]));
    assert_eq!(listed(&world, &program, "AvA software device"), all);
    // The program's own variable chooses among them.
    let own = program.env("CUDA_VISIBLE_DEVICES", "1");
    let chosen = listed(&world, &own, "cuda:0,cuda:2");
    assert!(chosen.contains("cuDeviceGetCount 0 1\ndevice 0 (0, 0) 2 0 "), "{chosen}");
}

#[test]
fn who_sees_no_device_is_told_so_by_the_driver() {
    let world = World::new(Vendor::SoftCuda);
    let program = Program::new("python3").args([built::tests().join("devices/nvidia.py")]);
    let shown = listed(&world, &program, "another");
    assert!(shown.starts_with("cuInit 100\n") && shown.contains("nvmlDeviceGetCount 0 0\n"), "{shown}");
}

/// On this vendor's processors, of which a tenant has half.
fn half_a_device_passes_for_a_whole_one(vendor: Vendor) {
    let world = World::new(vendor);
    let program = Program::new(built::compiled("devices-parts", "devices/parts.c", &["-lOpenCL"]));
    let (socket, native) = (world.socket(), world.native(&program));
    assert_eq!(native.ended, Ended::With(0), "{native}");
    let units =
        |answer: &str| -> u32 { answer.lines().find_map(|line| line.strip_prefix("units ")).unwrap().parse().unwrap() };
    let name = tenant(&socket).name;
    set_policy(&socket, &name, "apis", "opencl,nvml");
    for percent in [50, 1, 100] {
        set_policy(&socket, &name, "compute_units", &format!("{percent}%"));
        let answer = world.remote(&program);
        assert_eq!((&answer.stdout, answer.ended), (&native.stdout, Ended::With(0)), "{percent} %: {answer}");
        let expected = (units(&native.stderr) * percent / 100).max(1);
        assert_eq!(units(&answer.stderr), expected, "{percent} %");
        // Its own parts are parts of what it sees.
        if expected > 1 {
            assert!(answer.stderr.contains(&format!("parts 0 {expected}\nof it 1, references 1\n")), "{answer}");
        }
    }
}

#[test]
fn half_a_device_passes_for_a_whole_one_on_pocl() {
    half_a_device_passes_for_a_whole_one(Vendor::Pocl);
}

#[test]
fn half_a_device_passes_for_a_whole_one_on_intel() {
    half_a_device_passes_for_a_whole_one(Vendor::Intel);
}

#[test]
fn who_has_a_part_of_devices_uses_no_api_without_parts() {
    let world = World::new(Vendor::SoftCuda);
    let program = Program::new("python3").args([built::tests().join("devices/nvidia.py")]);
    let socket = world.socket();
    let name = tenant(&socket).name;
    set_policy(&socket, &name, "apis", "opencl");
    set_policy(&socket, &name, "compute_units", "50%");
    let refused = try_policy(&socket, &name, "apis", "opencl,cuda").unwrap_err();
    assert!(refused.contains("`compute_units`: cuda can be given no such part; say apis ="), "{refused}");
    let answer = world.remote(&program);
    assert!(!answer.stdout.contains("cuInit 0"), "{answer}");
}
