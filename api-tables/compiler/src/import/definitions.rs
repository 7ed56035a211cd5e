//! The types and the constants that drafted functions need and a table lacks.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::c::{CType, Number, Prototype, constant};
use super::guess::{self, Guess};
use super::records::{self, Struct};
use super::types::{Kind, Types};
use super::{words, write};
use crate::check::names;
use crate::model::TypeKind;

/// What is drafted besides functions.
pub struct Definitions<'a> {
    types: &'a Types<'a>,
    /// The names of types that the functions need, in the order of the headers.
    needed: Vec<&'a str>,
    /// What most functions return.
    status: Option<String>,
    /// Constants by the type that they stand under.
    constants: Constants,
    /// The greatest value that a macro has of each handle type.
    plain: BTreeMap<String, i128>,
}

type Constants = IndexMap<String, Vec<(String, i128)>>;

impl<'a> Definitions<'a> {
    /// A new table gets all enums, and the numbers among the `macros`.
    pub fn of(types: &'a Types<'a>, guesses: &[Guess], macros: Option<&IndexMap<String, String>>) -> Self {
        let needed = needed(types, guesses, macros.is_some());
        let status = status(types);
        let (constants, plain) = constants(types, &needed, macros);
        Self { types, needed, status, constants, plain }
    }

    /// The status that a name among the constants says best, as a table writes it: a constant, or else the one of a call
    /// whose worker has died.
    pub fn status(&self, said: &[&str]) -> String {
        let names = || self.constants.values().flatten().map(|(name, _)| name.as_str());
        let known = || self.types.api.constants.keys().map(String::as_str);
        let find = |said: &&str| known().chain(names()).find(|name| has(name, said));
        said.iter().find_map(find).map_or_else(|| self.types.api.lost.to_string(), str::to_owned)
    }

    /// The text of all.
    pub fn text(&self, prototypes: &[Prototype], guesses: &[Guess]) -> String {
        let structs: Vec<(&str, Result<Struct, String>)> = self.structs();
        let mut parts = vec![self.scalars(), self.handles(prototypes, guesses), self.consts()];
        parts.push(self.opaque(&structs));
        let sayable = |(name, drafted): &(&str, Result<Struct, String>)| {
            drafted.as_ref().ok().map(|drafted| write::structure(name, &drafted.fields))
        };
        parts.extend(structs.iter().filter_map(sayable));
        parts.retain(|part| !part.is_empty());
        parts.join("\n")
    }

    fn structs(&self) -> Vec<(&'a str, Result<Struct, String>)> {
        let structs = self.needed.iter().filter(|name| self.kind(name) == Kind::Struct((**name).to_owned()));
        structs.map(|name| (*name, records::structure(self.types, name))).collect()
    }

    fn scalars(&self) -> String {
        let mut groups: IndexMap<String, Vec<String>> = IndexMap::new();
        let mut text = String::new();
        for name in self.needed.iter().filter(|name| self.kind(name) == Kind::Scalar((**name).to_owned())) {
            let Some(scalar) = self.types.scalar(&CType::named(name)) else { continue };
            if self.status.as_deref() == Some(*name) {
                text = format!("#[status(ok = 0)]\ntype {name} = {scalar};\n");
            } else {
                groups.entry(scalar.into()).or_default().push((*name).to_owned());
            }
        }
        text + &write::groups("types", &groups.into_iter().collect::<Vec<_>>())
    }

