//! Functions under other names: twins, and what look-ups find.

use proc_macro2::Span;

/// `twin(g, since = 7000)`: another function of the vendor's with the same parameters and facts.
#[derive(Debug)]
pub struct Twin {
    pub name: String,
    /// The first version in which a look-up finds it, if it is later than that of the function.
    pub since: Option<i32>,
}

/// `proc("cuMemAlloc", since = 3020)`: a look-up finds the function.
#[derive(Debug)]
pub struct Proc {
    /// The name that is looked up; `None` for the function's own.
    pub name: Option<String>,
    /// From this version on, up to the next function of that name.
    pub since: i32,
    pub span: Span,
}

impl Proc {
    /// The name by which look-ups find the function.
    pub fn name<'a>(&'a self, function: &'a str) -> &'a str {
        self.name.as_deref().unwrap_or_else(|| unversioned(function))
    }
}

/// `f` of `f_v2`, and of `f`.
pub fn unversioned(name: &str) -> &str {
    match name.rsplit_once("_v") {
        Some((base, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::unversioned;

    #[test]
    fn a_version_is_a_number_at_the_end() {
        let names = ["toy_a", "toy_a_v2", "toy_a_v12", "toy_a_v", "toy_a_vx", "toy_a_v2_b"];
        let expected = ["toy_a", "toy_a", "toy_a", "toy_a_v", "toy_a_vx", "toy_a_v2_b"];
        assert_eq!(names.map(unversioned), expected);
    }
}
