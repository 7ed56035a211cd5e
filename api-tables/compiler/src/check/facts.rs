//! Facts about a call: the attributes above a function.

use super::shapes::{is_new, names_objects};
use super::words::{EXCLUSIVE, REPEATABLE, RESOURCES, WORDS};
use super::{awaited, extensions, mapping, mirrors, numbers, pieces, polls, procs, recalls, work};
use crate::attr::{self, Attr, Pair};
use crate::expr::{self, Scope};
use crate::model::{
    Amount, Buffer, Cached, Custom, Direction, Element, Facts, Files, Given, Len, Oneway, Param, Resource, Shape,
    Unsupported, Until,
};
use crate::problem::Problems;
use proc_macro2::Span;
use syn::Expr;
use syn::spanned::Spanned;

/// Reads the facts of a function.
pub fn read(attrs: &[Attr], params: &[Param], scope: &Scope<'_>, problems: &mut Problems) -> Facts {
    let mut reader = Reader { params, scope, facts: Facts::default() };
    for (i, attr) in attrs.iter().enumerate() {
        let again = attrs[..i].iter().any(|a| a.word == attr.word);
        if again && !REPEATABLE.contains(&attr.word.as_str()) {
            problems.add(attr.span, format!("`{}` is given twice", attr.word), "again");
        }
        reader.fact(attr, problems);
    }
    for (one, other) in EXCLUSIVE {
        let find = |word: &str| attrs.iter().find(|a| a.word == word);
        if let (Some(_), Some(second)) = (find(one), find(other)) {
            problems.add(second.span, format!("a function that is `{one}` cannot be `{other}`"), "contradiction");
        }
    }
    if let Some(same) = attrs.iter().find(|a| a.word == "same_as")
        && let Some(other) =
            attrs.iter().find(|a| !["same_as", "beside", "proc", "since", "undocumented"].contains(&a.word.as_str()))
    {
        let message = format!("a function that is `{}` has its facts at the other function", same.word);
        problems.add(other.span, message, "not here");
    }
    reader.facts
}

struct Reader<'a> {
    params: &'a [Param],
    scope: &'a Scope<'a>,
    facts: Facts,
}

