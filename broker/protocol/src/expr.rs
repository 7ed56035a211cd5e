//! Arithmetic of table expressions: checked, 64 bits, `None` on overflow. Conditions are 0 and 1.
//!
//! Both sides compute sizes with these functions, so that they cannot disagree. They are inlined: a condition is most of what some
//! calls are.

macro_rules! arithmetic {
    ($($name:ident: $f:expr;)*) => {$(
        #[inline]
        pub fn $name(a: Option<u64>, b: Option<u64>) -> Option<u64> {
            let f: fn(u64, u64) -> Option<u64> = $f;
            f(a?, b?)
        }
    )*};
}

arithmetic! {
    add: u64::checked_add;
    sub: u64::checked_sub;
    mul: u64::checked_mul;
    div: u64::checked_div;
    shl: |a, b| u32::try_from(b).ok().and_then(|b| a.checked_shl(b));
    bit_and: |a, b| Some(a & b);
    bit_or: |a, b| Some(a | b);
    eq: |a, b| Some(u64::from(a == b));
    ne: |a, b| Some(u64::from(a != b));
    lt: |a, b| Some(u64::from(a < b));
    le: |a, b| Some(u64::from(a <= b));
    gt: |a, b| Some(u64::from(a > b));
    ge: |a, b| Some(u64::from(a >= b));
    min: |a, b| Some(a.min(b));
    max: |a, b| Some(a.max(b));
}

/// `a && b`: b is evaluated only if a holds.
#[inline]
pub fn and(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    if a? == 0 { Some(0) } else { Some(u64::from(b? != 0)) }
}

/// `a || b`: b is evaluated only if a does not hold.
#[inline]
pub fn or(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    if a? != 0 { Some(1) } else { Some(u64::from(b? != 0)) }
}

/// Bytes of so many elements of this size. An overflow saturates: no memory has so many bytes.
#[inline]
pub fn bytes_of(count: Option<u64>, size: u64) -> Option<u64> {
    count.map(|count| count.saturating_mul(size))
}

/// Whether a condition holds; one that overflows does not.
#[inline]
pub fn holds(condition: Option<u64>) -> bool {
    condition.is_some_and(|c| c != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflow_is_none_and_spreads() {
        assert_eq!(mul(Some(u64::MAX), Some(2)), None);
        assert_eq!(add(mul(Some(u64::MAX), Some(2)), Some(1)), None);
        assert_eq!(div(Some(1), Some(0)), None);
        assert_eq!(shl(Some(1), Some(64)), None);
        assert_eq!(sub(Some(0), Some(1)), None);
    }

    #[test]
    fn too_much_memory_is_not_unknown() {
        assert_eq!(bytes_of(Some(3), 8), Some(24));
        assert_eq!(bytes_of(Some(u64::MAX / 4), 8), Some(u64::MAX));
        assert_eq!(bytes_of(None, 8), None);
    }

    #[test]
    fn conditions() {
        assert!(holds(ne(bit_and(Some(6), Some(4)), Some(0))));
        assert!(!holds(and(Some(0), None)));
        assert!(holds(or(Some(1), None)));
        assert!(!holds(None));
    }
}
