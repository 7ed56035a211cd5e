//! Integers, logic and bits.

use super::harness::{result, word};

#[test]
fn sums_wrap_or_saturate() {
    assert_eq!(word("add.u32", &[u32::MAX, 2]), 1);
    assert_eq!(word("sub.s32", &[0, 1]), u32::MAX);
    assert_eq!(word("add.sat.s32", &[i32::MAX as u32, 1]), i32::MAX as u32);
    assert_eq!(word("sub.sat.s32", &[i32::MIN as u32, 1]), i32::MIN as u32);
    assert_eq!(result("add.u64", "u64", &[("u64", u64::MAX), ("u64", 3)]), 2);
    assert_eq!(result("add.s16", "s16", &[("s16", 0x7fff), ("s16", 1)]), 0x8000);
}

#[test]
fn products_have_halves() {
    assert_eq!(word("mul.lo.u32", &[0x8000_0001, 2]), 2);
    assert_eq!(word("mul.hi.u32", &[0x8000_0000, 4]), 2);
    assert_eq!(word("mul.hi.s32", &[-1i32 as u32, 4]), u32::MAX);
    assert_eq!(result("mul.hi.u64", "u64", &[("u64", 1 << 63), ("u64", 4)]), 2);
    assert_eq!(result("mul.hi.s64", "s64", &[("s64", u64::MAX), ("s64", 4)]), u64::MAX);
    assert_eq!(result("mul.wide.u32", "u64", &[("u32", 0xffff_ffff), ("u32", 0xffff_ffff)]), 0xffff_fffe_0000_0001);
    assert_eq!(result("mul.wide.s32", "s64", &[("s32", 0xffff_ffff), ("s32", 2)]), -2i64 as u64);
    assert_eq!(result("mad.wide.s16", "s32", &[("s16", 0xffff), ("s16", 3), ("s32", 1)]), -2i32 as u32 as u64);
    assert_eq!(word("mad.hi.u32", &[0x8000_0000, 4, 5]), 7);
    assert_eq!(word("mul24.lo.u32", &[0x0100_0003, 5]), 15);
    assert_eq!(word("mul24.hi.u32", &[0xff_ffff, 0xff_ffff]), 0xffff_fe00);
}

#[test]
fn quotients_and_remainders() {
    assert_eq!(word("div.s32", &[-7i32 as u32, 2]), -3i32 as u32);
    assert_eq!(word("rem.s32", &[-7i32 as u32, 2]), -1i32 as u32);
    assert_eq!(word("div.u32", &[7, 0]), u32::MAX);
    assert_eq!(word("div.s32", &[i32::MIN as u32, u32::MAX]), i32::MIN as u32);
    assert_eq!(result("rem.u64", "u64", &[("u64", 17), ("u64", 5)]), 2);
}

#[test]
fn order_and_magnitude() {
    assert_eq!(word("min.s32", &[-1i32 as u32, 1]), u32::MAX);
    assert_eq!(word("min.u32", &[-1i32 as u32, 1]), 1);
    assert_eq!(word("abs.s32", &[-5i32 as u32]), 5);
    assert_eq!(word("neg.s32", &[5]), -5i32 as u32);
    assert_eq!(word("sad.u32", &[3, 10, 100]), 107);
    assert_eq!(word("sad.s32", &[-3i32 as u32, 10, 100]), 113);
}

#[test]
fn shifts_beyond_the_width_shift_all_out() {
    assert_eq!(word("shl.b32", &[1, 31]), 1 << 31);
    assert_eq!(word("shl.b32", &[1, 32]), 0);
    assert_eq!(word("shr.u32", &[u32::MAX, 64]), 0);
    assert_eq!(word("shr.s32", &[1 << 31, 40]), u32::MAX);
    assert_eq!(result("shl.b64", "b64", &[("b64", 1), ("u32", 64)]), 0);
    assert_eq!(result("shr.s64", "s64", &[("s64", 1 << 63), ("u32", 99)]), u64::MAX);
    assert_eq!(result("shl.b16", "b16", &[("b16", 1), ("u32", 16)]), 0);
}

#[test]
fn funnels_wrap_or_clamp() {
    assert_eq!(word("shf.l.wrap.b32", &[0x8000_0000, 1, 1]), 3);
    assert_eq!(word("shf.l.clamp.b32", &[7, 1, 40]), 7);
    assert_eq!(word("shf.r.clamp.b32", &[7, 9, 40]), 9);
    assert_eq!(word("shf.r.wrap.b32", &[0, 1, 33]), 0x8000_0000);
}

