//! Quotas of memory: what exceeds a tenant's is refused with the API's own status, to the byte and on every path, and what
//! programs are told of a device fits.

use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use ava_tests::administration::{tenant, worker_of};
use ava_tests::running::{Running, ready};
use ava_tests::vendor::tflite;
use ava_tests::{Ended, Program, Scene, Vendor, World, built, does};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// The deadline of any step, on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(1);
const MIB: u64 = 1 << 20;
/// `CL_MEM_OBJECT_ALLOCATION_FAILURE` and `CUDA_ERROR_OUT_OF_MEMORY`.
const OPENCL_FULL: i32 = -4;
const CUDA_FULL: i32 = 2;

fn opencl(vendor: Vendor) -> Scene {
    let program = built::compiled("quotas-opencl", "quotas/opencl.c", &["-lOpenCL", "-pthread"]);
    Scene::new(World::new(vendor), Program::new(program).within(PATIENCE))
}

fn cuda() -> Scene {
    let program = Program::new("python3").args([built::tests().join("quotas/cuda.py")]).within(PATIENCE);
    Scene::new(World::new(Vendor::SoftCuda), program)
}

fn of_tflite(version: &str) -> Scene {
    let library = tflite(version);
    let flags = [format!("-I{}/include", library.display()), format!("-L{}", library.display())];
    let flags = [&flags[0], &flags[1], "-ltensorflowlite_c"];
    let program = built::compiled(&format!("quotas-tflite-{version}"), "quotas/tflite.c", &flags);
    let program = Program::new(program).env("TFLITE_MODELS", tflite("models")).env("LD_LIBRARY_PATH", &library);
    let arguments = [Path::new("--vendor-library-path"), library.as_path()];
    let mut world = World::without_broker(Vendor::Pocl).with_arguments(arguments);
    world.start_broker();
    Scene::new(world, program.within(PATIENCE))
}

fn set_quota(scene: &Scene, key: &str, value: u64) {
    scene.limit(key, &value.to_string());
}

/// Bytes of device memory that the tenant holds.
fn held(scene: &Scene) -> u64 {
    tenant(&scene.world.socket()).memory_bytes
}

/// Waits until it holds as many: a program does not wait for what it releases.
#[track_caller]
fn comes_to(scene: &Scene, bytes: u64) {
    let deadline = Instant::now() + PATIENCE;
    while held(scene) != bytes {
        assert!(Instant::now() < deadline, "{} bytes are held, not {bytes}", held(scene));
        std::thread::yield_now();
    }
}

#[track_caller]
fn gets(program: &mut Running, what: &str, status: i32) {
    assert_eq!(does(program, what), status.to_string(), "{what}");
}

#[track_caller]
fn opencl_stays_within_its_quota(vendor: Vendor) {
    let scene = opencl(vendor);
    let [mut one, mut other] = [scene.begin(), scene.begin()];
    set_quota(&scene, "device_memory", 2 * MIB);
    gets(&mut one, &format!("take {}", MIB + 1), 0);
    gets(&mut other, &format!("take {MIB}"), OPENCL_FULL);
    gets(&mut other, &format!("take {}", MIB - 1), 0);
    gets(&mut one, "take 1", OPENCL_FULL);
    assert_eq!(held(&scene), 2 * MIB);
    // What one gives back the other may take, whatever it is made of.
    gets(&mut one, "give", 0);
    comes_to(&scene, MIB - 1);
    gets(&mut other, "image 512", 0);
    assert_eq!(held(&scene), 2 * MIB - 1);
    gets(&mut other, "image 1", OPENCL_FULL);
    gets(&mut one, "take 2", OPENCL_FULL);
    gets(&mut one, "take 1", 0);
    gets(&mut other, "give", 0);
    comes_to(&scene, MIB);
    gets(&mut one, &format!("image {}", 1 << 10), OPENCL_FULL);
    gets(&mut one, "fill 4096", 0);
    assert_eq!(held(&scene), MIB + 4096);
    // A program takes what it is made of.
    set_quota(&scene, "device_memory", MIB + 4096 + 10);
    gets(&mut one, "program 11", OPENCL_FULL);
    set_quota(&scene, "device_memory", 2 * MIB);
    gets(&mut one, "program 1000", 0);
    assert!(held(&scene) >= MIB + 4096 + 1000);
    // A program that ends, and one whose worker is killed, give back what they held.
    assert_eq!(one.answer().ended, Ended::With(0));
    let worker = worker_of(&scene.world.socket(), other.id());
    let worker = Pid::from_raw(i32::try_from(worker).unwrap()).unwrap();
    let over = pidfd_open(worker, PidfdFlags::empty()).unwrap();
    kill_process(worker, Signal::KILL).unwrap();
    assert!(ready(&[over.as_fd()], Instant::now() + PATIENCE));
    comes_to(&scene, 0);
    let mut last = scene.begin();
    gets(&mut last, &format!("take {}", 2 * MIB), 0);
    gets(&mut last, "give", 0);
    comes_to(&scene, 0);
}

