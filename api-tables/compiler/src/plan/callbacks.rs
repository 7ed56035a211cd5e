//! Callbacks: the numbers of their signatures, and how long a registration lives.

use super::call::CallPlan;
use crate::model::{Param, Shape, Until};

/// A callback parameter of a function that crosses.
#[derive(Debug)]
pub struct Callback<'a> {
    /// The function that registers it.
    pub function: &'a crate::model::Function,
    /// The parameter.
    pub param: &'a Param,
    /// Its arguments.
    pub params: &'a [Param],
    pub life: CallbackLife,
}

/// How long a callback is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackLife {
    /// Until it was called, or the call has failed.
    Call,
    /// As long as the object that it is set on: it reports errors, during the call that fails.
    Object,
    /// As long as the session: it is called when an object is destroyed.
    Session,
}

/// Whether a callback with these parameters reports errors.
pub fn reports(params: &[Param]) -> bool {
    params.iter().any(|p| matches!(p.shape, Shape::VaList))
}

pub(super) fn all<'a>(calls: &[CallPlan<'a>]) -> Vec<Callback<'a>> {
    calls.iter().filter(|call| call.crosses).flat_map(CallPlan::callbacks).collect()
}

impl<'a> CallPlan<'a> {
    /// The callbacks among the parameters.
    pub fn callbacks(&self) -> impl Iterator<Item = Callback<'a>> + use<'a> {
        let function = self.function;
        function.params.iter().filter_map(move |param| {
            let Shape::Callback { params, .. } = &param.shape else { return None };
            let until = function.facts.until.iter().find(|(p, _)| *p == param.name).map(|(_, until)| until);
            let life = match until {
                _ if reports(params) => CallbackLife::Object,
                Some(Until::Released) => CallbackLife::Session,
                _ => CallbackLife::Call,
            };
            Some(Callback { function, param, params, life })
        })
    }

    /// The callback among the parameters: a call has one at most.
    pub fn callback(&self) -> Option<Callback<'a>> {
        self.callbacks().next()
    }
}
