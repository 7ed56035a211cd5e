//! What is not known is named, with its line.

use super::harness::{error, refusal};

#[test]
fn instructions_and_modifiers() {
    assert_eq!(refusal("sured.2d %r0;"), "line 6: sured.2d: the instruction is not known");
    assert_eq!(refusal("add.rn.foo.f32 %f0, %f1, %f2;"), "line 6: add.rn.foo.f32: .foo is not known of add");
    assert_eq!(refusal("add.f12 %f0, %f1, %f2;"), "line 6: add.f12: .f12 is no known type");
    assert_eq!(refusal("shl.f32 %f0, %f1, %r2;"), "line 6: shl.f32: shl of .f32 is not known");
    assert!(refusal("barrier.cluster.arrive;").contains("there are no clusters"));
    assert!(refusal("mbarrier.init.shared.b64 [%r0], 1;").contains("the instruction is not known"));
}

#[test]
fn operands() {
    assert_eq!(refusal("add.u32 %r0, %r1;"), "line 6: add.u32: it takes 3 operands");
    assert_eq!(refusal("add.u32 %r0, %r1, %rd2;"), "line 6: add.u32: %rd2 has 64 bits, the instruction 32");
    assert_eq!(refusal("add.f32 %f0, %f1, 1;"), "line 6: add.f32: a whole number is no value of this type");
    assert_eq!(refusal("st.param.u64 [data], %rd1;"), "line 6: st.param.u64: a kernel's parameters are not written");
    assert!(refusal("ld.shared.u32 %r0, [data];").contains("data is not in the space of the instruction"));
}

#[test]
fn what_is_no_ptx_is_no_module() {
    assert_eq!(error("no.such.instruction;"), "line 6: no.such.instruction: the instruction is not known");
    assert_eq!(error("add.u32 %r0, %r1, %r99;"), "line 6: add.u32: %r99 is not declared");
    assert_eq!(error("bra nowhere;"), "line 4: there is no label nowhere");
    assert!(error("L: L: ret;").contains("the label L is there already"));
    assert!(error("call nothing;").contains("nothing is not declared"));
}

#[test]
fn calls() {
    assert!(refusal("call k, (%rd1);").contains("kernels are not called"));
}

#[test]
fn what_is_too_large() {
    assert!(refusal(".shared .b8 a[2000000];").contains("too many shared variables"));
    assert!(refusal(".local .b8 a[2000000];").contains("too much local memory"));
    assert!(refusal(&format!("{}{}", "{".repeat(300), "}".repeat(300))).contains("the scopes are too deep"));
}

/// Each kernel that differs from a right one by a few characters is compiled or refused, and does neither crash nor hang.
#[test]
fn mutated_kernels_do_no_harm() {
    let text = include_str!("../../ptx/parse/sample.ptx");
    // A linear congruential generator (Knuth's MMIX): the same texts at each run.
    let mut state = 7u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let lines: Vec<_> = text.lines().collect();
    let words: Vec<_> = text.split_whitespace().collect();
    for _ in 0..2_000 {
        let mut mutated: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
        for _ in 0..1 + random(3) {
            let at = random(mutated.len());
            match random(3) {
                0 => drop(mutated.remove(at)),
                1 => mutated[at] = lines[random(lines.len())].into(),
                _ => {
                    let (word, other) = (words[random(words.len())], words[random(words.len())]);
                    mutated[at] = mutated[at].replace(word, other);
                }
            }
        }
        if let Ok(module) = crate::engine::Module::parse(&mutated.join("\n")) {
            drop(module.compile("sum", &|_| Some(4096)));
        }
    }
}
