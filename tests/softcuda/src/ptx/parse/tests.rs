use super::*;
use crate::ptx::syntax::{Initial, Operand, Statement, Type};

fn variable(text: &str) -> Variable {
    parse(text).expect("PTX").variables.remove(0)
}

#[test]
fn the_head_says_version_and_target() {
    let source = parse(".version 8.4\n.target sm_90a, debug\n.address_size 64").expect("PTX");
    assert_eq!((source.version, source.target), (84, 90));
    assert_eq!(parse(".address_size 32").expect_err("too narrow").to_string(), "line 1: addresses have 64 bits");
}

#[test]
fn variables_have_sizes_and_alignment() {
    let plain = variable(".visible .global .align 4 .b8 name[10];");
    assert_eq!((plain.size, plain.align, plain.space), (10, 4, Space::Global));
    let vector = variable(".const .v4 .f32 v[2];");
    assert_eq!((vector.size, vector.align, vector.kind), (32, 16, Type::F32));
    let dynamic = variable(".extern .shared .align 16 .b8 s[];");
    assert!(dynamic.external && dynamic.size == 0);
    assert!(variable(".global .attribute(.managed) .align 4 .u32 m;").managed);
}

#[test]
fn initial_values_may_be_addresses_and_rows() {
    let at = |element, name: &str, offset| (element, Initial::Address { name: name.into(), offset });
    let bits = |element, bits| (element, Initial::Bits(bits));
    assert_eq!(
        variable(".global .u64 p[] = {a, b+8, generic(c)+4};").initial,
        [at(0, "a", 0), at(1, "b", 8), at(2, "c", 4)]
    );
    let rows = variable(".global .u32 r[2][3] = {{1, 2}, {-1}};");
    assert_eq!(rows.initial, [bits(0, 1), bits(1, 2), bits(3, u64::MAX)]);
    assert_eq!(variable(".global .u32 r[][2] = {{1}, {3}};").size, 16);
}

#[test]
fn parameters_of_pointers_keep_their_own_alignment() {
    let source = parse(".entry k(.param .u64 .ptr .global .align 64 a, .param .align 4 .b8 s[12]) { ret; }");
    let parameters = source.expect("PTX").functions.remove(0).parameters;
    assert_eq!(
        [(parameters[0].size, parameters[0].align), (parameters[1].size, parameters[1].align)],
        [(8, 8), (12, 4)]
    );
}

#[test]
fn functions_have_limits_and_results() {
    let text =
        ".func (.param .b32 r) f(.param .b32 a);\n.visible .entry k() .maxntid 128, 2, 1 .minnctapersm 2 { ret; }";
    let functions = parse(text).expect("PTX").functions;
    assert!(functions[0].body.is_none() && functions[0].results.len() == 1);
    assert_eq!(functions[1].max_threads, Some([128, 2, 1]));
}

#[test]
fn statements_keep_their_lines_and_operands() {
    let text = ".entry k() {\n.reg .b32 %r<4>;\nL:\n@!%p1 ld.v2.u32 {%r1, _}, [%rd1+-4];\n.loc 1 2 3, function_name $s, inlined_at 1 2 3\n{ bra L; }\n}";
    let body = parse(text).expect("PTX").functions.remove(0).body.expect("a body");
    let Statement::Instruction(load) = &body[2] else { panic!("{body:?}") };
    assert!(load.line == 4 && load.guard.as_ref().is_some_and(|guard| guard.negated));
    assert_eq!(load.operands[0], Operand::Vector(vec![Operand::Name("%r1".into()), Operand::Sink]));
    assert_eq!(load.operands[1], Operand::Address { base: "%rd1".into(), offset: -4 });
    assert!(matches!(&body[3..], [Statement::Open, Statement::Instruction(_), Statement::Close]));
}

#[test]
fn what_is_no_ptx_is_named_with_its_line() {
    let message = |text: &str| parse(text).expect_err("an error").to_string();
    assert_eq!(message("\n.foo"), "line 2: .foo is not known here");
    assert_eq!(message(".entry k() { add.u32 %r1"), "line 1: ',' is expected, and the end is there");
    assert_eq!(message(".global .f12 a;"), "line 1: .f12 is no known type");
    assert_eq!(message(".global .u32 a = {1};"), "line 1: the braces are deeper than the array");
    assert_eq!(message(".global .u32 a[1] = {1, 2};"), "line 1: a has more initial values than elements");
}

#[test]
fn declarations_of_impossible_size_are_refused() {
    let is_refused = |text: &str| parse(text).is_err();
    assert!(is_refused(".global .u32 a[4294967295][4294967295][4294967295];"));
    assert!(is_refused(".global .u32 a[2][0] = {{1}, {2}};"));
    assert!(is_refused(".global .align 3 .u32 a;"));
    assert!(parse(&"{".repeat(100_000)).is_err());
    assert!(parse(&format!(".entry k() {{{}", "{".repeat(100_000))).is_err());
}

/// Each text that differs from a right one by a few characters parses or is refused, and does neither crash nor hang.
#[test]
fn mutated_text_does_no_harm() {
    let text = include_str!("sample.ptx");
    parse(text).expect("the sample is right");
    // A linear congruential generator (Knuth's MMIX): the same texts at each run.
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let pieces =
        ["{", "}", "[", "(", "@", ";", ":", ",", "<", "4294967295", "-", "\"", ".align", "%r", "=", "/*", "\u{e9}"];
    for _ in 0..2_000 {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..1 + random(4) {
            let at = random(bytes.len());
            let end = (at + random(8)).min(bytes.len());
            bytes.splice(at..end, pieces[random(pieces.len())].bytes());
        }
        if random(4) == 0 {
            bytes.truncate(random(bytes.len()));
        }
        drop(parse(&String::from_utf8_lossy(&bytes)));
    }
}
