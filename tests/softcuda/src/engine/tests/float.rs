//! Floating-point numbers.

use super::harness::{double, result, single, word};

const NAN: u32 = 0x7fff_ffff;

#[test]
fn rounding_is_as_said() {
    assert_eq!(single("add.rn.f32", &[1.0, 1e-10]), 1.0);
    assert_eq!(single("add.rp.f32", &[1.0, 1e-10]), 1.0f32.next_up());
    assert_eq!(single("add.rz.f32", &[-1.0, 1e-10]), -(1.0f32.next_down()));
    assert_eq!(single("sub.rm.f32", &[1.0, 1e-10]), 1.0f32.next_down());
    assert_eq!(single("mul.rz.f32", &[0.1, 0.1]), 0.01);
    assert_eq!(single("div.rn.f32", &[1.0, 3.0]), 0.33333334);
    assert_eq!(single("div.rz.f32", &[1.0, 3.0]), 0.33333334f32.next_down());
    assert_eq!(single("sqrt.rn.f32", &[2.0]), std::f32::consts::SQRT_2);
    assert_eq!(single("rcp.rm.f32", &[3.0]), 0.33333334f32.next_down());
    let (a, square) = (1.0 + 2f32.powi(-13), 1.0 + 2f32.powi(-12));
    assert_eq!(single("fma.rn.f32", &[a, a, -square]), 2f32.powi(-26), "the product is not rounded");
    assert_eq!(double("fma.rp.f64", &[1.0, 1.0, 1e-30]), 1.0f64.next_up());
    assert_eq!(double("div.rm.f64", &[-1.0, 3.0]), (-1.0f64 / 3.0).next_down());
}

#[test]
fn nan_of_f32_is_canonical() {
    let bits = |instruction: &str, a: u32, b: u32| word(instruction, &[a, b]);
    let infinity = f32::INFINITY.to_bits();
    assert_eq!(bits("sub.f32", infinity, infinity), NAN);
    assert_eq!(bits("add.f32", 0xffc0_1234, 0), NAN);
    assert_eq!(bits("mul.f32", infinity, 0), NAN);
    assert_eq!(single("sqrt.rn.f32", &[-1.0]).to_bits(), NAN);
}

#[test]
fn extrema_prefer_numbers_and_know_zeros() {
    let (nan, one) = (f32::NAN, 1.0);
    assert_eq!(single("min.f32", &[nan, one]), one);
    assert_eq!(single("max.f32", &[one, nan]), one);
    assert_eq!(single("min.NaN.f32", &[one, nan]).to_bits(), NAN);
    assert_eq!(single("min.f32", &[nan, nan]).to_bits(), NAN);
    assert_eq!(single("min.f32", &[0.0, -0.0]).to_bits(), 1 << 31);
    assert_eq!(single("max.f32", &[-0.0, 0.0]).to_bits(), 0);
    assert_eq!(double("max.f64", &[-1.0, f64::NAN]), -1.0);
}

#[test]
fn subnormal_numbers_are_kept_or_flushed() {
    let small = f32::from_bits(1);
    assert_eq!(single("add.f32", &[small, small]).to_bits(), 2);
    assert_eq!(single("add.ftz.f32", &[small, small]).to_bits(), 0);
    assert_eq!(single("mul.ftz.f32", &[-1e-30, 1e-10]).to_bits(), 1 << 31);
    assert_eq!(single("abs.ftz.f32", &[-small]).to_bits(), 0);
    assert_eq!(result("setp.eq.ftz.f32", "pred", &[("f32", 1), ("f32", 0)]), 1);
    assert_eq!(result("setp.eq.f32", "pred", &[("f32", 1), ("f32", 0)]), 0);
}

#[test]
fn saturation_is_to_one_and_zero() {
    assert_eq!(single("add.sat.f32", &[1.0, 1.0]), 1.0);
    assert_eq!(single("mul.sat.f32", &[-1.0, 1.0]).to_bits(), 0);
    assert_eq!(single("add.sat.f32", &[f32::NAN, 1.0]).to_bits(), 0);
    assert_eq!(single("fma.rn.sat.f32", &[0.5, 0.5, 0.25]), 0.5);
}

