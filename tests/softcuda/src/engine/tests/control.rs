//! Branches, functions, and ends.

use super::harness::{WARP, kernel, lanes, launch, ptx, run};
use crate::engine::{Fault, Launch, Module};
use std::sync::atomic::AtomicBool;

#[test]
fn lanes_go_apart_and_come_together() {
    let body = "and.b32 %r2, %r1, 1; setp.eq.u32 %p1, %r2, 0; mov.u32 %r0, 0; @%p1 bra EVEN;
        add.u32 %r0, %r1, 100; bra JOIN; EVEN: mul.lo.u32 %r0, %r1, 2; JOIN: activemask.b32 %r3; popc.b32 %r3, %r3;
        add.u32 %r0, %r0, %r3;";
    let right = std::array::from_fn(|lane| 32 + if lane % 2 == 0 { 2 * lane } else { lane + 100 } as u32);
    assert_eq!(lanes(body), right);
}

#[test]
fn loops_of_different_lengths_end() {
    let body = "mov.u32 %r0, 0; LOOP: setp.ge.u32 %p1, %r0, %r1; @%p1 bra DONE; add.u32 %r0, %r0, 1; bra LOOP; DONE:";
    assert_eq!(lanes(body), std::array::from_fn(|lane| lane as u32));
}

#[test]
fn tables_of_labels() {
    let body = "and.b32 %r2, %r1, 3; brx.idx %r2, T; T: .branchtargets A, B, C, D;
        A: mov.u32 %r0, 10; bra E; B: mov.u32 %r0, 20; bra E; C: mov.u32 %r0, 30; bra E; D: mov.u32 %r0, 40; E:";
    assert_eq!(lanes(body), std::array::from_fn(|lane| 10 * (lane as u32 % 4 + 1)));
    assert_eq!(run("brx.idx 4, T; T: .branchtargets A; A: ret;", &mut [0u32]), Err(Fault::Illegal));
}

#[test]
fn labels_belong_to_their_scope() {
    let body =
        "mov.u32 %r0, 1; { bra L; L: add.u32 %r0, %r0, 1; } { bra L; add.u32 %r0, %r0, 8; L: add.u32 %r0, %r0, 1; }";
    assert_eq!(lanes(body)[0], 3);
    let registers = ".reg .b32 %x; mov.u32 %x, 5; { .reg .b32 %x; mov.u32 %x, 7; } mov.u32 %r0, %x;";
    assert_eq!(lanes(registers)[0], 5);
}

const FACTORIAL: &str = ".func (.param .b32 r) fact(.param .b32 n) {
    .reg .pred %p; .reg .b32 %a, %b;
    ld.param.u32 %a, [n];
    setp.gt.u32 %p, %a, 1;
    @%p bra MORE;
    st.param.b32 [r], 1;
    ret;
    MORE: { .param .b32 n1; .param .b32 r1; sub.u32 %b, %a, 1; st.param.b32 [n1], %b;
    call (r1), fact, (n1); ld.param.b32 %b, [r1]; }
    mul.lo.u32 %b, %b, %a;
    st.param.b32 [r], %b;
    ret; }
";

#[test]
fn functions_call_themselves_in_lanes_apart() {
    let body = "mov.u32 %r1, %laneid; { .param .b32 x; .param .b32 y; st.param.b32 [x], %r1; call (y), fact, (x);
        ld.param.b32 %r0, [y]; } ld.param.u64 %rd0, [data]; mad.wide.u32 %rd0, %r1, 4, %rd0; st.global.u32 [%rd0], %r0;";
    let text = ptx(body).replace(".visible", &format!("{FACTORIAL} .visible"));
    let mut data = [0u32; 32];
    launch(&kernel(&text), WARP, &mut data).expect("no fault");
    let factorial = |n: u32| (1..=n).fold(1u32, u32::wrapping_mul);
    assert_eq!(data, std::array::from_fn(|lane| factorial(lane as u32)));
}

#[test]
fn functions_are_called_by_address() {
    let functions = ".func (.reg .b32 r) one(.reg .b32 a) { add.u32 r, a, 1; ret; }
        .func (.reg .b32 r) two(.reg .b32 a) { add.u32 r, a, 2; ret; }";
    let body =
        "mov.u32 %r1, %laneid; and.b32 %r2, %r1, 1; setp.eq.u32 %p1, %r2, 0; mov.u64 %rd1, one; mov.u64 %rd2, two;
        selp.b64 %rd3, %rd1, %rd2, %p1; call (%r0), %rd3, (%r1), P; P: .callprototype (.reg .b32 _) _ (.reg .b32 _);
        ld.param.u64 %rd0, [data]; mad.wide.u32 %rd0, %r1, 4, %rd0; st.global.u32 [%rd0], %r0;";
    let mut data = [0u32; 32];
    let text = ptx(body).replace(".visible", &format!("{functions} .visible"));
    launch(&kernel(&text), WARP, &mut data).expect("no fault");
    assert_eq!(data, std::array::from_fn(|lane| lane as u32 + 1 + lane as u32 % 2));
    let wild = ptx("mov.u64 %rd1, 64; call %rd1;");
    assert_eq!(launch(&kernel(&wild), WARP, &mut data), Err(Fault::Illegal));
}

