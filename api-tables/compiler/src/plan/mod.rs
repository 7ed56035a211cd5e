//! The plan: all decisions about each call, made once, as plain data. The emitters only print it.
//!
//! A table states facts; their consequences are decided here: which object a call is about, which calls are one-way,
//! which objects keep others alive, what is charged, and the layout of requests and replies. The shim, the worker, the
//! wire types and the output of `cargo xtask expand` are all made from the same [`Plan`].

mod arguments;
mod call;
mod callbacks;
mod charges;
mod objects;
mod order;
mod posting;
mod queries;
mod record;
mod routes;
mod success;

pub use arguments::{Argument, Lifetime, Miss, lifetime};
pub use call::CallPlan;
pub use callbacks::{Callback, CallbackLife, reports};
pub use charges::{Charges, Moved};
pub use objects::{About, Birth, BirthPlace, Parents, about, is_new_one, named};
pub use posting::{Combined, FailureStatus, Posting, Waits};
pub use queries::{Ahead, Key, Query, Remembered, answers_ahead, errcode, key};
pub use record::{Carries, Field, FieldType, Record, address_of};
pub use routes::{Begins, Entry, Finds, Loaded, Server, crosses, entry};
pub use success::{Success, success};

use crate::model::{Api, Facts, TypeKind};

/// The plan of one API.
#[derive(Debug)]
pub struct Plan<'a> {
    pub api: &'a Api,
    /// In the order of the table: the place of a function is its opcode.
    pub calls: Vec<CallPlan<'a>>,
    /// The callbacks that cross: the place of one is the number of its signature on the wire.
    pub callbacks: Vec<Callback<'a>>,
    /// The handle types: the place of one, counted from 1, is its number on the wire.
    pub kinds: Vec<Kind<'a>>,
}

/// A handle type.
#[derive(Debug)]
pub struct Kind<'a> {
    pub name: &'a str,
    /// Status of a call that is given something else than a live handle of this type.
    pub invalid: i64,
    /// Calls of several threads that name the same object are put in order: some call that names objects of this type
    /// may be posted.
    pub ordered: bool,
    /// Such objects tell how far commands have got.
    pub event: bool,
    /// Such objects are given commands, and some call tells that these have completed.
    pub queue: bool,
}

impl<'a> Plan<'a> {
    pub fn of(api: &'a Api) -> Self {
        let mut calls: Vec<_> =
            api.functions.iter().enumerate().map(|(place, f)| CallPlan::of(api, f, place as u32)).collect();
        order::releases(&mut calls);
        let kinds = kinds(api, &calls);
        let callbacks = callbacks::all(&calls);
        Self { api, calls, callbacks, kinds }
    }

    pub fn call(&self, function: &str) -> Option<&CallPlan<'a>> {
        self.calls.iter().find(|call| call.function.name == function)
    }

    /// The number of a handle type on the wire.
    pub fn kind(&self, name: &str) -> u16 {
        let place = self.kinds.iter().position(|kind| kind.name == name).unwrap_or(usize::MAX - 1);
        place as u16 + 1
    }
}

/// The facts that are about events, and the parameter that each names.
const EVENTS: [fn(&Facts) -> Option<&String>; 3] = [
    |facts| facts.polls.as_ref().map(|(event, _)| event),
    |facts| facts.cached.as_ref()?.after.as_ref(),
    |facts| facts.waits.as_ref(),
];

fn kinds<'a>(api: &'a Api, calls: &[CallPlan<'a>]) -> Vec<Kind<'a>> {
    let ordered = |name: &str| calls.iter().any(|call| call.posting.is_posted() && order::mentions(call, name));
    let said = |by: fn(&Facts) -> Option<&String>, kind: &str| {
        calls.iter().any(|call| {
            let param = by(&call.function.facts).and_then(|name| call.function.param(name));
            param.and_then(named).is_some_and(|ty| ty == kind)
        })
    };
    let kind = |name: &'a str, invalid| Kind {
        name,
        invalid,
        ordered: ordered(name),
        event: EVENTS.iter().any(|by| said(*by, name)),
        queue: said(|facts| facts.empties.as_ref(), name),
    };
    let handles = api.types.values().filter_map(|ty| match ty.kind {
        TypeKind::Handle { invalid, .. } => Some(kind(&ty.name, invalid)),
        _ => None,
    });
    handles.collect()
}
