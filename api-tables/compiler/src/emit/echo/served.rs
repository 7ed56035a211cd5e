//! How each function of a table is served; a function that cannot be served does not build.

use crate::model::{Api, Function, Param, Ret, Shape};
use crate::plan::{self, Entry};

/// The functions that are written by hand, on either side of the echo.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByHand<'a> {
    /// By the vendor.
    pub vendor: &'a [&'a str],
    /// By the driver.
    pub driver: &'a [&'a str],
}

/// How the echo serves a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Served {
    /// It crosses: its calls are written down and compared.
    Compared,
    /// The table refuses it: the program gets the status, and the vendor sees nothing.
    Refused,
    /// Answered in the program, where the vendor sees nothing of it, or another function under a second name.
    Local,
}

/// Every function of the table with the way it is served.
///
/// # Errors
/// Hand-written functions that the table lacks, and functions that neither the emitted code nor hand-written code serves.
pub fn served<'a>(api: &'a Api, by_hand: &ByHand) -> Result<Vec<(&'a Function, Served)>, Vec<String>> {
    let mut problems = Vec::new();
    let sides = [("vendor", by_hand.vendor), ("driver", by_hand.driver)];
    for (side, functions) in sides {
        let strange = functions.iter().filter(|name| api.function(name).is_none());
        problems.extend(strange.map(|name| format!("{name}: by hand in the {side}, and not in the table")));
    }
    for function in api.functions.iter().filter(|f| plan::crosses(plan::entry(api, f))) {
        let Some(why) = obstacle(function) else { continue };
        for (side, functions) in sides {
            if !functions.contains(&function.name.as_str()) {
                problems.push(format!("{}: the {side} of the echo cannot serve it: {why}", function.name));
            }
        }
    }
    let way = |f: &Function| match plan::entry(api, f) {
        Entry::Refused(_) => Served::Refused,
        Entry::Local | Entry::Answers(_) | Entry::Array(_) | Entry::Same(_) => Served::Local,
        Entry::ByHand | Entry::Resident(_) | Entry::Generated => Served::Compared,
    };
    if problems.is_empty() { Ok(api.functions.iter().map(|f| (f, way(f))).collect()) } else { Err(problems) }
}

/// Why no code can be emitted for a function: what the table does not say about it.
fn obstacle(function: &Function) -> Option<String> {
    let unknown = |p: &&Param| match &p.shape {
        Shape::Pointer => function.facts.custom.worker || !function.facts.withheld.contains(&p.name),
        Shape::Mirror { .. } | Shape::VaList => true,
        _ => false,
    };
    match &function.ret {
        Ret::Mapped { .. } | Ret::Pointer { .. } | Ret::Mirror { .. } => {
            return Some("the table does not say what the returned address points to".into());
        }
        Ret::Struct { .. } => return Some("it returns a struct".into()),
        _ => {}
    }
    let param = function.params.iter().find(unknown)?;
    Some(format!("the table does not say what `{}` points to", param.name))
}
