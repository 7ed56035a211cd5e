//! Reads API tables and turns them into both sides of a call.
//!
//! A table (`api-tables/NAME.rs`) describes every function of one vendor API: Rust syntax that is never compiled.
//! [`read`] takes it through [`parse`] (syntax to items) and [`check`] (items to the [`model`], every name resolved);
//! [`plan`] decides the consequences for each call, and the emitters in [`emit`] print the plan. The language is described
//! in `api-tables/LANGUAGE.md`.
//!
//! **Invariant:** no text of a table is pasted into generated code; emitters build code from model and plan alone.
//! **Invariant:** no key is ignored. Anything in a table that this crate does not know is a mistake with a position.
//! **Invariant:** all mistakes of a table are gathered and shown at once; a table with a mistake yields no model.
//!
//! # Layers
//!
//! - mistakes: `problem`
//! - syntax: `attr`, `parse`
//! - what a table says: `model`, `layout`
//! - expressions of its names: `check::names`, `expr`
//! - what follows: `plan`
//! - names in what is emitted, which rules ask for: `emit::names`
//! - rules: `check`
//! - a table from its text: `read`
//! - what is made of it: `emit`, `import`
//! - for build scripts: `build`

#![forbid(unsafe_code)]

mod attr;
pub mod build;
pub mod check;
pub mod emit;
pub mod expr;
#[cfg(feature = "import")]
pub mod import;
pub mod layout;
pub mod model;
pub mod parse;
pub mod plan;
pub mod problem;
mod read;

#[cfg(feature = "import")]
pub use import::import;
pub use read::{read, read_text};
