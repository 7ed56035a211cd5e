//! What C headers declare, as far as a table can say it: functions, types and numbers.

mod model;
mod parse;
mod value;

pub use model::*;
pub use parse::{constant, read};

#[cfg(test)]
mod tests {
    use super::{Number, constant};

    fn number(text: &str) -> Option<(i128, String)> {
        let known = |name: &str| (name == "ONE").then(|| Number { value: 1, ty: "c_int".into() });
        constant(text, &known).map(|number| (number.value, number.ty))
    }

    /// The type of an integer constant: C11, 6.4.4.1, paragraph 5.
    #[test]
    fn numbers_have_the_value_and_the_type_that_c_gives_them() {
        let is = |text: &str, value: i128, ty: &str| assert_eq!(number(text), Some((value, ty.to_owned())), "{text}");
        is("1", 1, "c_int");
        is("0x80000000", 0x8000_0000, "c_uint");
        is("2147483648", 0x8000_0000, "c_long");
        is("010", 8, "c_int");
        is("0", 0, "c_int");
        is("1UL << 30", 1 << 30, "c_ulong");
        is("(-30)", -30, "c_int");
        is("~0u", 0xFFFF_FFFF, "c_uint");
        is("((unsigned long)-1L)", 0xFFFF_FFFF_FFFF_FFFF, "c_ulong");
        is("(ONE | 2) * 3", 9, "c_int");
        is("(toy_stream)0x2", 2, "toy_stream");
        is("0xFFFFFFFFFFFFFFFF", 0xFFFF_FFFF_FFFF_FFFF, "c_ulong");
    }

    #[test]
    fn what_is_no_whole_number_is_none() {
        for text in ["1.5f", "\"1\"", "TWO", "f(1)", "1 +", "__attribute__", "1 / 0", "int"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
