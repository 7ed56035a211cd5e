//! Shapes and facts of a function, guessed from C types and names.

use super::c::{CKind, CParam, CType, Prototype, Signature};
use super::lengths::{self, Length};
use super::records::{self, Inside};
use super::types::{Kind, Types};
use super::words;
use super::write::identifier;

/// The name and the shape of a parameter, the name and the type of a field.
pub type Named = (String, String);

/// A drafted entry.
#[derive(Debug)]
pub struct Guess {
    pub name: String,
    pub params: Vec<Named>,
    pub ret: Option<String>,
    pub facts: Vec<String>,
    /// Facts about its names.
    pub names: Vec<String>,
    /// Why a person has to describe it first, and of what.
    pub gaps: Vec<(Gap, String)>,
    /// The table has no name for one of its types.
    pub is_nameless: bool,
}

/// What nothing tells, or the language cannot say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    Address,
    Text,
    Value,
    Struct,
    Callback,
    Old,
}

impl Gap {
    pub const ALL: [Self; 6] = [Self::Address, Self::Text, Self::Value, Self::Struct, Self::Callback, Self::Old];

    /// For people, of one function.
    pub fn why(self) -> &'static str {
        match self {
            Self::Address => "nothing says what an address leads to",
            Self::Text => "nothing says how long a text is that comes out",
            Self::Value => "a struct with addresses is passed by value, or one is returned",
            Self::Struct => "a struct has addresses in it, or a form that the language lacks",
            Self::Callback => "a callback returns a value, or has no pointer of the program's",
            Self::Old => "a handle is returned that need not be new",
        }
    }
}

/// Drafts one function. `is_const_free`: the header never says `const`.
pub fn function(prototype: &Prototype, types: &Types<'_>, is_const_free: bool) -> Guess {
    let signature = &prototype.signature;
    let mut guesser = Guesser {
        types,
        function: &prototype.name,
        signature,
        lengths: lengths::of(types, &prototype.name, signature, is_const_free),
        is_const_free,
        is_callback: false,
        gaps: Vec::new(),
        is_nameless: false,
    };
    let params = guesser.params();
    let ret = guesser.ret();
    let facts = guesser.facts();
    let Guesser { gaps, is_nameless, .. } = guesser;
    Guess { name: prototype.name.clone(), params, ret, facts, names: Vec::new(), gaps, is_nameless }
}

/// The handle whose count a function of this name raises or lowers, and the fact for it.
pub fn counted(prototype: &Prototype, types: &Types<'_>) -> Option<(&'static str, String)> {
    let [param] = prototype.signature.params.as_slice() else { return None };
    let handle = match types.kind(&param.ty) {
        Kind::Handle(name) => name,
        Kind::Pointer(to) => match types.kind(&to) {
            Kind::Pointee(name) => name,
            _ => return None,
        },
        _ => return None,
    };
    if words::retains(&prototype.name) {
        Some(("retain", handle))
    } else {
        words::releases(&prototype.name).then_some(("release", handle))
    }
}

struct Guesser<'a> {
    types: &'a Types<'a>,
    function: &'a str,
    signature: &'a Signature,
    lengths: Vec<Option<Length>>,
    is_const_free: bool,
    is_callback: bool,
    gaps: Vec<(Gap, String)>,
    is_nameless: bool,
}

