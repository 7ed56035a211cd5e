//! From syntax to items: which kinds of items a table may have. Names are not resolved here.

use crate::attr::{self, Attr};
use crate::problem::Problems;
use syn::spanned::Spanned;
use syn::{
    FnArg, ForeignItem, ForeignItemFn, Generics, Item, ItemConst, ItemEnum, ItemForeignMod, ItemStruct, ItemType, Pat,
    Visibility,
};

/// A table file, item by item.
#[derive(Debug, Default)]
pub struct Table {
    pub attrs: Vec<Attr>,
    pub constants: Vec<ItemConst>,
    pub types: Vec<Noted<ItemType>>,
    pub structs: Vec<Noted<ItemStruct>>,
    pub enums: Vec<Noted<ItemEnum>>,
    pub functions: Vec<Noted<ForeignItemFn>>,
}

/// An item with its attributes taken apart.
#[derive(Debug)]
pub struct Noted<T> {
    pub doc: String,
    pub attrs: Vec<Attr>,
    pub item: T,
}

/// Reads the text of a table. `None` if it is no Rust syntax at all.
pub fn table(text: &str, problems: &mut Problems) -> Option<Table> {
    let file = match syn::parse_file(text) {
        Ok(file) => file,
        Err(error) => {
            problems.syntax(error);
            return None;
        }
    };
    let mut table = Table { attrs: attr::read(&file.attrs, problems).1, ..Table::default() };
    for item in file.items {
        match item {
            Item::Const(item) => {
                no_attrs(&item.attrs, "a constant", problems);
                plain(&item.vis, &item.generics, problems);
                table.constants.push(item);
            }
            Item::Type(item) => {
                plain(&item.vis, &item.generics, problems);
                table.types.push(noted(item.attrs.clone(), item, problems));
            }
            Item::Struct(item) => {
                plain(&item.vis, &item.generics, problems);
                table.structs.push(noted(item.attrs.clone(), item, problems));
            }
            Item::Enum(item) => {
                plain(&item.vis, &item.generics, problems);
                table.enums.push(noted(item.attrs.clone(), item, problems));
            }
            Item::ForeignMod(block) => functions(block, &mut table.functions, problems),
            other => {
                problems
                    .add(other.span(), "a table cannot have this item", "unexpected item")
                    .help("a table has `const`, `type`, `struct`, `enum` and `extern \"C\"` items");
            }
        }
    }
    Some(table)
}

fn functions(block: ItemForeignMod, functions: &mut Vec<Noted<ForeignItemFn>>, problems: &mut Problems) {
    let abi = block.abi.name.as_ref().map(syn::LitStr::value);
    if abi.as_deref() != Some("C") {
        problems.add(block.abi.span(), "functions of a table have the C calling convention", "not `extern \"C\"`");
    }
    no_attrs(&block.attrs, "an `extern` block", problems);
    for item in block.items {
        match item {
            ForeignItem::Fn(function) => {
                plain(&function.vis, &function.sig.generics, problems);
                signature(&function, problems);
                functions.push(noted(function.attrs.clone(), function, problems));
            }
            other => {
                problems.add(other.span(), "only functions go into `extern \"C\"`", "not a function");
            }
        }
    }
}

/// Refuses parts of Rust items that C does not have.
fn plain(vis: &Visibility, generics: &Generics, problems: &mut Problems) {
    if !matches!(vis, Visibility::Inherited) {
        problems.add(vis.span(), "everything in a table is public", "says nothing");
    }
    if !generics.params.is_empty() {
        problems.add(generics.span(), "C has no generics", "generic");
    }
}

fn signature(function: &ForeignItemFn, problems: &mut Problems) {
    let sig = &function.sig;
    if let Some(dots) = &sig.variadic {
        problems.add(dots.span(), "the arguments of a variadic function cannot be described", "variadic");
    }
    for arg in &sig.inputs {
        let FnArg::Typed(arg) = arg else {
            problems.add(arg.span(), "a C function has no receiver", "not a parameter");
            continue;
        };
        let Pat::Ident(name) = &*arg.pat else {
            problems.add(arg.pat.span(), "a parameter is a plain name", "not a name");
            continue;
        };
        for attr in &arg.attrs {
            let word = attr.path().get_ident().map_or_else(String::new, ToString::to_string);
            problems
                .add(attr.span(), "facts about a parameter go above its function", "move this up")
                .help(format!("write `#[{word}({} = …)]` above `{}`", name.ident, sig.ident));
        }
    }
}

fn noted<T>(attrs: Vec<syn::Attribute>, item: T, problems: &mut Problems) -> Noted<T> {
    let (doc, attrs) = attr::read(&attrs, problems);
    Noted { doc, attrs, item }
}

fn no_attrs(attrs: &[syn::Attribute], what: &str, problems: &mut Problems) {
    for attr in attr::read(attrs, problems).1 {
        problems.add(attr.span, format!("{what} takes no attributes"), "unexpected");
    }
}