impl Reader<'_> {
    fn fact(&mut self, attr: &Attr, problems: &mut Problems) {
        match attr.word.as_str() {
            "oneway" => self.facts.oneway = self.unless(attr, problems).map(|unless| Oneway { unless }),
            "cached" => self.facts.cached = self.cached(attr, problems),
            "local" => {
                attr.flag(problems);
                self.facts.local = true;
            }
            "same_as" => {
                self.facts.same_as = attr.name(problems).and_then(|name| self.scope.names.function(name, problems));
                self.facts.local = self.facts.same_as.is_some();
            }
            "afresh" => {
                attr.flag(problems);
                self.facts.afresh = true;
            }
            "about" => self.facts.about = self.about(attr, problems),
            "custom" => self.facts.custom = custom(attr, problems),
            "refuse" => {
                let condition = attr.fields(["unless"], problems);
                self.facts.refuse_unless = condition.and_then(|[e]| expr::asking(e, self.scope, problems));
            }
            "when" => self.when(attr, problems),
            "until" => self.until(attr, problems),
            "awaited" => self.facts.awaited = awaited::read(attr, self.params, self.scope, problems),
            "written" => self.written(attr, problems),
            "retain" => self.facts.retain = self.counted(attr, problems),
            "release" => self.facts.release = self.counted(attr, problems),
            "charge" => self.charge(attr, problems),
            "files" => self.facts.files = self.files(attr, problems),
            "prints" => self.facts.prints = Some(self.texts(attr, problems)),
            "waits" => self.facts.waits = self.handle(attr, names_objects, problems),
            "launches" => self.facts.launches = self.handle(attr, is_handle, problems),
            "empties" => self.facts.empties = self.handle(attr, is_handle, problems),
            "pieces" => self.facts.pieces = pieces::owner(attr, self.params, self.scope, problems),
            "drops" => self.facts.drops = pieces::owner(attr, self.params, self.scope, problems),
            "polls" => self.facts.polls = polls::read(attr, self.params, self.scope, problems),
            "allots" => self.facts.allots = numbers::allotted(attr, self.params, self.scope, problems),
            "extent" => self.extent(attr, problems),
            "regardless" => self.facts.regardless = self.listed(attr, problems),
            "frees" => self.facts.frees = numbers::freed(attr, self.params, self.scope, problems),
            "occupies" => self.facts.occupies = work::occupies(attr, self.scope, problems),
            "submits" => self.facts.submits = work::submits(attr, problems),
            "settled" => {
                attr.flag(problems);
                self.facts.settled = true;
            }
            "sweeps" => {
                attr.flag(problems);
                self.facts.sweeps = true;
            }
            "doubts" => {
                attr.flag(problems);
                self.facts.doubts = true;
            }
            "maps" => self.facts.maps = mapping::maps(attr, self.params, self.scope, problems),
            "unmaps" => self.facts.unmaps = mapping::unmaps(attr, self.params, self.scope, problems),
            "withheld" => self.facts.withheld = self.listed(attr, problems),
            "given" => self.given(attr, problems),
            "unsupported" => self.facts.unsupported = self.unsupported(attr, problems),
            "extension" => self.facts.extension = attr.text(problems),
            "formerly" => {
                self.facts.formerly = attr.name(problems).and_then(|name| self.scope.names.function(name, problems));
            }
            "no_broker" => {
                let field = attr.fields(["status"], problems);
                self.facts.no_broker = field.and_then(|[e]| expr::constant_i64(e, self.scope.names, problems));
            }
            "push" => self.facts.push = self.mirrored(attr, false, problems),
            "pull" => self.facts.pull = self.mirrored(attr, true, problems),
            "input" => self.facts.input = self.input(attr, problems),
            "array" => {
                self.facts.array = mirrors::array(attr, self.scope, problems);
                self.facts.local = self.facts.array.is_some();
            }
            "answers" => {
                self.facts.answers = mirrors::answers(attr, self.params, self.scope, problems);
                self.facts.local = self.facts.answers.is_some();
            }
            "since" if matches!(attr.args.as_slice(), [Expr::Assign(_), ..]) => self.came(attr, problems),
            "since" => self.facts.since = attr.text(problems),
            "twin" => self.facts.twin = procs::twin(attr, self.scope.names, problems),
            "proc" => self.facts.procs.extend(procs::proc(attr, self.scope.names, problems)),
            "beside" => self.facts.beside = attr.text(problems),
            "undocumented" => {
                attr.flag(problems);
                self.facts.undocumented = true;
            }
            word => {
                let message = format!("there is no fact `{word}`");
                problems.add(attr.span, message, "unknown fact").near(word, WORDS.iter().copied());
            }
        }
    }

    /// A fact with an exception, if it has one.
    fn unless(&self, attr: &Attr, problems: &mut Problems) -> Option<Option<crate::model::Expr>> {
        match attr.known(&["unless"], problems)?.pop().flatten() {
            Some(e) => Some(Some(expr::number(e, self.scope, problems)?)),
            None => Some(None),
        }
    }

    /// `cached`, `cached(unless = e)`, `cached(after = event)`, `cached(until = [f, …])`
    fn cached(&self, attr: &Attr, problems: &mut Problems) -> Option<Cached> {
        let [unless, after, until] = attr.known(&["unless", "after", "until"], problems)?[..] else { return None };
        if [unless, after, until].iter().flatten().count() > 1 {
            problems.add(attr.span, "`cached` has one exception: `unless`, `after` or `until`", "has several");
        }
        let until = until.map_or_else(Vec::new, |functions| recalls::functions(functions, self.scope, problems));
        let unless = match unless {
            Some(e) => Some(expr::number(e, self.scope, problems)?),
            None => None,
        };
        let after = match after.map(|e| attr::ident(e).ok_or(e)) {
            Some(Ok(name)) => Some(self.one_of(name, is_handle, attr, problems)?),
            Some(Err(e)) => {
                not(e.span(), "`after` takes the event whose command is to have completed", "not a name", problems);
                return None;
            }
            None => None,
        };
        Some(Cached { unless, after, until })
    }

    /// `waits(p)`, `empties(p)`: a parameter with such a shape.
    fn handle(&self, attr: &Attr, is: fn(&Shape) -> bool, problems: &mut Problems) -> Option<String> {
        self.one_of(attr.name(problems)?, is, attr, problems)
    }

    fn one_of(
        &self,
        name: &syn::Ident,
        is: fn(&Shape) -> bool,
        attr: &Attr,
        problems: &mut Problems,
    ) -> Option<String> {
        let param = self.scope.param(&name.to_string(), name.span(), problems)?.name.clone();
        if !self.params.iter().any(|p| p.name == param && is(&p.shape)) {
            let message = format!("`{}` is about an object that the call gets as a handle", attr.word);
            not(name.span(), &message, "not a handle", problems);
        }
        Some(param)
    }

    fn when(&mut self, attr: &Attr, problems: &mut Problems) {
        for pair in attr.pairs(problems) {
            let Some(param) = self.param(pair, problems) else {
                continue;
            };
            if !matches!(param.shape, Shape::Buffer(Buffer { direction: Direction::In, .. }) | Shape::Fd(_)) {
                not(pair.key.span(), "`when` takes input memory, or a descriptor", "neither", problems);
            }
            if self.facts.when.iter().any(|(p, _)| *p == param.name) {
                twice(pair, "when", problems);
            }
            if let Some(condition) = expr::number(pair.value, self.scope, problems) {
                self.facts.when.push((param.name.clone(), condition));
            }
        }
    }

    /// `about(p)`: a handle, or an array of them.
    fn about(&self, attr: &Attr, problems: &mut Problems) -> Option<String> {
        let name = attr.name(problems)?;
        let param = self.scope.param(&name.to_string(), name.span(), problems)?.name.clone();
        if !self.params.iter().any(|p| p.name == param && names_objects(&p.shape)) {
            not(name.span(), "a call can only be about an object that it gets as a handle", "not a handle", problems);
        }
        Some(param)
    }

    /// `since(properties = "0.9.5")`
    fn came(&mut self, attr: &Attr, problems: &mut Problems) {
        for pair in attr.pairs(problems) {
            let Some(param) = self.param(pair, problems) else {
                continue;
            };
            if let Some(version) = extensions::version(pair.value, problems) {
                self.facts.came.push((param.name.clone(), version));
            }
        }
    }

    fn until(&mut self, attr: &Attr, problems: &mut Problems) {
        for pair in attr.pairs(problems) {
            let Some(param) = self.param(pair, problems) else {
                continue;
            };
            let is_text = matches!(&param.shape, Shape::Buffer(Buffer { element: Element::Text, .. }));
            if is_text || !matches!(param.shape, Shape::Buffer(_) | Shape::Callback { .. } | Shape::Pointer) {
                not(pair.key.span(), "`until` takes memory or a callback", "neither", problems);
            }
            if self.facts.until.iter().any(|(p, _)| *p == param.name) {
                twice(pair, "until", problems);
            }
            let Some(end) = attr::ident(pair.value) else {
                not(pair.value.span(), "`until` takes `released` or the event parameter", "neither", problems);
                continue;
            };
            if end == "released" {
                self.facts.until.push((param.name.clone(), Until::Released));
                continue;
            }
            let end_name = end.to_string();
            if self.scope.param(&end_name, end.span(), problems).is_none() {
                continue;
            }
            if !self.params.iter().any(|p| p.name == end_name && is_new(&p.shape)) {
                not(end.span(), "`until` waits for an event that the call makes", "not `Out<New<H>>`", problems);
            }
            self.facts.until.push((param.name.clone(), Until::Event(end_name)));
        }
    }

    fn written(&mut self, attr: &Attr, problems: &mut Problems) {
        for pair in attr.pairs(problems) {
            let Some(param) = self.param(pair, problems) else {
                continue;
            };
            let array = matches!(
                &param.shape,
                Shape::Buffer(Buffer { direction: Direction::Out | Direction::InOut, len: Len::Count(_), .. })
            );
            if !array {
                not(pair.key.span(), "`written` takes an `Out<[T; n]>`", "no such array", problems);
            }
            if self.facts.written.iter().any(|(p, _)| *p == param.name) {
                twice(pair, "written", problems);
            }
            if let Some(count) = expr::number(pair.value, self.scope, problems) {
                self.facts.written.push((param.name.clone(), count));
            }
        }
    }

    /// `extent(p = e)`: number p is an address of device memory.
    fn extent(&mut self, attr: &Attr, problems: &mut Problems) {
        for pair in attr.pairs(problems) {
            let Some(param) = self.param(pair, problems) else {
                continue;
            };
            if !matches!(param.shape, Shape::Value { .. }) {
                not(pair.key.span(), "`extent` is about an address, which is a number", "no number", problems);
            }
            if let Some(len) = expr::number(pair.value, self.scope, problems) {
                self.facts.extents.push((param.name.clone(), len));
            }
        }
    }

    fn charge(&mut self, attr: &Attr, problems: &mut Problems) {
        for pair in attr.pairs(problems) {
            let key = pair.key.to_string();
            let Some((_, resource)) = RESOURCES.iter().find(|(name, _)| *name == key) else {
                problems
                    .add(pair.key.span(), format!("there is no resource `{key}`"), "unknown resource")
                    .near(&key, RESOURCES.iter().map(|(name, _)| *name));
                continue;
            };
            if self.facts.charge.iter().any(|(r, _)| r == resource) {
                twice(pair, "charge", problems);
            }
            let amount = match resource {
                Resource::BytesIn => self.memory(pair, Direction::Out, problems),
                Resource::BytesOut => self.memory(pair, Direction::In, problems),
                Resource::Commands | Resource::DeviceMemory => {
                    expr::number(pair.value, self.scope, problems).map(Amount::Number)
                }
            };
            self.facts.charge.extend(amount.map(|amount| (*resource, amount)));
        }
    }

    /// The parameter whose memory a pair names; not one that goes the `wrong` way only.
    fn memory(&self, pair: Pair<'_>, wrong: Direction, problems: &mut Problems) -> Option<Amount> {
        let Some(name) = attr::ident(pair.value) else {
            not(
                pair.value.span(),
                "`bytes_in` and `bytes_out` take a parameter that is memory",
                "not a name",
                problems,
            );
            return None;
        };
        let name_text = name.to_string();
        self.scope.param(&name_text, name.span(), problems)?;
        let param = self.params.iter().find(|p| p.name == name_text)?;
        match &param.shape {
            Shape::Buffer(buffer) if buffer.direction != wrong => {}
            Shape::Buffer(_) => not(name.span(), "this memory has the other direction", "here", problems),
            _ => not(name.span(), "`bytes_in` and `bytes_out` take a parameter that is memory", "not memory", problems),
        }
        Some(Amount::Memory(name_text))
    }

    /// `files(options, p, …)`
    fn files(&self, attr: &Attr, problems: &mut Problems) -> Option<Files> {
        let mut names = self.listed(attr, problems).into_iter();
        let shape = |name: &str| self.params.iter().find(|p| p.name == name).map(|p| &p.shape);
        let options = names.next().filter(|name| matches!(shape(name), Some(Shape::Text { .. })));
        let is_source = |name: &String| match shape(name) {
            Some(Shape::Handle { .. }) => true,
            Some(Shape::Buffer(b)) => b.direction == Direction::In && matches!(b.element, Element::Handle(_)),
            _ => false,
        };
        let sources: Vec<String> = names.collect();
        if options.is_none() || sources.is_empty() || !sources.iter().all(is_source) {
            not(
                attr.span,
                "`files` takes a text with options, and the handles of what is compiled",
                "takes others",
                problems,
            );
            return None;
        }
        Some(Files { options: options?, sources })
    }

    /// `prints(p, …)`: texts.
    fn texts(&self, attr: &Attr, problems: &mut Problems) -> Vec<String> {
        let names = self.listed(attr, problems);
        let is_text = |name: &str| {
            self.params.iter().any(|p| p.name == name && matches!(p.shape, Shape::Text { .. } | Shape::Texts { .. }))
        };
        if !names.iter().all(|name| is_text(name)) {
            not(attr.span, "`prints` is about texts that are compiled", "no texts", problems);
        }
        names
    }

    /// `retain(H)`, `release(H)`: the function has one argument, and that is an H.
    fn counted(&self, attr: &Attr, problems: &mut Problems) -> Option<String> {
        let handle = self.scope.names.handle(attr.name(problems)?, problems)?;
        if !matches!(self.params, [Param { shape: Shape::Handle { ty, .. }, .. }] if *ty == handle) {
            let message = format!("`{}` needs a function with one parameter of type `{handle}`", attr.word);
            problems.add(attr.span, message, "not such a function");
        }
        Some(handle)
    }

    /// `push(h)`, `pull(h)`: a handle among the parameters, or, where `one` is allowed, a mirror.
    fn mirrored(&self, attr: &Attr, one: bool, problems: &mut Problems) -> Option<String> {
        let name = attr.name(problems)?;
        let param = self.scope.param(&name.to_string(), name.span(), problems)?.name.clone();
        let is =
            |p: &Param| matches!(p.shape, Shape::Handle { .. }) || (one && matches!(p.shape, Shape::Mirror { .. }));
        if !self.params.iter().any(|p| p.name == param && is(p)) {
            not(name.span(), "a mirror belongs to an object", "not a handle", problems);
        }
        Some(param)
    }

    /// `input`, `input(count = f)`
    fn input(&self, attr: &Attr, problems: &mut Problems) -> Option<Option<String>> {
        match attr.known(&["count"], problems)?.pop().flatten() {
            Some(function) => match attr::ident(function) {
                Some(function) => Some(Some(self.scope.names.function(function, problems)?)),
                None => {
                    not(
                        function.span(),
                        "`count` names the function that returns their number",
                        "not a name",
                        problems,
                    );
                    None
                }
            },
            None => Some(None),
        }
    }

    fn listed(&self, attr: &Attr, problems: &mut Problems) -> Vec<String> {
        let names: Vec<_> = attr.names(problems).into_iter().map(|n| (n.to_string(), n.span())).collect();
        names.into_iter().filter_map(|(n, at)| Some(self.scope.param(&n, at, problems)?.name.clone())).collect()
    }

    fn unsupported(&self, attr: &Attr, problems: &mut Problems) -> Option<Unsupported> {
        let [status, why] = attr.fields(["status", "why"], problems)?;
        let status = expr::constant_i64(status, self.scope.names, problems)?;
        Some(Unsupported { status, why: string(why, problems)? })
    }

    /// `given(p = S(field = e, …))`
    fn given(&mut self, attr: &Attr, problems: &mut Problems) {
        for pair in attr.pairs(problems) {
            let Some(param) = self.param(pair, problems).map(|p| p.name.clone()) else { continue };
            let Some((of, fields)) = self.made(pair.value, problems) else {
                let message = "what the vendor is given is a struct with fields of fixed values";
                problems.add(pair.value.span(), message, "not a struct").help("write `p = S(field = e, …)`");
                continue;
            };
            self.facts.given.push(Given { param, of, fields });
        }
    }

    fn made(&self, value: &Expr, problems: &mut Problems) -> Option<(String, Vec<(String, i128)>)> {
        let Expr::Call(call) = value else { return None };
        let fields = call.args.iter().map(|arg| {
            let Expr::Assign(assign) = arg else { return None };
            let name = attr::ident(&assign.left)?.to_string();
            Some((name, expr::constant(&assign.right, self.scope.names, problems)?))
        });
        Some((attr::ident(&call.func)?.to_string(), fields.collect::<Option<_>>()?))
    }

    /// The parameter that a pair is about. `None` also if its shape is wrong, which has been reported.
    fn param(&self, pair: Pair<'_>, problems: &mut Problems) -> Option<&Param> {
        let name = pair.key.to_string();
        self.scope.param(&name, pair.key.span(), problems)?;
        self.params.iter().find(|p| p.name == name)
    }
}

fn is_handle(shape: &Shape) -> bool {
    matches!(shape, Shape::Handle { .. })
}

fn custom(attr: &Attr, problems: &mut Problems) -> Custom {
    let mut custom = Custom { shim: attr.args.is_empty(), worker: attr.args.is_empty() };
    for side in attr.names(problems) {
        match side.to_string().as_str() {
            "shim" => custom.shim = true,
            "worker" => custom.worker = true,
            other => {
                problems
                    .add(side.span(), format!("there is no side `{other}`"), "unknown side")
                    .help("write `custom`, `custom(shim)` or `custom(worker)`");
            }
        }
    }
    custom
}

fn string(expr: &Expr, problems: &mut Problems) -> Option<String> {
    let text = attr::text(expr);
    if text.is_none() {
        not(expr.span(), "this must be a string", "not a string", problems);
    }
    text
}

fn twice(pair: Pair<'_>, word: &str, problems: &mut Problems) {
    problems.add(pair.key.span(), format!("`{word}` is given twice for `{}`", pair.key), "again");
}

fn not(at: Span, message: &str, label: &str, problems: &mut Problems) {
    problems.add(at, message, label);
}
