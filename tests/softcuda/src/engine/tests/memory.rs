//! Accesses to memory.

use super::harness::{Shape, WARP, kernel, lanes, launch, ptx, run};
use crate::engine::{Fault, Module, Variable};

#[test]
fn values_are_extended_and_vectors_moved() {
    let mut data = [0x80u8, 0xff, 1, 2, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let body = "ld.param.u64 %rd0, [data]; ld.global.s8 %r0, [%rd0]; ld.global.u8 %r1, [%rd0+1]; add.u32 %r0, %r0, %r1;
        ld.global.v2.u32 {%r2, %r3}, [%rd0+8]; st.global.u32 [%rd0+12], %r0; st.global.u8 [%rd0], %r2;";
    let mut aligned = [0u64; 3];
    // SAFETY: both are of plain bytes.
    let bytes = unsafe { std::slice::from_raw_parts_mut(aligned.as_mut_ptr().cast::<u8>(), data.len()) };
    bytes.copy_from_slice(&data);
    run(body, bytes).expect("no fault");
    data.copy_from_slice(bytes);
    assert_eq!((data[0], u32::from_le_bytes([data[12], data[13], data[14], data[15]])), (4, 255 - 128));
}

#[test]
fn accesses_outside_and_misaligned_ones_are_faults() {
    let mut data = [0u32; 4];
    let load = |offset: i32| format!("ld.param.u64 %rd0, [data]; ld.global.u32 %r0, [%rd0+{offset}];");
    assert_eq!(run(&load(12), &mut data), Ok(String::new()));
    assert_eq!(run(&load(16), &mut data), Err(Fault::Address));
    assert_eq!(run(&load(-4), &mut data), Err(Fault::Address));
    assert_eq!(run(&load(2), &mut data), Err(Fault::Misaligned));
    assert_eq!(run("mov.u64 %rd0, 0; st.global.u32 [%rd0], 1;", &mut data), Err(Fault::Address));
    assert_eq!(run("mov.u64 %rd0, -1; ld.u8 %r0, [%rd0];", &mut data), Err(Fault::Address));
    assert_eq!(run("mov.u32 %r1, 64; ld.shared.u32 %r0, [%r1];", &mut data), Err(Fault::Address));
    assert_eq!(run("mov.u64 %rd0, 1000000; ld.local.u32 %r0, [%rd0];", &mut data), Err(Fault::Address));
    // A lane that is guarded accesses nothing.
    assert_eq!(
        run("mov.u64 %rd0, 0; setp.ne.u32 %p1, 0, 0; @%p1 st.global.u32 [%rd0], 1;", &mut data),
        Ok(String::new())
    );
}

#[test]
fn spaces_have_generic_addresses() {
    let shared = ".shared .align 4 .b32 s; mov.u64 %rd0, s; cvta.shared.u64 %rd1, %rd0; st.u32 [%rd1], 5; ld.shared.u32 %r2, [s];
        isspacep.shared %p1, %rd1; selp.u32 %r3, 10, 0, %p1; isspacep.global %p2, %rd1; selp.u32 %r4, 100, 0, %p2;
        cvta.to.shared.u64 %rd2, %rd1; cvt.u32.u64 %r5, %rd2; add.u32 %r0, %r2, %r3; add.u32 %r0, %r0, %r4; add.u32 %r0, %r0, %r5;";
    assert_eq!(lanes(shared), [15; 32]);
    let local = ".local .align 4 .b8 l[8]; mov.u64 %rd0, l; cvta.local.u64 %rd1, %rd0; st.u32 [%rd1+4], %r1; ld.local.u32 %r0, [l+4];";
    assert_eq!(lanes(local), std::array::from_fn(|lane| lane as u32));
}

#[test]
fn parameters_lie_at_their_offsets() {
    let text = ".version 8.0\n.target sm_75\n.entry k(.param .u8 a, .param .align 16 .b8 s[24], .param .u32 b, .param .u64 c) { ret; }";
    let module = Module::parse(text).expect("PTX");
    let places: Vec<_> = module.parameters("k").expect("a kernel").iter().map(|one| (one.offset, one.size)).collect();
    assert_eq!(places, [(0, 1), (16, 24), (40, 4), (48, 8)]);
    assert_eq!(module.compile("k", &|_| None).expect("it is known").parameter_bytes, 56);
}

#[test]
fn variables_have_contents_and_addresses() {
    let text = ".version 8.0\n.target sm_75\n.global .align 8 .u64 p[2] = {v+4, f}; .const .align 4 .u32 v[2] = {1, 2};
        .extern .global .u32 e; .func f() { ret; } .entry k() { .reg .b32 %r; ld.const.u32 %r, [v+4]; st.global.u32 [e], %r; }";
    let module = Module::parse(text).expect("PTX");
    let variable =
        |name: &str, size, align, constant| Variable { name: name.into(), size, align, managed: false, constant };
    assert_eq!(
        module.variables().cloned().collect::<Vec<_>>(),
        [variable("p", 16, 8, false), variable("v", 8, 4, true)]
    );
    let mut bytes = [0xffu8; 16];
    module.initialize("p", &mut bytes, &|name| (name == "v").then_some(0x1000));
    assert_eq!(u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")), 0x1004);
    assert_ne!(u64::from_le_bytes(bytes[8..].try_into().expect("8 bytes")), 0);
    let mut memory = [0u32, 0, 0];
    module.initialize("v", unsafe_bytes(&mut memory[..2]), &|_| None);
    assert_eq!(memory, [1, 2, 0]);
    let base = memory.as_ptr() as u64;
    let kernel = module.compile("k", &|name| Some(base + if name == "v" { 0 } else { 8 })).expect("it is known");
    launch(&kernel, WARP, &mut memory).expect("no fault");
    assert_eq!(memory, [1, 2, 2]);
}

fn unsafe_bytes(words: &mut [u32]) -> &mut [u8] {
    // SAFETY: words are bytes, of a smaller alignment.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), 4 * words.len()) }
}

#[test]
fn modules_are_linked() {
    let one = ".version 8.0\n.target sm_75\n.extern .func (.param .b32 r) f(); .entry k(.param .u64 data) { .reg .b32 %r; .reg .b64 %d;
        { .param .b32 x; call (x), f; ld.param.b32 %r, [x]; } ld.param.u64 %d, [data]; st.global.u32 [%d], %r; }";
    let two = ".version 8.1\n.target sm_75\n.visible .func (.param .b32 r) f() { st.param.b32 [r], 9; ret; }";
    let parse = |text| Module::parse(text).expect("PTX");
    let linked = Module::link(vec![parse(one), parse(two)]).expect("no name is there twice");
    let mut data = [0u32];
    launch(&linked.compile("k", &|_| None).expect("it is known"), WARP, &mut data).expect("no fault");
    assert_eq!(data, [9]);
    assert!(Module::link(vec![parse(two), parse(two)]).is_err());
    assert!(parse(one).compile("k", &|_| None).is_err());
}

#[test]
fn asynchronous_copies_are_there_when_waited_for() {
    let body = ".shared .align 16 .b8 s[16]; ld.param.u64 %rd0, [data]; mov.u32 %r0, s;
        cp.async.ca.shared.global [%r0], [%rd0], 8; cp.async.ca.shared.global [%r0+8], [%rd0], 8, 4; cp.async.commit_group;
        cp.async.wait_group 0; ld.shared.v2.u32 {%r1, %r2}, [%r0+8]; st.global.v2.u32 [%rd0+8], {%r1, %r2};";
    let mut data = [5u64, 7];
    data[0] |= 6 << 32;
    run(body, &mut data).expect("no fault");
    assert_eq!(data[1], 5);
}

#[test]
fn kernels_allocate_and_free() {
    let body = "{ .param .b64 n; .param .b64 p; st.param.b64 [n], 16; call (p), malloc, (n); ld.param.b64 %rd0, [p]; }
        st.u32 [%rd0+12], %r1; ld.u32 %r0, [%rd0+12]; { .param .b64 p; st.param.b64 [p], %rd0; call free, (p); }";
    let head = ".extern .func (.param .b64 p) malloc(.param .b64 n); .extern .func free(.param .b64 p);";
    let text = ptx(&format!(
        "mov.u32 %r1, %laneid; {body} ld.param.u64 %rd1, [data]; mad.wide.u32 %rd1, %r1, 4, %rd1; st.global.u32 [%rd1], %r0;"
    ));
    let mut data = [0u32; 32];
    launch(&kernel(&text.replace(".visible", &format!("{head} .visible"))), WARP, &mut data).expect("no fault");
    assert_eq!(data, std::array::from_fn(|lane| lane as u32));
}

#[test]
fn all_blocks_run() {
    let body = "ld.param.u64 %rd0, [data]; mov.u32 %r0, %ctaid.x; mov.u32 %r1, %ntid.x; mov.u32 %r2, %tid.x;
        mad.lo.u32 %r3, %r0, %r1, %r2; mad.wide.u32 %rd0, %r3, 4, %rd0; st.global.u32 [%rd0], %r3;";
    let mut data = vec![0u32; 40 * 100];
    launch(&kernel(&ptx(body)), Shape { grid: 100, block: 40, ..WARP }, &mut data).expect("no fault");
    assert!(data.iter().enumerate().all(|(at, value)| at as u32 == *value));
}
