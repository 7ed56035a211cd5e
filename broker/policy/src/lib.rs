//! What an administrator says of tenants: rules in files, and what applies to whom.
//!
//! The broker reads the files when it starts and when an administrator asks for it; `avactl policy check` reads them without
//! a broker.
//!
//! - **Invariant:** a policy with an error is no policy: [`Policy::of`] returns all errors of all files, or a policy.
//! - **Invariant:** only `files` does I/O, and nothing here has a clock.
//! - **Invariant:** files have limits, and to match a text takes time in proportion to its length, whatever the pattern is.
//! - **Invariant:** a key is described once, in `keys`: the reader, the manual page and `avactl` use that.
//!
//! # Layers
//!
//! - words: `value`, `problem`
//! - what can be said: `keys`, `people`
//! - one rule: `rule`
//! - files and their text: `text`, `files`
//! - all rules: `policy`
#![forbid(unsafe_code)]

pub mod files;
pub mod keys;
mod people;
mod policy;
mod problem;
mod rule;
mod text;
mod value;

pub use keys::Key;
pub use people::People;
pub use policy::Policy;
pub use problem::{Place, Problem, Severity};
pub use rule::{LONGEST_LABEL, Origin, Rule, Term, Terms, Who, is_label, is_tenant_name};
pub use value::Value;
