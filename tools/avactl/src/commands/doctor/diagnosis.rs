//! What `avactl doctor` has found.

use serde::Serialize;

use super::probe::Session;
use crate::error::Failure;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Everything works.
    Ok,
    /// It works, with a restriction.
    Note,
    /// It is not installed; other things work without it.
    Absent,
    /// It does not work.
    Broken,
}

/// One check.
#[derive(Debug, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub health: Health,
    /// The result: one line.
    pub found: String,
    /// How to fix it: a line each.
    pub fixes: Vec<String>,
    /// Details: a line each.
    pub details: Vec<String>,
    /// The session that was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

/// A function that AvA refuses, or an extension that it hides from programs.
#[derive(Debug, Serialize)]
pub struct Unsupported {
    pub api: &'static str,
    pub function: &'static str,
    pub reason: &'static str,
}

#[derive(Debug, Serialize)]
pub struct Diagnosis {
    pub healthy: bool,
    pub checks: Vec<Check>,
    pub unsupported: Vec<Unsupported>,
}

impl Check {
    pub fn new(name: &'static str, health: Health, found: impl Into<String>) -> Self {
        Self { name, health, found: found.into(), fixes: Vec::new(), details: Vec::new(), session: None }
    }

    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fixes.push(fix.into());
        self
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// A missing part.
    pub fn missing(name: &'static str, failure: Failure) -> Self {
        Self { fixes: failure.hints, ..Self::new(name, Health::Broken, failure.message) }
    }
}