    fn handles(&self, prototypes: &[Prototype], guesses: &[Guess]) -> String {
        let mut counted: BTreeMap<(&str, String), &str> = BTreeMap::new();
        for (prototype, _) in prototypes.iter().zip(guesses).filter(|(_, guess)| guess.gaps.is_empty()) {
            if let Some(fact) = guess::counted(prototype, self.types) {
                let newest = counted.entry(fact).or_insert(&prototype.name);
                if words::version(&prototype.name) > words::version(newest) {
                    *newest = &prototype.name;
                }
            }
        }
        let handles: Vec<&str> = self.needed.iter().copied().filter(|name| self.is_handle(name)).collect();
        let prefix = common_prefix(&handles);
        let mut text = String::new();
        for name in handles {
            let counts = ["retain", "release"].into_iter().filter_map(|word| {
                let function = counted.get(&(word, name.to_owned()))?;
                Some(format!("{word} = {function}, "))
            });
            let counts: String = counts.collect();
            let invalid = self.invalid(&name[prefix..]);
            let kind = if self.kind(name) == Kind::Handle(name.to_owned()) { "Handle" } else { "Opaque" };
            let plain = self.plain.get(name).map_or_else(String::new, |greatest| format!(", plain = {greatest}"));
            text.push_str(&format!("#[handle({counts}invalid = {invalid}{plain})]\ntype {name} = {kind};\n"));
        }
        text
    }

    fn is_handle(&self, name: &str) -> bool {
        matches!(self.kind(name), Kind::Handle(known) | Kind::Pointee(known) if known == name)
    }

    /// The status for anything else than such a handle.
    fn invalid(&self, handle: &str) -> String {
        let upper = handle.trim_end_matches("_id").to_uppercase();
        let own = format!("INVALID_{}", upper.trim_matches('_'));
        self.status(&[&format!("{own}$"), &own, "INVALID_HANDLE", "BAD_HANDLE", "INVALID_VALUE", "INVALID", "ERROR"])
    }

    fn consts(&self) -> String {
        let said = |(name, value): &(String, i128)| format!("{name} = {}", number(*value));
        let group = |(ty, all): (&String, &Vec<(String, i128)>)| (ty.clone(), all.iter().map(said).collect());
        let groups: Vec<(String, Vec<String>)> =
            self.constants.iter().filter(|(_, all)| !all.is_empty()).map(group).collect();
        write::groups("consts", &groups)
    }

    /// Structs that are used by address only, since they have no fields, or the language cannot say them.
    fn opaque(&self, structs: &[(&str, Result<Struct, String>)]) -> String {
        let mut text = String::new();
        let mut names: Vec<String> = Vec::new();
        for (name, lack) in structs.iter().filter_map(|(name, drafted)| Some((name, drafted.as_ref().err()?))) {
            text.push_str(&write::comment("//", &format!("Draft: the language cannot say {name}: {lack}.")));
            names.push((*name).to_owned());
        }
        let used = self.needed.iter().filter(|name| self.kind(name) == Kind::Opaque((**name).to_owned()));
        names.extend(used.map(|name| (*name).to_owned()));
        let groups = if names.is_empty() { Vec::new() } else { vec![("Opaque".to_owned(), names)] };
        text + &write::groups("types", &groups)
    }

    fn kind(&self, name: &str) -> Kind {
        self.types.kind(&CType::named(name))
    }
}

/// The types that functions name, and those in their structs; of a new table also the enums, for their constants.
fn needed<'a>(types: &'a Types<'a>, guesses: &[Guess], is_new: bool) -> Vec<&'a str> {
    let own = types.header.types.keys().skip(types.header.others).filter(|name| is_new && !name.contains(' '));
    let is_enum = |name: &&String| types.enumeration(&CType::named(name)).is_some();
    let mut said: Vec<String> = own.filter(is_enum).cloned().collect();
    for guess in guesses {
        said.extend(guess.params.iter().map(|(_, shape)| shape.clone()).chain(guess.ret.clone()));
    }
    let mut names: BTreeSet<&str> = BTreeSet::new();
    while let Some(text) = said.pop() {
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            let Some((name, _)) = types.header.types.get_key_value(word) else { continue };
            let is_new = !types.api.types.contains_key(name) && names::from_c(name).is_none();
            if is_new && names.insert(name) && types.kind(&CType::named(name)) == Kind::Struct(name.clone()) {
                let drafted = records::structure(types, name);
                said.extend(drafted.into_iter().flat_map(|drafted| drafted.fields).map(|(_, ty)| ty));
            }
        }
    }
    types.header.types.keys().map(String::as_str).filter(|name| names.contains(name)).collect()
}