#[test]
fn no_byte_more_is_taken_on_pocl() {
    opencl_stays_within_its_quota(Vendor::Pocl);
}

#[test]
fn no_byte_more_is_taken_on_intels_runtime() {
    opencl_stays_within_its_quota(Vendor::Intel);
}

#[test]
fn what_a_device_says_that_it_has_is_the_quota_of_the_moment() {
    for vendor in [Vendor::Pocl, Vendor::Intel] {
        let scene = opencl(vendor);
        let mut program = scene.begin();
        let told = does(&mut program, "told");
        assert_eq!(does(&mut program, "told"), told);
        set_quota(&scene, "device_memory", 3 * MIB);
        assert_eq!(does(&mut program, "told"), format!("{0} {0}", 3 * MIB));
        set_quota(&scene, "device_memory", 5);
        assert_eq!(does(&mut program, "told"), "5 5");
        set_quota(&scene, "device_memory", 1 << 60);
        assert_eq!(does(&mut program, "told"), told, "no device has more than it has");
    }
}

/// Eight threads take and give back while the quota changes: never is more taken than was there, or may be.
#[test]
fn a_quota_that_changes_while_threads_allocate_is_never_exceeded() {
    let scene = opencl(Vendor::Pocl);
    let mut program = scene.begin();
    set_quota(&scene, "device_memory", 64 << 10);
    program.tell("storm\n");
    program.wait_for("storm\n");
    for quota in [64 << 10, 20_000, 48_000, 0, 9_999, 30_001, 1, 64 << 10, 12_345] {
        set_quota(&scene, "device_memory", quota);
        let mut before = u64::MAX;
        for _ in 0..200 {
            let held = held(&scene);
            // What was held before the quota became less stays, and becomes less.
            assert!(held <= quota || held <= before, "{held} of {quota}, {before} before");
            before = held;
        }
    }
    program.tell("stop\n");
    program.wait_for("calm\n");
    comes_to(&scene, 0);
    set_quota(&scene, "device_memory", MIB);
    gets(&mut program, &format!("take {}", MIB + 1), OPENCL_FULL);
    gets(&mut program, &format!("take {MIB}"), 0);
}

#[test]
fn cuda_stays_within_its_quota_on_every_path() {
    let scene = cuda();
    let mut program = scene.begin();
    set_quota(&scene, "device_memory", 4 * MIB);
    for way in ["take", "take_async", "take_virtual", "take_managed", "take_array"] {
        // A width of an array is limited.
        let size = if way == "take_array" { 65_536 } else { 2 * MIB };
        set_quota(&scene, "device_memory", size);
        gets(&mut program, &format!("{way} {size}"), 0);
        assert_eq!(held(&scene), size, "{way}");
        gets(&mut program, "take 1", CUDA_FULL);
        gets(&mut program, "give", 0);
        comes_to(&scene, 0);
        set_quota(&scene, "device_memory", size - 1);
        gets(&mut program, &format!("{way} {size}"), CUDA_FULL);
        assert_eq!(held(&scene), 0, "{way}");
    }
    // Of levels and rows the driver says how long they are.
    set_quota(&scene, "device_memory", 1535);
    gets(&mut program, "take_levels 1024", CUDA_FULL);
    set_quota(&scene, "device_memory", 1536);
    gets(&mut program, "take_levels 1024", 0);
    gets(&mut program, "give", 0);
    comes_to(&scene, 0);
    set_quota(&scene, "device_memory", 16);
    gets(&mut program, "take_rows 1", CUDA_FULL);
    assert_eq!(held(&scene), 0);
    gets(&mut program, "load", CUDA_FULL);
    set_quota(&scene, "device_memory", 4 * MIB);
    gets(&mut program, "load", 0);
    gets(&mut program, "take_rows 1", 0);
    assert!((16..MIB).contains(&held(&scene)));
}

