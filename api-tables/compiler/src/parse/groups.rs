//! `types!`, `consts!` and `keys!`: several names of one type, `T: A, B, C;`.
//!
//! A macro's content is what rustfmt leaves as it is, so that these lists can have several names to a line.

use crate::attr;
use crate::problem::Problems;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, ItemConst, ItemMacro, ItemType, Token, Type, braced, parse_quote};

/// The groups that a table may have.
pub const GROUPS: &[&str] = &["consts", "keys", "types"];

/// `T: A, B = 1, C;`
#[derive(Debug)]
pub struct Group {
    pub attrs: Vec<Attribute>,
    pub ty: Type,
    pub names: Vec<Name>,
}

/// `A`, `B = 1`
#[derive(Debug)]
pub struct Name {
    pub ident: Ident,
    pub value: Option<Expr>,
}

/// `enum E: T { … }`: keys of the C type T, each group with the type of its values.
#[derive(Debug)]
pub struct Keys {
    pub attrs: Vec<Attribute>,
    pub ident: Ident,
    pub repr: Ident,
    pub groups: Vec<Group>,
}

/// What a macro holds. A type and a constant in a group are as those that stand alone.
#[derive(Debug)]
pub enum Content {
    Types(Vec<ItemType>),
    Constants(Vec<ItemConst>),
    Keys(Vec<Keys>),
}

/// Reads the content of a macro. `None` if a table has no such macro.
pub fn read(item: &ItemMacro, problems: &mut Problems) -> Option<Content> {
    let word = item.mac.path.get_ident().map_or_else(String::new, ToString::to_string);
    let content = item.mac.tokens.clone();
    match word.as_str() {
        "types" => {
            attr::none(&item.attrs, "`types!`", problems);
            Some(Content::Types(all(content, problems).into_iter().flat_map(|group| types(group, problems)).collect()))
        }
        "consts" => {
            attr::none(&item.attrs, "`consts!`", problems);
            let groups = all(content, problems).into_iter();
            Some(Content::Constants(groups.flat_map(|group| constants(group, problems)).collect()))
        }
        "keys" => Some(Content::Keys(all(content, problems))),
        _ => {
            problems
                .add(item.mac.path.span(), "a table cannot have this item", "unexpected item")
                .near(&word, GROUPS.iter().copied());
            None
        }
    }
}

fn types(group: Group, problems: &mut Problems) -> Vec<ItemType> {
    attr::none(&group.attrs, "a group of types", problems);
    let ty = &group.ty;
    for value in group.names.iter().filter_map(|name| name.value.as_ref()) {
        problems.add(value.span(), "a type has no value", "unexpected");
    }
    group.names.iter().map(|Name { ident, .. }| parse_quote!(type #ident = #ty;)).collect()
}

fn constants(group: Group, problems: &mut Problems) -> Vec<ItemConst> {
    attr::none(&group.attrs, "a group of constants", problems);
    let ty = &group.ty;
    let mut constants = Vec::new();
    for Name { ident, value } in &group.names {
        match value {
            Some(value) => constants.push(parse_quote!(const #ident: #ty = #value;)),
            None => {
                problems
                    .add(ident.span(), format!("the constant `{ident}` has no value"), "without a value")
                    .help(format!("write `{ident} = VALUE`"));
            }
        }
    }
    constants
}

fn all<T: Parse>(content: proc_macro2::TokenStream, problems: &mut Problems) -> Vec<T> {
    let parser = |input: ParseStream<'_>| {
        let mut all = Vec::new();
        while !input.is_empty() {
            all.push(input.parse()?);
        }
        Ok(all)
    };
    parser.parse2(content).unwrap_or_else(|error| {
        problems.syntax(error);
        Vec::new()
    })
}

impl Parse for Group {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let ty = input.parse()?;
        input.parse::<Token![:]>()?;
        let names = Punctuated::<Name, Token![,]>::parse_separated_nonempty(input)?;
        input.parse::<Token![;]>()?;
        Ok(Self { attrs, ty, names: names.into_iter().collect() })
    }
}

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ident = input.parse()?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { ident, value })
    }
}

impl Parse for Keys {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        input.parse::<Token![enum]>()?;
        let ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let repr = input.parse()?;
        let content;
        braced!(content in input);
        let mut groups = Vec::new();
        while !content.is_empty() {
            groups.push(content.parse()?);
        }
        Ok(Self { attrs, ident, repr, groups })
    }
}