impl Guesser<'_> {
    fn params(&mut self) -> Vec<Named> {
        let signature = self.signature;
        let name = |param: &CParam| identifier(&param.name);
        signature.params.iter().enumerate().map(|(at, param)| (name(param), self.shape(at, param))).collect()
    }

    fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        let prototype = Prototype { name: self.function.into(), signature: self.signature.clone() };
        if let Some((word, handle)) = counted(&prototype, self.types) {
            facts.push(format!("{word}({handle})"));
        }
        for (param, length) in self.signature.params.iter().zip(&self.lengths) {
            if let Some(Length { written: Some(written), .. }) = length {
                facts.push(format!("written({} = {written})", identifier(&param.name)));
            }
        }
        facts
    }

    fn ret(&mut self) -> Option<String> {
        let ret = &self.signature.ret;
        match self.types.kind(ret) {
            Kind::Void => None,
            Kind::Scalar(name) => Some(name),
            Kind::Handle(name) => Some(self.returned(name)),
            Kind::Struct(name) if records::structure(self.types, &name).is_ok() => {
                self.gap_returned(Gap::Value);
                Some(name)
            }
            Kind::Pointer(to) => match self.types.kind(&to) {
                Kind::Pointee(name) => Some(self.returned(name)),
                Kind::Scalar(name) if name == "c_char" && to.constant => Some("Option<&CStr>".into()),
                _ => {
                    self.gap_returned(Gap::Address);
                    Some(self.raw(ret))
                }
            },
            _ => {
                self.gap_returned(Gap::Value);
                self.is_nameless = true;
                Some("*mut c_void".into())
            }
        }
    }

    fn returned(&mut self, handle: String) -> String {
        if !words::makes(self.function) {
            self.gap_returned(Gap::Old);
        }
        format!("New<{handle}>")
    }

    fn shape(&mut self, at: usize, param: &CParam) -> String {
        if let Some(signature) = self.types.callback(&param.ty) {
            return self.callback(param, &signature);
        }
        match self.types.kind(&param.ty) {
            Kind::Scalar(name) | Kind::Handle(name) => name,
            Kind::Pointer(to) => self.pointer(at, param, &to),
            Kind::Struct(name) if let Ok(drafted) = records::structure(self.types, &name) => {
                if drafted.inside != Inside::Plain || self.is_callback {
                    self.gap(Gap::Value, &param.name);
                }
                name
            }
            Kind::Void | Kind::Struct(_) | Kind::Pointee(_) | Kind::Opaque(_) | Kind::Nameless => {
                self.gap(Gap::Value, &param.name);
                self.is_nameless = true;
                "*mut c_void".into()
            }
        }
    }

    fn pointer(&mut self, at: usize, param: &CParam, to: &CType) -> String {
        if self.is_user_data(at, to) {
            return "UserData".into();
        }
        let length = self.lengths[at].clone();
        let element = match (self.types.kind(to), &length) {
            (Kind::Pointee(name), None) => {
                return format!("Option<&{}{name}>", if to.constant { "" } else { "mut " });
            }
            (Kind::Scalar(name), None) if name == "c_char" && to.constant => return self.text(),
            (Kind::Scalar(name), None) if name == "c_char" => return self.unknown(Gap::Text, param),
            (Kind::Void, Some(_)) => "c_void".to_owned(),
            (Kind::Scalar(name), _) => name,
            (Kind::Handle(name), _) => match to.constant || self.goes_in(to, &length) {
                false if words::makes(self.function) && !self.is_callback => format!("New<{name}>"),
                _ => name,
            },
            (Kind::Struct(name), _) => match self.structure(&name, param, to) {
                Some(shape) => return shape,
                None => name,
            },
            (Kind::Pointer(inner), _) => return self.texts(param, to, &inner, length),
            (Kind::Opaque(_), _) => return self.unknown(Gap::Struct, param),
            (Kind::Void | Kind::Pointee(_) | Kind::Nameless, _) => return self.unknown(Gap::Address, param),
        };
        if self.is_callback && !to.constant {
            return self.unknown(Gap::Callback, param);
        }
        let memory = match &length {
            Some(length) => format!("[{element}; {}]", length.count),
            None => element,
        };
        if to.constant {
            return format!("Option<&{memory}>");
        }
        if self.lengths.iter().flatten().any(|length| length.both == Some(at)) {
            return format!("Option<&mut {memory}>");
        }
        let word = if self.goes_in(to, &length) { "In" } else { "Out" };
        format!("Option<{word}<{memory}>>")
    }

    /// Whether memory that may be written is read: where nothing is `const` and a number says how long it is, and the data
    /// of a new object.
    fn goes_in(&self, to: &CType, length: &Option<Length>) -> bool {
        let by_value = length.as_ref().is_some_and(|length| length.written.is_none());
        let is_data = self.types.kind(to) == Kind::Void && words::takes_data(self.function);
        by_value && (self.is_const_free || is_data)
    }

    /// The shape of a pointer to a struct that is not plain; `None` for one that is.
    fn structure(&mut self, name: &str, param: &CParam, to: &CType) -> Option<String> {
        let inside = match records::structure(self.types, name) {
            Ok(known) => known.inside,
            Err(_) => return Some(self.unknown(Gap::Struct, param)),
        };
        let comes_out = !to.constant && words::asks(self.function);
        match inside {
            Inside::Plain => None,
            Inside::Handles if to.constant => None,
            Inside::Memory if to.constant => None,
            Inside::Memory => {
                let at = self.signature.params.iter().position(|p| p.name == param.name)?;
                let memory = match &self.lengths[at] {
                    Some(length) => format!("[{name}; {}]", length.count),
                    None => name.to_owned(),
                };
                Some(if comes_out { format!("Option<&mut {memory}>") } else { format!("Option<In<{memory}>>") })
            }
            Inside::Handles | Inside::Address => {
                self.gap(Gap::Struct, &param.name);
                None
            }
        }
    }

    /// `const char **`, `const unsigned char **`: texts, or bytes with a length each.
    fn texts(&mut self, param: &CParam, to: &CType, inner: &CType, length: Option<Length>) -> String {
        let is_size = |ty: &CType| self.types.kind(ty) == Kind::Scalar("usize".into());
        let is_sizes = |ty: &CType| matches!(self.types.kind(ty), Kind::Pointer(of) if of.constant && is_size(&of));
        let mut others = self.signature.params.iter();
        let lengths = others.find(|other| words::is_lengths(&other.name) && is_sizes(&other.ty));
        let element = match (self.types.kind(inner), lengths) {
            (Kind::Scalar(name), None) if name == "c_char" => "&CStr".to_owned(),
            (Kind::Scalar(name), Some(lengths)) if name == "c_char" || name == "c_uchar" => {
                format!("&[{name}; {}]", identifier(&lengths.name))
            }
            (Kind::Void, Some(lengths)) => format!("&[c_void; {}]", identifier(&lengths.name)),
            _ => return self.unknown(Gap::Address, param),
        };
        match length {
            Some(length) if inner.constant && length.written.is_none() && !self.is_callback => {
                let memory = format!("[{element}; {}]", length.count);
                if to.constant { format!("Option<&{memory}>") } else { format!("Option<In<{memory}>>") }
            }
            _ if inner.constant && element == "&CStr" => self.unknown(Gap::Text, param),
            _ => self.unknown(Gap::Address, param),
        }
    }

    fn text(&self) -> String {
        if self.is_callback { "&CStr".into() } else { "Option<&CStr>".into() }
    }

    /// `void *` beside a callback; of a callback its last one.
    fn is_user_data(&self, at: usize, to: &CType) -> bool {
        let params = &self.signature.params;
        if to.constant || self.types.kind(to) != Kind::Void {
            return false;
        }
        if self.is_callback {
            let is_void = |p: &CParam| matches!(self.types.kind(&p.ty), Kind::Pointer(to) if self.types.kind(&to) == Kind::Void && !to.constant);
            return params.iter().rposition(is_void) == Some(at);
        }
        let callback = params.iter().position(|p| self.types.callback(&p.ty).is_some());
        callback.is_some_and(|callback| words::is_user_data(&params[at].name) || at == callback + 1)
    }

    fn callback(&mut self, param: &CParam, signature: &Signature) -> String {
        let mut inner = Guesser {
            types: self.types,
            function: self.function,
            signature,
            lengths: lengths::of(self.types, self.function, signature, false),
            is_const_free: false,
            is_callback: true,
            gaps: Vec::new(),
            is_nameless: false,
        };
        let params = inner.params();
        let own = |shape: &String| shape == "UserData";
        let outer = (0..self.signature.params.len()).any(|at| match self.types.kind(&self.signature.params[at].ty) {
            Kind::Pointer(to) => self.is_user_data(at, &to),
            _ => false,
        });
        let ret = match self.types.kind(&signature.ret) {
            Kind::Void => String::new(),
            _ => format!(" -> {}", inner.raw(&signature.ret)),
        };
        let is_whole = ret.is_empty() && outer && params.iter().filter(|(_, shape)| own(shape)).count() == 1;
        if !is_whole || !inner.gaps.is_empty() || self.is_callback {
            self.gap(Gap::Callback, &param.name);
        }
        self.is_nameless |= inner.is_nameless;
        let params: Vec<String> = params.iter().map(|(name, shape)| format!("{name}: {shape}")).collect();
        format!("Option<fn({}){ret}>", params.join(", "))
    }

    fn unknown(&mut self, gap: Gap, param: &CParam) -> String {
        self.gap(gap, &param.name);
        self.raw(&param.ty)
    }

    /// A gap at a parameter.
    fn gap(&mut self, gap: Gap, param: &str) {
        self.gaps.push((gap, format!("`{param}`")));
    }

    fn gap_returned(&mut self, gap: Gap) {
        self.gaps.push((gap, "what it returns".to_owned()));
    }

    /// An address as a table writes it.
    fn raw(&mut self, ty: &CType) -> String {
        match self.types.kind(ty) {
            Kind::Scalar(name) | Kind::Handle(name) | Kind::Pointee(name) | Kind::Opaque(name) | Kind::Struct(name) => {
                name
            }
            Kind::Void => "c_void".into(),
            Kind::Pointer(to) if !matches!(to.kind, CKind::Function(_) | CKind::Array(..)) => {
                format!("*{} {}", if to.constant { "const" } else { "mut" }, self.raw(&to))
            }
            Kind::Pointer(_) => {
                self.is_nameless = true;
                "*mut c_void".into()
            }
            Kind::Nameless => {
                self.is_nameless = true;
                "c_void".into()
            }
        }
    }
}