#[test]
fn pinned_memory_has_a_quota_of_its_own() {
    let scene = cuda();
    let mut program = scene.begin();
    set_quota(&scene, "host_memory", 8192);
    set_quota(&scene, "device_memory", 0);
    gets(&mut program, "take_pinned 8193", CUDA_FULL);
    gets(&mut program, "take_pinned 4096", 0);
    gets(&mut program, "take_pinned 4097", CUDA_FULL);
    gets(&mut program, "take_pinned 4096", 0);
    gets(&mut program, "take_pinned 1", CUDA_FULL);
    gets(&mut program, "give", 0);
    gets(&mut program, "give", 0);
    gets(&mut program, "take_pinned 8192", 0);
    // What a program registers stays its own memory, of which nothing is pinned.
    gets(&mut program, "register 8192", 0);
    assert_eq!((held(&scene), tenant(&scene.world.socket()).host_memory_bytes), (0, 8192));
}

#[test]
fn cuda_is_told_the_quota_and_what_is_left_of_it() {
    let scene = cuda();
    let [mut one, mut other] = [scene.begin(), scene.begin()];
    let told = does(&mut one, "told");
    set_quota(&scene, "device_memory", 10 * MIB);
    assert_eq!(does(&mut one, "told"), format!("(0, 0) {0} {0} {0}", 10 * MIB));
    gets(&mut other, &format!("take {MIB}"), 0);
    assert_eq!(does(&mut one, "told"), format!("(0, 0) {} {1} {1}", 9 * MIB, 10 * MIB));
    set_quota(&scene, "device_memory", 1000);
    assert_eq!(does(&mut one, "told"), "(0, 0) 0 1000 1000", "less than is in use");
    gets(&mut other, "give", 0);
    comes_to(&scene, 0);
    set_quota(&scene, "device_memory", 1 << 60);
    assert_eq!(does(&mut one, "told"), told);
}

/// Models take what their files have, and interpreters what their tensors do.
#[test]
fn models_and_tensors_stay_within_a_quota() {
    for version in ["2.9", "2.17"] {
        let scene = of_tflite(version);
        let mut program = scene.begin();
        gets(&mut program, "model", 0);
        let model = held(&scene);
        assert_eq!(model, std::fs::metadata(tflite("models").join("fc.tflite")).unwrap().len());
        gets(&mut program, "tensors", 0);
        let both = held(&scene);
        // An input of four numbers and an output of three.
        assert!(both >= model + 28, "{both}");
        set_quota(&scene, "device_memory", both);
        gets(&mut program, "model", 1);
        gets(&mut program, "rows 1000", 1);
        gets(&mut program, "give", 0);
        comes_to(&scene, model);
        set_quota(&scene, "device_memory", both - 1);
        gets(&mut program, "tensors", 1);
        gets(&mut program, "give", 0);
        set_quota(&scene, "device_memory", both);
        gets(&mut program, "tensors", 0);
        gets(&mut program, "give", 0);
        gets(&mut program, "give", 0);
        comes_to(&scene, 0);
    }
}

/// No memory that a program gets holds what another had there, at the same time or before.
#[track_caller]
fn nothing_is_left_of_others(scene: &Scene) {
    let [mut first, mut second] = [scene.begin(), scene.begin()];
    for _ in 0..8 {
        gets(&mut first, &format!("fill {MIB}"), 0);
        assert_eq!(does(&mut second, &format!("look {MIB}")), "0");
    }
    (0..8).for_each(|_| gets(&mut first, "give", 0));
    assert_eq!(does(&mut second, &format!("look {}", 4 * MIB)), "0", "given back");
    assert_eq!(first.answer().ended, Ended::With(0));
    assert_eq!(does(&mut second, &format!("look {}", 4 * MIB)), "0", "ended");
    assert_eq!(does(&mut scene.begin(), &format!("look {}", 4 * MIB)), "0", "began later");
}

#[test]
fn memory_holds_nothing_of_other_programs() {
    nothing_is_left_of_others(&opencl(Vendor::Pocl));
    nothing_is_left_of_others(&opencl(Vendor::Intel));
    nothing_is_left_of_others(&cuda());
}
