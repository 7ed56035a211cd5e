//! The plan: all decisions about each call, made once, as plain data. The emitters only print it.
//!
//! A table states facts; their consequences are decided here: which object a call is about, which calls are one-way,
//! which objects keep others alive, what is charged, and the layout of requests and replies. The shim, the worker, the
//! wire types and the output of `cargo xtask expand` are all made from the same [`Plan`].

mod arguments;
mod callbacks;
mod charges;
mod objects;
mod posting;
mod queries;
mod record;
mod routes;

pub use arguments::{Argument, Lifetime, Miss, lifetime};
pub use callbacks::{Callback, CallbackLife, reports};
pub use charges::{Charges, Moved};
pub use objects::{About, Birth, BirthPlace, Parents, about, is_new_one};
pub use posting::{Combined, FailureStatus, Posting, Waits};
pub use queries::{Key, Query, Remembered, errcode, key};
pub use record::{Carries, Field, FieldType, Record, address_of};
pub use routes::{Begins, Entry, Finds, Loaded, Server, crosses, entry};

use crate::model::{Api, Function, Param, Ret, Scalar, TypeKind};

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
}

/// The plan of one function.
#[derive(Debug)]
pub struct CallPlan<'a> {
    pub function: &'a Function,
    pub opcode: u32,
    /// What the entry point in the shim does.
    pub entry: Entry<'a>,
    /// Whether calls reach the worker at all.
    pub crosses: bool,
    /// Whether the shim's marshalling is generated; a custom entry may fall back on it.
    pub marshalled: bool,
    /// What serves the call in the worker.
    pub server: Server,
    /// The session that the call is made in.
    pub begins: Begins,
    /// Where the worker gets the vendor's function from.
    pub loaded: Loaded<'a>,
    /// How the worker finds the vendor's function in a call.
    pub finds: Finds<'a>,
    /// One for each parameter, in the order of the prototype.
    pub arguments: Vec<Argument<'a>>,
    /// Places in `arguments`, in the order in which the shim makes the request of them.
    pub encode_order: Vec<usize>,
    /// Indexes in `arguments`, in the order in which the worker decodes them: sizes of later ones are computed from earlier
    /// ones.
    pub decode_order: Vec<usize>,
    /// The object that a later failure is reported on, that new objects are made from, and that orders the call.
    pub about: Option<About<'a>>,
    pub success: Success,
    /// The out parameter that a status is stored through, in a function that returns none.
    pub errcode: Option<&'a Param>,
    /// The objects that the call makes.
    pub births: Vec<Birth<'a>>,
    pub posting: Posting<'a>,
    /// The query that the call is, if it answers with bytes.
    pub query: Option<Query<'a>>,
    pub charges: Charges<'a>,
    pub request: Record<'a>,
    pub reply: Record<'a>,
}

/// How a call shows that the vendor accepted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// The call reports no failure.
    Always,
    /// It returns this status.
    Status { scalar: Scalar, ok: i64 },
    /// It returns an object or an address, and not null.
    NotNull,
}

impl<'a> Plan<'a> {
    pub fn of(api: &'a Api) -> Self {
        let mut calls: Vec<_> =
            api.functions.iter().enumerate().map(|(place, f)| CallPlan::of(api, f, place as u32)).collect();
        posting::releases(&mut calls);
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

impl<'a> CallPlan<'a> {
    fn of(api: &'a Api, function: &'a Function, opcode: u32) -> Self {
        let entry = routes::entry(function);
        let success = success(api, function);
        let errcode = queries::errcode(api, function);
        let about = objects::about(function);
        let arguments = arguments::all(api, function);
        let births = objects::births(function, about);
        let (encode_order, decode_order) = arguments::orders(&arguments, about);
        Self {
            function,
            opcode,
            entry,
            crosses: routes::crosses(entry),
            marshalled: routes::is_marshalled(function),
            server: routes::server(function),
            begins: routes::begins(function),
            loaded: routes::loaded(api, function),
            finds: routes::finds(function, about),
            posting: posting::of(function, &arguments),
            query: queries::query(api, function),
            charges: charges::of(function),
            request: record::request(function, &arguments, &births),
            reply: record::reply(function, &arguments, success),
            encode_order,
            decode_order,
            arguments,
            about,
            success,
            errcode,
            births,
        }
    }

    pub fn argument(&self, name: &str) -> Option<&Argument<'a>> {
        self.arguments.iter().find(|argument| argument.param.name == name)
    }

    /// The handles that are parameters themselves, not in arrays or structs.
    pub fn handles(&self) -> impl Iterator<Item = &'a Param> {
        self.function.params.iter().filter(|p| objects::is_handle(p))
    }

    /// The object that the function returns.
    pub fn returned(&self) -> Option<&Birth<'a>> {
        self.births.iter().find(|birth| matches!(birth.place, BirthPlace::Returned))
    }

    /// Whether the reply has changes of mirrors.
    pub fn shows_mirrors(&self) -> bool {
        self.reply.fields.iter().any(|field| matches!(field.carries, Carries::Mirrors))
    }

    /// Whether the function returns a mirrored struct.
    pub fn names_mirror(&self) -> bool {
        matches!(self.function.ret, Ret::Mirror { .. })
    }

    /// Whether the call may be sent without waiting for a reply.
    pub fn is_oneway(&self) -> bool {
        self.function.facts.oneway.is_some()
    }

    /// Where the status of a failed one-way call is.
    pub fn failure_status(&self) -> FailureStatus<'a> {
        match (self.success, self.errcode) {
            (Success::Status { .. }, _) => FailureStatus::Returned,
            (_, Some(param)) => FailureStatus::Stored(param),
            (_, None) => FailureStatus::Unknown,
        }
    }
}

/// How a call of a function shows that the vendor accepted it.
pub fn success(api: &Api, function: &Function) -> Success {
    match &function.ret {
        Ret::Status { ty } => match api.types.get(ty).map(|t| &t.kind) {
            Some(TypeKind::Status { scalar, ok }) => Success::Status { scalar: *scalar, ok: *ok },
            _ => unreachable!("only a status type makes a function return a status"),
        },
        Ret::New { .. } | Ret::Mapped { .. } => Success::NotNull,
        _ => Success::Always,
    }
}

fn kinds<'a>(api: &'a Api, calls: &[CallPlan<'a>]) -> Vec<Kind<'a>> {
    let ordered = |name: &str| calls.iter().any(|call| call.posting.is_posted() && posting::mentions(call, name));
    api.types
        .values()
        .filter_map(|ty| match ty.kind {
            TypeKind::Handle { invalid, .. } => Some(Kind { name: &ty.name, invalid, ordered: ordered(&ty.name) }),
            _ => None,
        })
        .collect()
}
