//! Attributes: `#[word]`, `#[word(name)]`, `#[word("text", …)]`, `#[word(key = value, …)]`. Arguments may stand in brackets,
//! `#[word(["text", …])]`.

use crate::problem::Problems;
use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

/// One attribute, not yet understood.
#[derive(Debug, Clone)]
pub struct Attr {
    pub word: String,
    pub span: Span,
    pub args: Vec<Expr>,
}

/// `key = value` inside an attribute.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    pub key: &'a syn::Ident,
    pub value: &'a Expr,
}

/// Splits the attributes of an item into its documentation and the rest.
pub fn read(attrs: &[Attribute], problems: &mut Problems) -> (String, Vec<Attr>) {
    let mut doc = Vec::new();
    let mut rest = Vec::new();
    for attr in attrs {
        match doc_line(attr) {
            Some(line) => doc.push(line.trim().to_owned()),
            None => rest.extend(one(attr, problems)),
        }
    }
    (doc.join("\n"), rest)
}

fn doc_line(attr: &Attribute) -> Option<String> {
    match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => text(&meta.value),
        _ => None,
    }
}

fn one(attr: &Attribute, problems: &mut Problems) -> Option<Attr> {
    let Some(word) = attr.path().get_ident() else {
        problems.add(attr.span(), "an attribute is one word", "not a word");
        return None;
    };
    let args = match &attr.meta {
        Meta::Path(_) => Vec::new(),
        Meta::List(list) => match list.parse_args_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            Ok(args) => args.into_iter().flat_map(unbracketed).collect(),
            Err(error) => {
                problems.syntax(error);
                return None;
            }
        },
        Meta::NameValue(_) => {
            problems
                .add(attr.span(), format!("`{word}` takes its value in parentheses"), "not `=`")
                .help(format!("write `#[{word}(…)]`"));
            return None;
        }
    };
    Some(Attr { word: word.to_string(), span: word.span(), args })
}

/// The arguments that an argument stands for: itself, or those in its brackets.
fn unbracketed(arg: Expr) -> Vec<Expr> {
    match arg {
        Expr::Array(list) => list.elems.into_iter().collect(),
        arg => vec![arg],
    }
}

impl Attr {
    /// The attribute has no arguments.
    pub fn flag(&self, problems: &mut Problems) {
        if let Some(arg) = self.args.first() {
            problems.add(arg.span(), format!("`{}` takes no arguments", self.word), "unexpected");
        }
    }

    /// Its only argument.
    pub fn only(&self, problems: &mut Problems) -> Option<&Expr> {
        if let [arg] = self.args.as_slice() {
            return Some(arg);
        }
        problems.add(self.span, format!("`{}` takes one argument", self.word), format!("has {}", self.args.len()));
        None
    }

    /// Its only argument, a string.
    pub fn text(&self, problems: &mut Problems) -> Option<String> {
        let arg = self.only(problems)?;
        let text = text(arg);
        if text.is_none() {
            problems.add(arg.span(), format!("`{}` takes a string", self.word), "not a string");
        }
        text
    }

    /// Its arguments, all of them strings.
    pub fn texts(&self, problems: &mut Problems) -> Vec<String> {
        self.args
            .iter()
            .filter_map(|arg| {
                let text = text(arg);
                if text.is_none() {
                    problems.add(arg.span(), format!("`{}` takes strings", self.word), "not a string");
                }
                text
            })
            .collect()
    }

    /// Its only argument, a name.
    pub fn name(&self, problems: &mut Problems) -> Option<&syn::Ident> {
        let arg = self.only(problems)?;
        self.as_name(arg, problems)
    }

    /// Its arguments, all of them names.
    pub fn names(&self, problems: &mut Problems) -> Vec<&syn::Ident> {
        self.args.iter().filter_map(|arg| self.as_name(arg, problems)).collect()
    }

    /// Its first argument, a name, and an attribute of the rest.
    pub fn named(&self, problems: &mut Problems) -> Option<(&syn::Ident, Self)> {
        let Some((name, more)) = self.args.split_first() else {
            problems.add(self.span, format!("`{}` takes a name", self.word), "without one");
            return None;
        };
        Some((self.as_name(name, problems)?, Self { word: self.word.clone(), span: self.span, args: more.to_vec() }))
    }

    fn as_name<'a>(&self, arg: &'a Expr, problems: &mut Problems) -> Option<&'a syn::Ident> {
        let name = ident(arg);
        if name.is_none() {
            problems.add(arg.span(), format!("`{}` takes a name", self.word), "not a name");
        }
        name
    }

    /// Its arguments, all of them `key = value`, at least one.
    pub fn pairs(&self, problems: &mut Problems) -> Vec<Pair<'_>> {
        if self.args.is_empty() {
            problems.add(self.span, format!("`{}` needs an argument", self.word), "needs `key = value`");
        }
        self.args.iter().filter_map(|arg| self.pair(arg, problems)).collect()
    }

    /// Its arguments, which must have just these keys; an argument that is missing is a problem.
    pub fn fields<const N: usize>(&self, keys: [&str; N], problems: &mut Problems) -> Option<[&Expr; N]> {
        let found = self.known(&keys, problems)?;
        if let Some(missing) = keys.iter().zip(&found).find(|(_, v)| v.is_none()).map(|(k, _)| k) {
            problems.add(self.span, format!("`{}` needs `{missing} = …`", self.word), format!("without `{missing}`"));
            return None;
        }
        let values: Vec<&Expr> = found.into_iter().flatten().collect();
        values.try_into().ok()
    }

    /// The value of each of these keys, where it is given; any other key is a problem.
    pub fn known(&self, keys: &[&str], problems: &mut Problems) -> Option<Vec<Option<&Expr>>> {
        let mut found = vec![None; keys.len()];
        for arg in &self.args {
            let pair = self.pair(arg, problems)?;
            match keys.iter().position(|k| pair.key == k) {
                Some(i) if found[i].is_some() => {
                    problems.add(pair.key.span(), format!("`{}` is given twice", pair.key), "again");
                }
                Some(i) => found[i] = Some(pair.value),
                None => {
                    let message = format!("`{}` has no `{}`", self.word, pair.key);
                    problems
                        .add(pair.key.span(), message, "unknown key")
                        .near(&pair.key.to_string(), keys.iter().copied());
                    return None;
                }
            }
        }
        Some(found)
    }

    fn pair<'a>(&self, arg: &'a Expr, problems: &mut Problems) -> Option<Pair<'a>> {
        if let Expr::Assign(assign) = arg
            && let Some(key) = ident(&assign.left)
        {
            return Some(Pair { key, value: &assign.right });
        }
        problems.add(arg.span(), format!("`{}` takes `key = value`", self.word), "not `key = value`");
        None
    }
}

/// The name that an expression consists of.
pub fn ident(expr: &Expr) -> Option<&syn::Ident> {
    match expr {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

/// The string that an expression consists of.
pub fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// Refuses attributes where there are none; a comment may be there.
pub fn none(attrs: &[Attribute], what: &str, problems: &mut Problems) {
    for attr in read(attrs, problems).1 {
        problems.add(attr.span, format!("{what} takes no attributes"), "unexpected");
    }
}

/// A type has at most one attribute of each kind.
pub fn once(attrs: &[Attr], problems: &mut Problems) {
    for (i, attr) in attrs.iter().enumerate() {
        if attrs[..i].iter().any(|a| a.word == attr.word) {
            problems.add(attr.span, format!("`{}` is given twice", attr.word), "again");
        }
    }
}
