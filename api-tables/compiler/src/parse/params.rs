//! `#[params] struct P { … }`: parameters that several functions have, with the facts about them. `_: P` stands for them.

use crate::attr::{self, Attr};
use crate::problem::Problems;
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Fields, FnArg, ForeignItemFn, GenericArgument, GenericParam, Ident, ItemStruct, Pat, PathArguments, Token, Type,
    parse_quote, parse2,
};

/// The attribute that makes parameters of a struct.
pub const WORD: &str = "params";

/// Parameters with a name.
#[derive(Debug)]
pub struct Params {
    ident: Ident,
    /// `T` in `struct P<T> { … }`: a type that each function says.
    generic: Option<Ident>,
    fields: Vec<(Ident, Type)>,
    facts: Vec<Attr>,
    is_used: bool,
}

/// Reads the parameters that a struct lists.
pub fn read(attrs: Vec<Attr>, item: ItemStruct, problems: &mut Problems) -> Params {
    let generics: Vec<&GenericParam> = item.generics.params.iter().collect();
    let generic = match generics.as_slice() {
        [] => None,
        [GenericParam::Type(ty)] => Some(ty.ident.clone()),
        _ => {
            problems.add(item.generics.span(), "parameters have one type at most that functions say", "not one type");
            None
        }
    };
    let mut fields = Vec::new();
    match item.fields {
        Fields::Named(named) => {
            for field in named.named {
                attr::none(&field.attrs, "a parameter", problems);
                fields.extend(field.ident.map(|ident| (ident, field.ty)));
            }
        }
        other => {
            problems.add(other.span(), "parameters have names", "without names");
        }
    }
    let (own, facts): (Vec<Attr>, Vec<Attr>) = attrs.into_iter().partition(|attr| attr.word == WORD);
    own.iter().for_each(|attr| attr.flag(problems));
    Params { ident: item.ident, generic, fields, facts, is_used: false }
}

/// Puts the parameters in the place of each `_: P` of a function, and returns the facts about them.
pub fn expand(function: &mut ForeignItemFn, known: &mut [Params], problems: &mut Problems) -> Vec<Attr> {
    let mut facts = Vec::new();
    let mut inputs: Punctuated<FnArg, Token![,]> = Punctuated::new();
    for arg in &function.sig.inputs {
        match arg {
            FnArg::Typed(typed) if matches!(*typed.pat, Pat::Wild(_)) => {
                if let Some((params, said)) = find(&typed.ty, known, problems) {
                    facts.extend(params.facts.iter().cloned());
                    inputs.extend(params.inputs(said.as_ref()));
                }
            }
            arg => inputs.push(arg.clone()),
        }
    }
    function.sig.inputs = inputs;
    facts
}

/// A name is given once, and parameters that no function has say nothing.
pub fn unused(known: &[Params], problems: &mut Problems) {
    for (i, params) in known.iter().enumerate() {
        let Params { ident, is_used, .. } = params;
        if known[..i].iter().any(|other| other.ident == *ident) {
            problems.add(ident.span(), format!("second parameters called `{ident}`"), "again");
        } else if !is_used {
            problems.add(ident.span(), format!("no function has the parameters `{ident}`"), "unused");
        }
    }
}

impl Params {
    /// The parameters of a function that says this type.
    fn inputs(&self, said: Option<&Type>) -> Vec<FnArg> {
        let input = |(name, ty): &(Ident, Type)| {
            let ty = match (&self.generic, said) {
                (Some(generic), Some(said)) => put(ty, generic, said),
                _ => ty.clone(),
            };
            parse_quote!(#name: #ty)
        };
        self.fields.iter().map(input).collect()
    }
}

/// The parameters that a type names, and the type in its brackets.
fn find<'a>(ty: &Type, known: &'a mut [Params], problems: &mut Problems) -> Option<(&'a mut Params, Option<Type>)> {
    let segment = match ty {
        Type::Path(path) if path.path.segments.len() == 1 => &path.path.segments[0],
        _ => {
            problems.add(ty.span(), "`_` stands for parameters with a name", "not a name");
            return None;
        }
    };
    let ident = &segment.ident;
    let Some(place) = known.iter().position(|params| params.ident == *ident) else {
        let names: Vec<String> = known.iter().map(|params| params.ident.to_string()).collect();
        problems
            .add(ident.span(), format!("there are no parameters `{ident}`"), "unknown parameters")
            .near(&ident.to_string(), names.iter().map(String::as_str));
        return None;
    };
    let said: Vec<Type> = match &segment.arguments {
        PathArguments::AngleBracketed(list) => list.args.iter().filter_map(as_type).collect(),
        _ => Vec::new(),
    };
    let params = &mut known[place];
    params.is_used = true;
    let message = match (&params.generic, said.len()) {
        (None, 0) | (Some(_), 1) => return Some((params, said.into_iter().next())),
        (None, _) => format!("`{ident}` takes no type"),
        (Some(generic), _) => format!("`{ident}` takes a type, the `{generic}` of its parameters"),
    };
    problems.add(segment.span(), message, format!("has {}", said.len()));
    None
}

fn as_type(arg: &GenericArgument) -> Option<Type> {
    match arg {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    }
}

/// A type in which `new` stands for `name`.
fn put(ty: &Type, name: &Ident, new: &Type) -> Type {
    fn tokens(stream: TokenStream, name: &Ident, new: &TokenStream) -> TokenStream {
        let one = |token: TokenTree| match token {
            TokenTree::Ident(ident) if ident == *name => new.clone(),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), tokens(group.stream(), name, new));
                inner.set_span(group.span());
                TokenTree::Group(inner).into()
            }
            other => other.into(),
        };
        stream.into_iter().flat_map(one).collect()
    }
    parse2(tokens(ty.to_token_stream(), name, &new.to_token_stream())).unwrap_or_else(|_| ty.clone())
}