#[test]
fn bits_are_counted_and_found() {
    assert_eq!(word("popc.b32", &[0xf0f0]), 8);
    assert_eq!(word("clz.b32", &[0]), 32);
    assert_eq!(result("clz.b64", "u32", &[("b64", 1)]), 63);
    assert_eq!(word("brev.b32", &[1]), 1 << 31);
    assert_eq!(word("bfind.u32", &[0x10]), 4);
    assert_eq!(word("bfind.u32", &[0]), u32::MAX);
    assert_eq!(word("bfind.s32", &[-1i32 as u32]), u32::MAX);
    assert_eq!(word("bfind.s32", &[-17i32 as u32]), 4);
    assert_eq!(word("bfind.shiftamt.u32", &[0x10]), 27);
    assert_eq!(word("fns.b32", &[0b1010, 0, 2]), 3);
    assert_eq!(word("fns.b32", &[0b1010, 3, -2i32 as u32]), 1);
    assert_eq!(word("bmsk.clamp.b32", &[4, 8]), 0xff0);
    assert_eq!(word("szext.clamp.s32", &[0xff, 8]), u32::MAX);
}

#[test]
fn fields_are_taken_and_put() {
    assert_eq!(word("bfe.u32", &[0xabcd, 4, 8]), 0xbc);
    assert_eq!(word("bfe.s32", &[0xabcd, 4, 8]), 0xffff_ffbc);
    assert_eq!(word("bfe.u32", &[0xabcd, 4, 0]), 0);
    assert_eq!(word("bfe.s32", &[0x8000_0000, 28, 16]), 0xffff_fff8);
    assert_eq!(word("bfe.s32", &[0x8000_0000, 40, 8]), u32::MAX);
    assert_eq!(word("bfe.u32", &[0xabcd, 40, 8]), 0);
    assert_eq!(word("bfi.b32", &[0xff, 0x1234_5678, 8, 8]), 0x1234_ff78);
    assert_eq!(word("bfi.b32", &[0xff, 0x1234_5678, 32, 8]), 0x1234_5678);
    assert_eq!(word("bfi.b32", &[0xffff_ffff, 0, 28, 16]), 0xf000_0000);
    assert_eq!(result("bfi.b64", "b64", &[("b64", 1), ("b64", 0), ("u32", 63), ("u32", 1)]), 1 << 63);
}

#[test]
fn bytes_are_permuted() {
    assert_eq!(word("prmt.b32", &[0x3322_1100, 0x7766_5544, 0x7531]), 0x7755_3311);
    assert_eq!(word("prmt.b32", &[0x80, 0, 0x0008]), 0x8080_80ff);
    assert_eq!(word("prmt.b32.f4e", &[0x3322_1100, 0x7766_5544, 2]), 0x5544_3322);
    assert_eq!(word("prmt.b32.b4e", &[0x3322_1100, 0x7766_5544, 1]), 0x6677_0011);
    assert_eq!(word("prmt.b32.rc8", &[0x3322_1100, 0, 2]), 0x2222_2222);
    assert_eq!(word("prmt.b32.ecl", &[0x3322_1100, 0, 2]), 0x3322_2222);
    assert_eq!(word("prmt.b32.ecr", &[0x3322_1100, 0, 2]), 0x2222_1100);
    assert_eq!(word("prmt.b32.rc16", &[0x3322_1100, 0, 1]), 0x3322_3322);
}

#[test]
fn any_logic_of_three() {
    // The table of a function is the function of these (PTX ISA, "lop3").
    let (a, b, c) = (0xf0u32, 0xcc, 0xaa);
    let table = |f: u32| f & 0xff;
    let values = [0x1234_5678, 0x0f0f_0f0f, 0x00ff_00ff];
    let lookup = |f| word(&format!("lop3.b32 %r0, %a, %b, %c, {}; mov.b32 %d, %r0; //", table(f)), &values);
    assert_eq!(lookup(a & b | c), values[0] & values[1] | values[2]);
    assert_eq!(lookup(a ^ b ^ c), values[0] ^ values[1] ^ values[2]);
    assert_eq!(word("cnot.b32", &[0]), 1);
    assert_eq!(word("not.b32", &[0]), u32::MAX);
}

