//! A broker for several users, started as root: identities, resources, limits, and clean-up.

#[path = "../system/chaos.rs"]
mod chaos;
#[path = "../system/directories.rs"]
mod directories;
#[path = "../system/ends.rs"]
mod ends;
#[path = "../system/groups.rs"]
mod groups;
#[path = "../system/identity.rs"]
mod identity;
#[path = "../system/labels.rs"]
mod labels;
#[path = "../system/people.rs"]
mod people;
#[path = "../system/tenants.rs"]
mod tenants;
#[path = "../system/tokens.rs"]
mod tokens;
#[path = "../system/who.rs"]
mod who;