#[test]
fn recursion_without_end_is_a_fault() {
    let text = ptx("call again;").replace(".visible", ".func again() { .local .b8 x[64]; call again; ret; } .visible");
    assert_eq!(launch(&kernel(&text), WARP, &mut [0u32]), Err(Fault::Address));
}

#[test]
fn faults_end_a_launch() {
    assert_eq!(run("trap;", &mut [0u32]), Err(Fault::Trap));
    assert_eq!(run("brkpt;", &mut [0u32]), Err(Fault::Trap));
    assert_eq!(run("setp.ne.u32 %p1, 0, 0; @%p1 trap;", &mut [0u32]), Ok(String::new()));
}

#[test]
fn an_endless_kernel_is_stopped() {
    let kernel = kernel(&ptx("L: bra L;"));
    let stop = AtomicBool::new(false);
    let launch = Launch {
        grid: [1; 3],
        block: [64, 1, 1],
        dynamic_shared: 0,
        parameters: &[],
        cooperative: false,
        stop: &stop,
        print: &|_| {},
    };
    let memory = super::harness::Ranges(Vec::new());
    std::thread::scope(|scope| {
        let running = scope.spawn(|| kernel.run(&launch, &memory));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(running.join().expect("no panic"), Err(Fault::Stopped));
    });
}

#[test]
fn kernels_print_and_assert() {
    let text = ".version 8.0\n.target sm_75\n.extern .func (.param .b32 r) vprintf(.param .b64 a, .param .b64 b);
        .extern .func __assertfail(.param .b64 a, .param .b64 b, .param .b32 c, .param .b64 d, .param .b64 e);
        .global .align 1 .b8 text[] = {37, 100, 32, 37, 46, 49, 102, 10, 0}; .global .b8 name[] = {120, 0};
        .entry k(.param .u64 data) { .local .align 8 .b8 args[16]; .reg .b32 %r<4>; .reg .b64 %rd<4>; .reg .pred %p;
        mov.u32 %r0, %tid.x; setp.gt.u32 %p, %r0, 1; @%p exit; mov.u64 %rd0, args; st.local.u32 [%rd0], %r0;
        mov.f64 %rd2, 0d3FF8000000000000; st.local.f64 [%rd0+8], %rd2; cvta.local.u64 %rd0, %rd0;
        mov.u64 %rd1, text; cvta.global.u64 %rd1, %rd1;
        { .param .b64 a; .param .b64 b; .param .b32 r; st.param.b64 [a], %rd1; st.param.b64 [b], %rd0;
        call (r), vprintf, (a, b); }
        setp.eq.u32 %p, %r0, 0; @%p exit; mov.u64 %rd1, name;
        { .param .b64 a; .param .b64 b; .param .b32 c; .param .b64 d; .param .b64 e; st.param.b64 [a], %rd1;
        st.param.b64 [b], %rd1; st.param.b32 [c], 7; st.param.b64 [d], %rd1; st.param.b64 [e], 1;
        call __assertfail, (a, b, c, d, e); } }";
    let module = Module::parse(text).expect("PTX");
    let (mut format, mut name) = (vec![0u8; 9], vec![0u8; 2]);
    module.initialize("text", &mut format, &|_| None);
    module.initialize("name", &mut name, &|_| None);
    assert_eq!(format, b"%d %.1f\n\0");
    let addresses = [("text", format.as_ptr() as u64), ("name", name.as_ptr() as u64)];
    let address_of = |wanted: &str| addresses.iter().find(|(name, _)| *name == wanted).map(|(_, address)| *address);
    let kernel = module.compile("k", &address_of).expect("it is known");
    let printed = std::sync::Mutex::new(Vec::new());
    let print = |text: &[u8]| printed.lock().expect("no panic").extend_from_slice(text);
    let memory = super::harness::Ranges(vec![super::harness::range(&mut format), super::harness::range(&mut name)]);
    let launch = Launch {
        grid: [1; 3],
        block: [32, 1, 1],
        dynamic_shared: 0,
        parameters: &[0; 8],
        cooperative: false,
        stop: &AtomicBool::new(false),
        print: &print,
    };
    let assertion = "x:7: x: block: [0,0,0], thread: [1,0,0] Assertion `x` failed.";
    assert_eq!(kernel.run(&launch, &memory), Err(Fault::Assert(assertion.into())));
    assert_eq!(printed.into_inner().expect("no panic"), b"0 1.5\n1 1.5\n");
}