#[test]
fn carries_go_from_one_to_the_next() {
    let sum = "add.cc.u32 %r0, %a, %b; addc.cc.u32 %r1, %a, 0; addc.u32 %r2, 0, 0; shl.b32 %r1, %r1, 4; or.b32 %d, %r1, %r2; //";
    assert_eq!(word(sum, &[u32::MAX, 1]), 1, "u32::MAX + 1 carries, and so does u32::MAX + 0 + 1");
    let difference = "sub.cc.u32 %r0, %a, %b; subc.u32 %d, 5, 0; //";
    assert_eq!(word(difference, &[0, 1]), 4);
    assert_eq!(word(difference, &[1, 0]), 5);
    assert_eq!(word("mad.lo.cc.u32 %r0, %a, %b, 1; madc.hi.u32 %d, %a, %b, 0; //", &[u32::MAX, u32::MAX]), 0xffff_fffe);
    assert_eq!(
        word("mad.lo.cc.u32 %r0, %a, %b, -1; madc.hi.u32 %d, %a, %b, 0; //", &[u32::MAX, u32::MAX]),
        0xffff_ffff
    );
}

#[test]
fn products_of_packed_values() {
    assert_eq!(word("dp4a.u32.u32", &[0x0102_0304, 0x0101_0101, 5]), 15);
    assert_eq!(word("dp4a.s32.s32", &[0xffff_ffff, 0x0101_0101, 5]), 1);
    assert_eq!(word("dp2a.lo.u32.u32", &[0x0002_0003, 0x0000_0405, 1]), 24);
    assert_eq!(word("dp2a.hi.u32.u32", &[0x0002_0003, 0x0405_0000, 1]), 24);
    assert_eq!(word("vabsdiff4.u32.u32.u32.add", &[0x0105_0000, 0x0302_0000, 10]), 15);
    assert_eq!(word("vabsdiff4.u32.u32.u32", &[0x0105_0000, 0x0302_0000, 10]), 0x0203_0000);
}

#[test]
fn conversions_extend_cut_and_saturate() {
    let convert = |instruction: &str, kind: &str, from: &str, value: u64| result(instruction, kind, &[(from, value)]);
    assert_eq!(convert("cvt.s32.s16", "s32", "s16", 0xffff), 0xffff_ffff);
    assert_eq!(convert("cvt.u32.u16", "u32", "u16", 0xffff), 0xffff);
    assert_eq!(convert("cvt.s64.s32", "s64", "s32", 0x8000_0000), 0xffff_ffff_8000_0000);
    assert_eq!(convert("cvt.u16.u32", "u16", "u32", 0x1_2345), 0x2345);
    assert_eq!(convert("cvt.sat.u8.s32", "u16", "s32", -5i32 as u32 as u64), 0);
    assert_eq!(convert("cvt.sat.s8.s32", "s16", "s32", 300), 127);
    assert_eq!(convert("cvt.s32.s8", "s32", "s16", 0x0180), 0xffff_ff80, "of a wider register the low bits count");
    assert_eq!(convert("cvt.u32.u8", "u32", "u32", 0x1ff), 0xff);
}

#[test]
fn values_are_chosen() {
    assert_eq!(word("slct.b32.s32", &[1, 2, -1i32 as u32]), 2);
    assert_eq!(word("slct.b32.f32", &[1, 2, (-0f32).to_bits()]), 1);
    assert_eq!(result("selp.b64", "b64", &[("b64", 1), ("b64", 2), ("pred", 0)]), 2);
    assert_eq!(result("setp.lo.u32", "pred", &[("u32", 1), ("u32", u32::MAX.into())]), 1);
    assert_eq!(result("setp.lt.s32", "pred", &[("u32", 1), ("u32", u32::MAX.into())]), 0);
    assert_eq!(result("setp.lt.and.s32", "pred", &[("u32", 1), ("u32", 2), ("pred", 0)]), 0);
    assert_eq!(word("set.gt.u32.u32", &[2, 1]), u32::MAX);
    assert_eq!(word("set.gt.f32.u32", &[2, 1]), 1f32.to_bits());
    let both = "setp.lt.or.u32 %p1|%p2, %a, %b, %p3; selp.u32 %r0, 2, 0, %p1; selp.u32 %r1, 1, 0, %p2; or.b32 %d, %r0, %r1; //";
    assert_eq!(word(&format!("setp.ne.u32 %p3, 0, 0; {both}"), &[1, 2]), 2);
    assert_eq!(word(&format!("setp.ne.u32 %p3, 1, 0; {both}"), &[1, 2]), 3);
}

#[test]
fn values_are_put_together_and_taken_apart() {
    assert_eq!(word("mov.b32 {%h0, %h1}, %a; mov.b32 %d, {%h1, %h0}; //", &[0x1234_5678]), 0x5678_1234);
    assert_eq!(result("mov.b64", "b64", &[("b64", 7)]), 7);
    let halves = "mov.b64 {%r0, _}, %a; mov.b64 %d, {1, %r0}; //";
    assert_eq!(result(halves, "b64", &[("b64", 0x1_0000_0002)]), 0x2_0000_0001);
}
