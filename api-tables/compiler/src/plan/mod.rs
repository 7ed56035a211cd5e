//! The plan: all decisions about each call, made once, as plain data. The emitters only print it.
//!
//! A table states facts; their consequences are decided here: which object a call is about, which calls are one-way,
//! which objects keep others alive, what is charged, and the layout of requests and replies. The shim, the worker, the
//! wire types and the output of `cargo xtask expand` are all made from the same [`Plan`].

mod arguments;
mod call;
mod callbacks;
mod charges;
mod events;
mod in_place;
mod objects;
mod order;
mod pixels;
mod posting;
mod queries;
mod recalls;
mod record;
mod routes;
mod success;

pub use arguments::{Argument, Lifetime, Miss, lifetime};
pub use call::CallPlan;
pub use callbacks::{Callback, CallbackLife, reports};
pub use charges::{Charges, Moved, Number};
pub use events::{Asks, Events, Polls, Question, is_exported, question};
pub use in_place::{Creation, CreationPart, Memory, Transfer, TransferPart, creation, transfer};
pub use objects::{About, Birth, BirthPlace, Parents, about, is_new_one, named, owners, owns};
pub use pixels::{Pixels, pixels};
pub use posting::{Combined, FailureStatus, Posting, Waits};
pub use queries::{Ahead, Key, Query, Remembered, answers_ahead, errcode, key};
pub use recalls::{Recalls, recalls};
pub use record::{Carries, Field, FieldType, Record, address_of};
pub use routes::{Begins, Entry, Finds, Loaded, Resident, Server, crosses, entry};
pub use success::{Success, success};

use crate::model::{Api, Facts, TypeDef, TypeKind};

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
    /// How the vendor is asked about commands that go on after their calls.
    pub events: Option<Events<'a>>,
    /// Memory objects that devices may use in place.
    pub memory: Option<Memory<'a>>,
}

/// A handle type.
#[derive(Debug)]
pub struct Kind<'a> {
    pub name: &'a str,
    /// Status of a call that is given something else than a live handle of this type.
    pub invalid: i64,
    /// The values from 1 up to this one are no objects.
    pub plain: u64,
    /// The types whose objects are accepted, too.
    pub also: &'a [String],
    /// The types of which an object is what such objects end with.
    pub within: &'a [String],
    /// Calls of several threads that name the same object are put in order: some call that names objects of this type
    /// may be posted.
    pub ordered: bool,
    /// Such objects tell how far commands have got.
    pub event: bool,
    /// Such objects are given commands, and some call tells that these have completed.
    pub queue: bool,
    /// Such objects answer alike if they are made alike.
    pub alike: bool,
}

impl<'a> Plan<'a> {
    pub fn of(api: &'a Api) -> Self {
        let mut calls: Vec<_> =
            api.functions.iter().enumerate().map(|(place, f)| CallPlan::of(api, f, place as u32)).collect();
        order::releases(api, &mut calls);
        order::changes(&mut calls);
        let kinds = kinds(api, &calls);
        let callbacks = callbacks::all(&calls);
        Self { api, calls, callbacks, kinds, events: events::of(api), memory: in_place::of(api) }
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

fn kinds<'a>(api: &'a Api, calls: &[CallPlan<'a>]) -> Vec<Kind<'a>> {
    let ordered = |name: &str| calls.iter().any(|call| order::orders(call, name));
    let said = |by: fn(&Facts) -> Option<&String>, kind: &str| {
        calls.iter().any(|call| {
            let param = by(&call.function.facts).and_then(|name| call.function.param(name));
            param.and_then(named).is_some_and(|ty| ty == kind)
        })
    };
    let queue = |name: &str| said(|facts| facts.empties.as_ref(), name);
    // An object may be named as one of its own type, and of each that accepts it.
    let names_of = |name: &'a str| {
        let accepts = move |ty: &&TypeDef| matches!(&ty.kind, TypeKind::Handle { also, .. } if also.iter().any(|other| other == name));
        std::iter::once(name).chain(api.types.values().filter(accepts).map(|ty| ty.name.as_str()))
    };
    let handles = api.types.values().filter_map(|ty| match &ty.kind {
        TypeKind::Handle { invalid, plain, also, within, event, .. } => Some(Kind {
            name: &ty.name,
            invalid: *invalid,
            plain: *plain,
            also,
            within,
            ordered: names_of(&ty.name).any(ordered),
            event: event.is_some(),
            queue: names_of(&ty.name).any(queue),
            alike: calls.iter().any(|call| call.makes_alike(&ty.name)),
        }),
        _ => None,
    });
    handles.collect()
}
