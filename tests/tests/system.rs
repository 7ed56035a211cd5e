//! A broker for several users, as root starts it: who is who, what each has, what each may take, and what is left.

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
#[path = "../system/people.rs"]
mod people;
#[path = "../system/tokens.rs"]
mod tokens;
#[path = "../system/who.rs"]
mod who;