#[test]
fn comparisons_know_nan() {
    let compare = |relation: &str, a: f32, b: f32| {
        result(&format!("setp.{relation}.f32"), "pred", &[("f32", a.to_bits().into()), ("f32", b.to_bits().into())])
    };
    assert_eq!(["eq", "ne", "lt", "ge", "num"].map(|relation| compare(relation, f32::NAN, 1.0)), [0; 5]);
    assert_eq!(["equ", "neu", "ltu", "geu", "nan"].map(|relation| compare(relation, f32::NAN, 1.0)), [1; 5]);
    assert_eq!(["eq", "ne", "le", "gt", "num", "nan"].map(|relation| compare(relation, -0.0, 0.0)), [1, 0, 1, 0, 1, 0]);
}

#[test]
fn properties_are_tested() {
    let test = |property: &str, bits: u32| result(&format!("testp.{property}.f32"), "pred", &[("f32", bits.into())]);
    assert_eq!(
        [test("finite", 0), test("infinite", 0xff80_0000), test("notanumber", NAN), test("subnormal", 1)],
        [1; 4]
    );
    assert_eq!([test("number", NAN), test("normal", 1), test("finite", 0x7f80_0000)], [0; 3]);
    assert_eq!(single("copysign.f32", &[-1.0, 2.0]), -2.0);
}

#[test]
fn approximations_are_near() {
    let near =
        |instruction: &str, x: f32, right: f64| (f64::from(single(instruction, &[x])) / right - 1.0).abs() < 1e-6;
    assert!(near("ex2.approx.f32", 0.5, 2f64.sqrt()) && near("lg2.approx.f32", 10.0, 10f64.log2()));
    assert!(near("sin.approx.f32", 1.0, 1f64.sin()) && near("cos.approx.f32", 1.0, 1f64.cos()));
    assert!(near("tanh.approx.f32", 0.5, 0.5f64.tanh()) && near("rsqrt.approx.f32", 4.0, 0.5));
    assert!(near("rcp.approx.ftz.f32", 3.0, 1.0 / 3.0) && near("sqrt.approx.f32", 9.0, 3.0));
    assert_eq!(double("rcp.approx.ftz.f64", &[3.0]).to_bits() & 0xffff_ffff, 0);
    assert_eq!(single("lg2.approx.f32", &[0.0]), f32::NEG_INFINITY);
}

#[test]
fn half_precision() {
    let half = |instruction: &str, sources: &[u64]| {
        let sources: Vec<_> = sources.iter().map(|value| ("f16", *value)).collect();
        result(instruction, "f16", &sources)
    };
    assert_eq!(half("add.f16", &[0x3c00, 0x4000]), 0x4200, "1 + 2 = 3");
    assert_eq!(half("add.f16", &[0x6800, 0x3c00]), 0x6800, "2048 + 1 is half-way and rounds to even");
    assert_eq!(half("fma.rn.f16", &[0x3c01, 0x3c01, 0xbc00]), 0x1800, "(1 + 2^-10)^2 - 1 = 2^-9 + 2^-20, half-way");
    assert_eq!(half("mul.sat.f16", &[0x4000, 0x4000]), 0x3c00);
    assert_eq!(half("sub.f16", &[0x7c00, 0x7c00]), 0x7fff);
    assert_eq!(half("min.f16", &[0x7e00, 0x3c00]), 0x3c00);
    assert_eq!(word("mul.f16x2", &[0x4000_3c00, 0x4000_4200]), 0x4400_4200);
    assert_eq!(word("fma.rn.bf16x2", &[0x3f80_4000, 0x3f80_4000, 0x3f80_3f80]), 0x4000_40a0);
    assert_eq!(result("setp.lt.f16", "pred", &[("f16", 0x3c00), ("f16", 0x4000)]), 1);
    assert_eq!(half("set.lt.f16.f16", &[0x3c00, 0x4000]), 0x3c00);
    assert_eq!(word("set.gt.f16x2.f16x2", &[0x4000_3c00, 0x3c00_4000]), 0x3c00_0000);
    assert_eq!(word("set.gt.u32.f16x2", &[0x4000_3c00, 0x3c00_4000]), 0xffff_0000);
    assert_eq!(word("set.gtu.bf16x2.bf16x2", &[0x7fff_3f80, 0x3f80_3f80]), 0x3f80_0000);
    let both =
        "setp.lt.f16x2 %p1|%p2, %a, %b; selp.u32 %r0, 2, 0, %p1; selp.u32 %r1, 1, 0, %p2; or.b32 %d, %r0, %r1; //";
    assert_eq!(word(both, &[0x4000_3c00, 0x3c00_4000]), 2);
}