/// The type that most functions return, or one that some return and whose name says so; unless the table has a status.
fn status(types: &Types<'_>) -> Option<String> {
    if types.api.types.values().any(|ty| matches!(ty.kind, TypeKind::Status { .. })) {
        return None;
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for function in &types.header.functions {
        if let Kind::Scalar(name) = types.kind(&function.signature.ret) {
            *counts.entry(name).or_default() += 1;
        }
    }
    counts.retain(|name, _| names::builtin(name).is_none());
    let says_so = |name: &String| ["status", "result", "error"].iter().any(|word| name.to_lowercase().ends_with(word));
    let most = counts.iter().find(|(_, count)| 2 * **count > types.header.functions.len()).map(|(name, _)| name);
    most.or_else(|| counts.keys().find(|name| says_so(name))).cloned()
}

/// The enumerators of enums that are needed, and the macros that are numbers; of those that are handles, the greatest value.
fn constants(
    types: &Types<'_>,
    needed: &[&str],
    macros: Option<&IndexMap<String, String>>,
) -> (Constants, BTreeMap<String, i128>) {
    let numbers = &types.header.numbers;
    let mut seen: BTreeSet<&str> = types.api.constants.keys().map(String::as_str).collect();
    let (mut all, mut plain) = (Constants::new(), BTreeMap::new());
    for name in needed {
        let Some(own) = types.enumeration(&CType::named(name)) else { continue };
        for value in own.names.iter().filter(|value| seen.insert(value)) {
            all.entry((*name).to_owned()).or_default().push((value.clone(), numbers[value].value));
        }
    }
    let mut known: BTreeMap<&str, Number> = BTreeMap::new();
    for (name, body) in macros.into_iter().flatten().filter(|(name, _)| !name.starts_with('_')) {
        let number = constant(body, &|word| known.get(word).or_else(|| numbers.get(word)).cloned());
        let Some(number) = number else { continue };
        let ty = match types.kind(&CType::named(&number.ty)) {
            _ if names::builtin(&number.ty).is_some() => Some(number.ty.clone()),
            Kind::Scalar(ty) if needed.contains(&ty.as_str()) || types.api.types.contains_key(&ty) => Some(ty),
            Kind::Scalar(_) => types.scalar(&CType::named(&number.ty)).map(str::to_owned),
            Kind::Handle(handle) => {
                let greatest = plain.entry(handle).or_insert(number.value);
                *greatest = number.value.max(*greatest);
                None
            }
            _ => None,
        };
        known.insert(name, number.clone());
        if let Some(ty) = ty.filter(|_| seen.insert(name)) {
            all.entry(ty).or_default().push((name.clone(), number.value));
        }
    }
    plain.retain(|_, greatest| (1..4096).contains(greatest));
    (all, plain)
}

/// Large numbers are rather bits than counts.
fn number(value: i128) -> String {
    if value >= 0x1000 { format!("0x{value:X}") } else { value.to_string() }
}

/// Whether a constant's name has these words; a `$` stands for its end.
fn has(name: &str, words: &str) -> bool {
    let name = name.to_uppercase();
    match words.strip_suffix('$') {
        Some(end) => name.ends_with(end),
        None => name.contains(words),
    }
}

/// How many bytes all names begin with in common.
fn common_prefix(names: &[&str]) -> usize {
    let [first, rest @ ..] = names else { return 0 };
    if rest.is_empty() {
        return 0;
    }
    let common = |other: &&str| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let mut length = rest.iter().map(common).min().unwrap_or_default();
    while !first.is_char_boundary(length) {
        length -= 1;
    }
    length
}
