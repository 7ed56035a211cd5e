//! The plan of one function, of what is decided of its parts.

use super::arguments::{self, Argument};
use super::charges::{self, Charges};
use super::events::{self, Asks, Polls};
use super::objects::{self, About, Birth, BirthPlace};
use super::posting::{self, FailureStatus, Posting};
use super::queries::{self, Ahead, Query};
use super::recalls::{self, Recalls};
use super::record::{self, Carries, Record};
use super::routes::{self, Begins, Entry, Finds, Loaded, Server};
use super::success::{Success, success};
use crate::model::{Api, Function, Param, Ret};

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
    /// Its answer, if that is cached and no bytes.
    pub recalls: Option<Recalls<'a>>,
    /// Cached answers may change with it.
    pub changes_answers: bool,
    /// It asks how far a command has got.
    pub polls: Option<Polls<'a>>,
    /// It asks whether something goes on for an object.
    pub asks: Option<Asks<'a>>,
    pub charges: Charges<'a>,
    pub request: Record<'a>,
    pub reply: Record<'a>,
}

impl<'a> CallPlan<'a> {
    pub(super) fn of(api: &'a Api, function: &'a Function, opcode: u32) -> Self {
        let entry = routes::entry(api, function);
        let success = success(api, function);
        let errcode = queries::errcode(api, function);
        let about = objects::about(function);
        let arguments = arguments::all(api, function);
        let births = objects::births(api, function, about);
        let (encode_order, decode_order) = arguments::orders(&arguments, about);
        Self {
            function,
            opcode,
            entry,
            crosses: routes::crosses(entry),
            marshalled: routes::is_marshalled(api, function),
            server: routes::server(api, function),
            begins: routes::begins(function),
            loaded: routes::loaded(api, function),
            finds: routes::finds(function, about),
            posting: posting::of(api, function, &arguments),
            query: queries::query(api, function),
            recalls: recalls::recalls(function),
            changes_answers: false,
            polls: events::polls(api, function),
            asks: events::asks(function),
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

    /// Whether the objects that it returns are as good as each other, and answer alike, if they are made of the same.
    pub fn makes_alike(&self, kind: &str) -> bool {
        let alike = matches!(self.posting, Posting::Made { alike: true, .. });
        alike && self.returned().is_some_and(|birth| birth.kind == kind)
    }

    /// The query that it is, if the worker also sends its answers unasked.
    pub fn ahead(&self) -> Option<Ahead<'a>> {
        queries::ahead(self.function, self.query.as_ref()?)
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
