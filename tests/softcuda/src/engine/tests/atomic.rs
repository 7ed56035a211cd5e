//! Atomic operations.

use super::harness::{Shape, WARP, kernel, launch, ptx, run};

/// The value before and after an operation of one thread.
fn once(operation: &str, old: u64, operands: &str) -> (u64, u64) {
    let wide = operation.contains("64");
    let (register, bits) = if wide { ("%rd2", 64) } else { ("%r2", 32) };
    let body = format!(
        "mov.u32 %r0, %laneid; setp.ne.u32 %p1, %r0, 0; @%p1 exit; ld.param.u64 %rd0, [data];
        atom.{operation} {register}, [%rd0], {operands}; st.global.b{bits} [%rd0+8], {register};"
    );
    let mut data = [old, 0];
    run(&body, &mut data).expect("no fault");
    (data[1], data[0])
}

#[test]
fn operations() {
    assert_eq!(once("global.add.u32", 5, "3"), (5, 8));
    assert_eq!(once("add.u64", u64::MAX, "1"), (u64::MAX, 0));
    assert_eq!(once("global.min.s32", 0xffff_ffff, "1"), (0xffff_ffff, 0xffff_ffff));
    assert_eq!(once("global.max.u32", 7, "9"), (7, 9));
    assert_eq!(once("global.inc.u32", 9, "9"), (9, 0));
    assert_eq!(once("global.inc.u32", 8, "9"), (8, 9));
    assert_eq!(once("global.dec.u32", 0, "9"), (0, 9));
    assert_eq!(once("global.dec.u32", 10, "9"), (10, 9));
    assert_eq!(once("relaxed.gpu.global.exch.b32", 1, "2"), (1, 2));
    assert_eq!(once("global.cas.b32", 1, "1, 4"), (1, 4));
    assert_eq!(once("global.cas.b64", 2, "1, 4"), (2, 2));
    assert_eq!(once("global.xor.b32", 6, "3"), (6, 5));
    assert_eq!(once("global.add.f32", 1.5f32.to_bits().into(), "0f3F800000").1, 2.5f32.to_bits().into());
    assert_eq!(once("acq_rel.sys.global.add.f64", 1.5f64.to_bits(), "0d3FF0000000000000").1, 2.5f64.to_bits());
    assert_eq!(once("global.add.noftz.f16x2", 0x3c00_3c00, "0x40003C00").1, 0x4200_4000);
}

#[test]
fn all_threads_of_all_blocks_count() {
    let body = "ld.param.u64 %rd0, [data]; red.global.add.u32 [%rd0], 1; mov.u32 %r0, %tid.x; and.b32 %r1, %r0, 7;
        mad.wide.u32 %rd1, %r1, 4, %rd0; atom.global.add.u32 %r2, [%rd1+4], %r0;";
    let mut data = [0u32; 9];
    launch(&kernel(&ptx(body)), Shape { grid: 50, block: 64, ..WARP }, &mut data).expect("no fault");
    let sum = |bin: u32| 50 * (0..64).filter(|thread| thread % 8 == bin).sum::<u32>();
    assert_eq!(data[0], 3200);
    assert_eq!(data[1..], std::array::from_fn::<u32, 8, _>(|bin| sum(bin as u32)));
}

#[test]
fn misaligned_ones_are_faults() {
    let body = "ld.param.u64 %rd0, [data]; atom.global.add.u64 %rd1, [%rd0+4], 1;";
    assert_eq!(run(body, &mut [0u64; 4]), Err(crate::engine::Fault::Misaligned));
}
