//! Functions that programs look up by name and version: a name stands for another function from some version on.

use std::ffi::c_void;

use crate::book::handles::Entry;

/// A name, and the functions that it stands for, oldest first.
pub struct Proc {
    pub name: &'static str,
    pub forms: &'static [Form],
    /// The twins of those that have one.
    pub twins: &'static [Form],
}

/// What a name stands for from some version on.
pub struct Form {
    pub since: i32,
    pub function: Entry,
}

/// What a look-up finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    Found(*const c_void),
    /// No version has the name.
    Unknown,
    /// The name came with a later version.
    Later,
}

/// The newest function of a name that the version has. `procs` are in the order of their names. With `twin` it is a twin, if any
/// function of the name has one: a function without one is then not found.
pub fn find(procs: &[Proc], name: &str, version: i32, twin: bool) -> Lookup {
    let Ok(place) = procs.binary_search_by(|proc| proc.name.cmp(name)) else { return Lookup::Unknown };
    let Proc { forms, twins, .. } = &procs[place];
    let forms = if twin && !twins.is_empty() { twins } else { forms };
    match forms.iter().rfind(|form| form.since <= version) {
        Some(form) => Lookup::Found(form.function.0),
        None => Lookup::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn form(since: i32, place: usize) -> Form {
        Form { since, function: Entry(std::ptr::without_provenance(place)) }
    }

    static PROCS: &[Proc] = &[
        Proc { name: "cuArrayCreate", forms: &[form(2000, 1), form(3020, 2)], twins: &[] },
        Proc { name: "cuCtxCreate", forms: &[form(2000, 3), form(3020, 4), form(11040, 5)], twins: &[] },
        Proc { name: "cuLaunchKernel", forms: &[form(4000, 6)], twins: &[form(7000, 7)] },
        Proc { name: "cuMemcpyHtoD", forms: &[form(2000, 8), form(3020, 9)], twins: &[form(7000, 10)] },
        Proc {
            name: "cuStreamGetCtx",
            forms: &[form(9020, 11), form(12050, 12)],
            twins: &[form(9020, 13), form(12050, 14)],
        },
    ];

    /// As CUDA's driver answers.
    #[test]
    fn the_newest_function_is_found_that_a_version_has() {
        let found = |name, version, twin| match find(PROCS, name, version, twin) {
            Lookup::Found(function) => Ok(function.addr()),
            other => Err(other),
        };
        assert_eq!(found("cuArrayCreate", 2000, false), Ok(1));
        assert_eq!(found("cuArrayCreate", 3019, false), Ok(1));
        assert_eq!(found("cuArrayCreate", 13000, true), Ok(2), "none of its functions has a twin");
        assert_eq!(found("cuCtxCreate", 11040, false), Ok(5));
        assert_eq!(found("cuCtxCreate", 1999, false), Err(Lookup::Later));
        assert_eq!(found("cuLaunchKernel", 4000, false), Ok(6));
        assert_eq!(found("cuLaunchKernel", 4000, true), Err(Lookup::Later));
        assert_eq!(found("cuLaunchKernel", 7000, true), Ok(7));
        assert_eq!(found("cuMemcpyHtoD", 2000, true), Err(Lookup::Later), "only the second has a twin, of 7000");
        assert_eq!(found("cuMemcpyHtoD", 12000, true), Ok(10));
        assert_eq!(found("cuStreamGetCtx", 12040, true), Ok(13));
        assert_eq!(found("cuStreamGetCtx", 12050, true), Ok(14));
        assert_eq!(found("cuNothing", 12000, false), Err(Lookup::Unknown));
        assert_eq!(found("", 12000, true), Err(Lookup::Unknown));
    }
}