#[test]
fn conversions_of_floating_point_numbers() {
    let convert =
        |instruction: &str, kind: &str, value: f32| result(instruction, kind, &[("f32", value.to_bits().into())]);
    assert_eq!(convert("cvt.rzi.s32.f32", "s32", -2.9), -2i32 as u32 as u64);
    assert_eq!(convert("cvt.rni.s32.f32", "s32", 2.5), 2);
    assert_eq!(convert("cvt.rpi.u32.f32", "u32", 2.1), 3);
    assert_eq!(convert("cvt.rmi.s32.f32", "s32", -2.1), -3i32 as u32 as u64);
    assert_eq!(convert("cvt.rzi.s32.f32", "s32", 1e20), i32::MAX as u64);
    assert_eq!(convert("cvt.rzi.u32.f32", "u32", -5.0), 0);
    assert_eq!(convert("cvt.rzi.s32.f32", "s32", f32::NAN), 0);
    assert_eq!(convert("cvt.rzi.s64.f32", "s64", f32::NAN), 1 << 63);
    assert_eq!(result("cvt.rzi.s32.f64", "s32", &[("f64", f64::NAN.to_bits())]), 1 << 31);
    assert_eq!(convert("cvt.rni.f32.f32", "f32", 2.5), 2f32.to_bits().into());
    assert_eq!(convert("cvt.sat.f32.f32", "f32", 1.5), 1f32.to_bits().into());
    assert_eq!(convert("cvt.f64.f32", "f64", 0.1), f64::from(0.1f32).to_bits());
    assert_eq!(convert("cvt.rn.f16.f32", "f16", 65520.0), 0x7c00);
    assert_eq!(convert("cvt.rz.f16.f32", "f16", 65520.0), 0x7bff);
    assert_eq!(convert("cvt.rn.bf16.f32", "bf16", 1.0 + 1.0 / 256.0), 0x3f80, "half-way rounds to even");
    assert_eq!(convert("cvt.rna.tf32.f32", "b32", 1.0 + 1.0 / 2048.0), 0x3f80_2000, "half-way rounds away");
    assert_eq!(result("cvt.f32.f16", "f32", &[("f16", 0x0001)]), 2f32.powi(-24).to_bits().into());
    assert_eq!(result("cvt.rn.f32.f64", "f32", &[("f64", 0.1f64.to_bits())]), 0.1f32.to_bits().into());
    assert_eq!(result("cvt.rz.f32.f64", "f32", &[("f64", 0.1f64.to_bits())]), 0.1f32.next_down().to_bits().into());
    assert_eq!(result("cvt.rn.f32.u64", "f32", &[("u64", (1 << 24) + 1)]), 16777216f32.to_bits().into());
    assert_eq!(result("cvt.rp.f32.s32", "f32", &[("s32", (1 << 24) + 1)]), 16777218f32.to_bits().into());
    assert_eq!(result("cvt.rz.f64.s64", "f64", &[("s64", (1 << 60) + 1)]), ((1u64 << 60) as f64).to_bits());
    assert_eq!(word("cvt.rn.f16x2.f32", &[1f32.to_bits(), 2f32.to_bits()]), 0x3c00_4000);
    assert_eq!(word("cvt.rn.bf16x2.f32", &[1f32.to_bits(), 2f32.to_bits()]), 0x3f80_4000);
}
